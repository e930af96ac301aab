import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { checkPathRule, matchPath } from '../../../../src/protocol/handshake/rules/path-rule.ts';

const REQUESTED = { path: '/rooms/7', url: 'wss://example.com/rooms/7?x=1' };

describe('matchPath', () => {
  it('serves every path without a rule, and one path with a string', () => {
    assert.equal(matchPath(undefined, REQUESTED), undefined);
    assert.equal(matchPath('/rooms/7', REQUESTED), undefined);
    assert.equal(matchPath('/rooms', REQUESTED), 'none');
  });

  it('gives a RegExp the path, and hands on what it finds', () => {
    const match = matchPath(/^\/rooms\/(?<room>\d+)$/, REQUESTED);

    assert.ok(typeof match === 'object');
    assert.deepEqual([match.groups?.['room'], match.at?.(1)], ['7', '7']);
    assert.equal(matchPath(/^\/users/, REQUESTED), 'none');
  });

  it('begins anew with a RegExp that remembers where it was', () => {
    const pattern = /rooms/gy;
    const sticky = /\/rooms/y;
    for (let n = 0; n < 3; n++) {
      assert.equal(matchPath(pattern, REQUESTED), 'none');
      assert.notEqual(matchPath(sticky, REQUESTED), 'none');
    }
  });

  it('gives anything else the whole URL', () => {
    const urls: string[] = [];
    const found = { pathname: { groups: { room: '7' } } };
    const pattern = {
      exec: (url: string) => {
        urls.push(url);
        return urls.length === 1 ? found : null;
      },
    };

    assert.equal(matchPath(pattern, REQUESTED), found);
    assert.equal(matchPath(pattern, REQUESTED), 'none');
    assert.deepEqual(urls, [REQUESTED.url, REQUESTED.url]);
  });
});

describe('checkPathRule', () => {
  for (const value of [undefined, '/', '/a/b%20c', /x/, { exec: () => null }]) {
    it(`takes ${inspect(value)}`, () => {
      assert.equal(checkPathRule(value), value);
    });
  }

  for (const value of ['', 'a', '/a?b', '/a#b', '/\r\n', '/a b', '/\u00e9', 1, null, {}, { exec: 1 }]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkPathRule(value), { name: 'LocalUsageError', message: /^option path is .*RegExp/ });
    });
  }

  for (const value of ['/rooms/:id', '/rooms/*']) {
    it(`advises what to give for ${value}`, () => {
      assert.throws(() => checkPathRule(value), { name: 'LocalUsageError', message: /give a pattern as a RegExp/ });
    });
  }
});
