import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isLoopback, parseAuthority } from '../../../../src/protocol/handshake/rules/authority.ts';

const VALID: [text: string, hostname: string, port?: number][] = [
  ['example.com', 'example.com'],
  ['EXAMPLE.com:80', 'example.com', 80],
  ['example.com:', 'example.com'],
  ['a:0', 'a', 0],
  ['a:65535', 'a', 65_535],
  ['a:00080', 'a', 80],
  ['my_container-1.internal', 'my_container-1.internal'],
  ['192.0.2.1:9000', '192.0.2.1', 9000],
  ['[::1]', '[::1]'],
  ['[2001:DB8::1]:443', '[2001:db8::1]', 443],
  ['[::ffff:192.0.2.1]:1', '[::ffff:192.0.2.1]', 1],
];

const INVALID = [
  '',
  ' ',
  ':80',
  'a b/@',
  'a b',
  'user@a',
  'a/',
  'a?',
  'a#',
  'a:b',
  'a:-1',
  'a:+80',
  'a:65536',
  'a:000080',
  'a:80:80',
  'a:8 0',
  '::1',
  '[',
  ']',
  '[]',
  '[::1',
  '::1]',
  '[::1]a',
  '[::1]]',
  '[a]',
  '[::g]',
  '[[::1]]',
  'a,b',
  'a\\b',
  'a%00',
  'é.example',
  'a\u0000',
  '*.example.com',
];

describe('parseAuthority', () => {
  for (const [text, hostname, port] of VALID) {
    it(`accepts ${text}`, () => {
      assert.deepEqual(parseAuthority(text), { hostname, port });
    });
  }

  for (const text of INVALID) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseAuthority(text), undefined);
    });
  }
});

describe('isLoopback', () => {
  const rows: [hostname: string, loopback: boolean][] = [
    ['localhost', true],
    ['app.localhost', true],
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['[::1]', true],
    ['localhost.evil', false],
    ['notlocalhost', false],
    ['127.0.0.1.evil', false],
    ['127.0.0', false],
    ['127.0.0.256', false],
    ['127.0.0.x', false],
    ['127.0.0.', false],
    ['127.0.0.0001', false],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['[::2]', false],
  ];
  for (const [hostname, loopback] of rows) {
    it(`says ${loopback ? 'yes' : 'no'} to ${hostname}`, () => {
      assert.equal(isLoopback(hostname), loopback);
    });
  }
});
