import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { checkAllowedHosts, isAllowedHost } from '../../../../src/protocol/handshake/rules/allowed-hosts.ts';

describe('isAllowedHost', () => {
  const rows: [entry: string, host: string, allowed: boolean][] = [
    ['example.com', 'example.com', true],
    ['Example.com', 'EXAMPLE.com:8080', true],
    ['example.com', 'a.example.com', false],
    ['example.com', 'evil.com', false],
    ['example.com:8080', 'example.com:8080', true],
    ['example.com:8080', 'example.com', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*.example.com:1', 'a.example.com:1', true],
    ['*.example.com:1', 'a.example.com:2', false],
    ['[::1]', '[::1]:9000', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['localhost', 'a b', false],
  ];
  for (const [entry, host, allowed] of rows) {
    it(`${entry} ${allowed ? 'is' : 'is not'} ${host}`, () => {
      assert.equal(isAllowedHost(host, ['other', entry]), allowed);
    });
  }

  it('serves every host without a list, and none with an empty one', () => {
    assert.equal(isAllowedHost('evil.com', undefined), true);
    assert.equal(isAllowedHost('evil.com', []), false);
  });
});

describe('checkAllowedHosts', () => {
  it('copies and freezes', () => {
    assert.equal(checkAllowedHosts(undefined), undefined);
    const checked = checkAllowedHosts(['a', '*.b']);
    assert.deepEqual(checked, ['a', '*.b']);
    assert.ok(Object.isFrozen(checked));
  });

  for (const value of ['a', null, [1], [''], ['a b'], ['*'], ['http://a'], ['a/'], ['*.']]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkAllowedHosts(value), { name: 'LocalUsageError', message: /^option allowedHosts / });
    });
  }
});
