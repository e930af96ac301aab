import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { checkOrigin, checkSubprotocols } from '../../../src/protocol/handshake/option-checks.ts';

describe('checkSubprotocols', () => {
  it('copies and freezes the list', () => {
    const checked = checkSubprotocols(['a', 'b']);

    assert.deepEqual(checked, ['a', 'b']);
    assert.ok(Object.isFrozen(checked));
  });

  for (const value of ['a', undefined, [1], [''], ['a b'], ['a', 'a'], ['a\r\nX: 1'], [{ toString: () => 'a' }]]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkSubprotocols(value), { name: 'LocalUsageError', message: /^option subprotocols / });
    });
  }
});

describe('checkOrigin', () => {
  it('accepts what can stand in a header', () => {
    assert.equal(checkOrigin('https://example.com'), 'https://example.com');
  });

  for (const value of ['', 'a\r\nb', '\u0100', 1, undefined]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkOrigin(value), { name: 'LocalUsageError', message: /^option origin is / });
    });
  }
});
