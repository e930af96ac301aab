import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  checkSubprotocols,
  readSubprotocols,
  selectSubprotocol,
} from '../../../../src/protocol/handshake/rules/subprotocols.ts';

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

describe('readSubprotocols', () => {
  it('lists what the client offers, in its order', () => {
    assert.deepEqual(readSubprotocols({}), []);
    assert.deepEqual(readSubprotocols({ 'sec-websocket-protocol': 'b, a' }), ['b', 'a']);
  });

  for (const value of ['', 'a, a', 'a b', '\u00e9']) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => readSubprotocols({ 'sec-websocket-protocol': value }), {
        name: 'HandshakeError',
        status: 400,
      });
    });
  }
});

describe('selectSubprotocol', () => {
  const rows: [offered: string[], supported: string[], selected: string | undefined][] = [
    [['a', 'b'], ['b', 'a'], 'a'],
    [['x', 'b'], ['a', 'b'], 'b'],
    [['x'], ['a'], undefined],
    [['A'], ['a'], undefined],
    [[], ['a'], undefined],
    [['a'], [], undefined],
  ];
  for (const [offered, supported, selected] of rows) {
    it(`selects ${String(selected)} of [${offered.join()}] where [${supported.join()}] are spoken`, () => {
      assert.equal(selectSubprotocol(offered, supported), selected);
    });
  }
});
