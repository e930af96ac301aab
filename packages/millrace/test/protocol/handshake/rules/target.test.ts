import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseQuery, parseTarget } from '../../../../src/protocol/handshake/rules/target.ts';

const VALID: [target: string, path: string, query?: string | undefined, host?: string][] = [
  ['/', '/'],
  ['/chat', '/chat'],
  ['/chat/%20?a=1&b', '/chat/%20', 'a=1&b'],
  ['/?', '/', ''],
  ['/?a?b', '/', 'a?b'],
  ['//double', '//double'],
  ['/{}|^"<>', '/{}|^"<>'],
  ['http://example.com/chat?x', '/chat', 'x', 'example.com'],
  ['HTTPS://Example.com:444', '/', undefined, 'Example.com:444'],
  ['ws://a?x=/', '/', 'x=/', 'a'],
  ['wss://[::1]:1/p', '/p', undefined, '[::1]:1'],
];

const INVALID = [
  '',
  '*',
  'chat',
  'example.com:443',
  '/chat#top',
  '/#',
  'http://a/#x',
  'http://',
  'http:///path',
  'http://user@a/',
  'ftp://a/',
  '/a b',
  '/a\tb',
  '/a\u0000',
  '/\u007f',
  '/\u00e9',
];

describe('parseTarget', () => {
  for (const [target, path, query, host] of VALID) {
    it(`accepts ${target}`, () => {
      assert.deepEqual(parseTarget(target), { path, query, host });
    });
  }

  for (const target of INVALID) {
    it(`refuses ${JSON.stringify(target)}`, () => {
      assert.equal(parseTarget(target), undefined);
    });
  }
});

describe('parseQuery', () => {
  const rows: [query: string | undefined, params: Record<string, string[]>][] = [
    [undefined, {}],
    ['', {}],
    ['a=1', { a: ['1'] }],
    ['a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['a&b=&=c&&', { a: [''], b: [''], '': ['c'] }],
    ['a=b=c', { a: ['b=c'] }],
    ['a+b=c+d', { 'a b': ['c d'] }],
    ['%C3%A9=%E2%82%AC%26', { é: ['€&'] }],
    ['a=%zz&b=%C3', { a: ['%zz'], b: ['%C3'] }],
  ];
  for (const [query, params] of rows) {
    it(`parses ${String(query)}`, () => {
      assert.deepEqual({ ...parseQuery(query) }, params);
    });
  }

  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    it(`V001: takes ${name} for a name like any other`, () => {
      const params = parseQuery(`${name}=1&${name}=2`);

      assert.deepEqual(Object.keys(params), [name]);
      assert.deepEqual(params[name], ['1', '2']);
    });
  }

  it('freezes what it returns', () => {
    const params = parseQuery('a=1');

    assert.ok(Object.isFrozen(params));
    assert.ok(Object.isFrozen(params['a']));
    assert.equal(Object.getPrototypeOf(params), null);
  });
});
