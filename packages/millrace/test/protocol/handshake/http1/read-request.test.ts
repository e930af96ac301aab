import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeError } from '../../../../src/protocol/base/errors.ts';
import { readUpgradeRequest } from '../../../../src/protocol/handshake/http1/read-request.ts';
import { headers, KEY, raw, RULES } from '../requests.ts';
import type { Changes } from '../requests.ts';

const KEY_NAME = 'Sec-WebSocket-Key';

const REFUSED: [name: string, changes: Changes, status: number][] = [
  ['V031: HTTP/1.0', { httpVersion: '1.0' }, 505],
  ['HTTP/2.0', { httpVersion: '2.0' }, 505],
  ['V031: POST', { method: 'POST' }, 405],
  ['V031: HEAD', { method: 'HEAD' }, 405],
  ['a fragment in the target', { target: '/chat#top' }, 400],
  ['an asterisk for a target', { target: '*' }, 400],
  ['V031: a target over maxHeaderSize', { target: `/${'a'.repeat(16_384)}` }, 414],
  ['no Host', headers({ Host: undefined }), 400],
  ['V011: two Hosts', headers({ Host: ['a', 'b'] }), 400],
  ['V011: the same Host twice', headers({ Host: ['a', 'a'] }), 400],
  ['Host: a b/@', headers({ Host: 'a b/@' }), 400],
  ['V017: Host: [', headers({ Host: '[' }), 400],
  ['an empty Host', headers({ Host: '' }), 400],
  ['V011: a header without a name', headers({ '': 'x' }), 400],
  ['a NUL in a header', headers({ 'X-A': 'a\0b' }), 400],
  ['no Upgrade', headers({ Upgrade: undefined }), 426],
  ['no Connection', headers({ Connection: undefined }), 426],
  ['V014: Connection: notupgrade', headers({ Connection: 'notupgrade' }), 426],
  ['V014: Connection: keep-alive', headers({ Connection: 'keep-alive' }), 426],
  ['Upgrade: websocket, h2c', headers({ Upgrade: 'websocket, h2c' }), 400],
  ['Upgrade: h2c', headers({ Upgrade: 'h2c' }), 400],
  ['Upgrade twice', headers({ Upgrade: ['websocket', 'websocket'] }), 400],
  ['an empty Upgrade', headers({ Upgrade: '' }), 400],
  ['V013: a body', headers({ 'Content-Length': '5' }), 400],
  ['V013: a chunked body', headers({ 'Transfer-Encoding': 'chunked' }), 400],
  ['V013: both kinds of body', headers({ 'Transfer-Encoding': 'chunked', 'Content-Length': '5' }), 400],
  ['two Content-Lengths (V011)', headers({ 'Content-Length': ['0', '0'] }), 400],
  ['no key', headers({ [KEY_NAME]: undefined }), 400],
  ['V016: two keys', headers({ [KEY_NAME]: [KEY, KEY] }), 400],
  ['V017: a key of 3 bytes', headers({ [KEY_NAME]: 'AAAA' }), 400],
  ['V017: a key of 19 bytes', headers({ [KEY_NAME]: `${'A'.repeat(26)}==` }), 400],
  ['an empty key', headers({ [KEY_NAME]: '' }), 400],
  ['a key of 15 bytes', headers({ [KEY_NAME]: 'AAAAAAAAAAAAAAAAAAAA' }), 400],
  ['a key of 17 bytes', headers({ [KEY_NAME]: 'AAAAAAAAAAAAAAAAAAAAAAA=' }), 400],
  ['a key that is not canonical', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25jZR==' }), 400],
  ['a key without padding', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25jZQ' }), 400],
  ['a key in the URL alphabet', headers({ [KEY_NAME]: '-_hlIHNhbXBsZSBub25jZQ==' }), 400],
  ['a key with a space', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25 ZQ==' }), 400],
  ['V010: more lines than allowed', headers({ a: Array.from({ length: 124 }, () => 'x') }), 431],
  [
    'V004: 2100 lines',
    headers(Object.fromEntries(Array.from({ length: 2100 }, (_, n) => [`a${String(n)}`, 'x']))),
    431,
  ],
  ['a header of 20000 bytes', headers({ a: 'x'.repeat(20_000) }), 431],
];

const ACCEPTED: [name: string, changes: Changes][] = [
  ['a plain request', {}],
  ['Connection: keep-alive, Upgrade', headers({ Connection: 'keep-alive, Upgrade' })],
  ['Connection in two headers', headers({ Connection: ['keep-alive', 'upgrade'] })],
  ['other cases', headers({ Upgrade: 'WebSocket', Connection: 'UPGRADE' })],
  [
    'names in lower case',
    { ...raw(), rawHeaders: raw().rawHeaders.map((text, n) => (n % 2 === 0 ? text.toLowerCase() : text)) } as Changes,
  ],
  ['a target in absolute form', { target: 'http://server.example.com/chat' }],
  ['Content-Length: 0', headers({ 'Content-Length': '0' })],
  ['as many lines as allowed', headers({ a: Array.from({ length: 123 }, () => 'x') })],
  ['bytes over 0x7F where they mean nothing', headers({ 'User-Agent': 'caf\u00e9' })],
];

function refusalOf(changes: Changes): HandshakeError {
  try {
    readUpgradeRequest(raw(changes), RULES);
  } catch (error) {
    assert.ok(error instanceof HandshakeError);
    return error;
  }
  return assert.fail('accepted');
}

describe('readUpgradeRequest', () => {
  for (const [name, changes, status] of REFUSED) {
    it(`refuses ${name} with ${String(status)}`, () => {
      const { status: actual, message } = refusalOf(changes);

      assert.equal(actual, status);
      assert.notEqual(message, '');
    });
  }

  for (const [name, changes] of ACCEPTED) {
    it(`accepts ${name}`, () => {
      assert.equal(readUpgradeRequest(raw(changes), RULES).key, KEY);
    });
  }

  it('tells a client that uses another method which one is allowed', () => {
    assert.deepEqual(refusalOf({ method: 'PUT' }).headers, { Allow: 'GET' });
  });

  it('takes the host of a target in absolute form', () => {
    const { authority, target, rawTarget } = readUpgradeRequest(raw({ target: 'http://other.example/a?b' }), RULES);

    assert.deepEqual(
      [authority, target.path, target.query, rawTarget],
      ['other.example', '/a', 'b', 'http://other.example/a?b'],
    );
  });

  it('V018: refuses every byte from 0x80 in what it reads', () => {
    for (const name of ['Host', 'Upgrade', KEY_NAME]) {
      for (let byte = 0x80; byte <= 0xff; byte++) {
        assert.equal(refusalOf(headers({ [name]: `a${String.fromCharCode(byte)}` })).status, 400);
      }
    }
  });

  it('takes every key that is 16 bytes in base64, and only those', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    for (const last of alphabet) {
      const key = `AAAAAAAAAAAAAAAAAAAAA${last}==`;
      const canonical = Buffer.from(key, 'base64').toString('base64') === key;
      const changes = headers({ [KEY_NAME]: key });
      if (canonical) assert.equal(readUpgradeRequest(raw(changes), RULES).key, key);
      else assert.equal(refusalOf(changes).status, 400);
    }
  });
});
