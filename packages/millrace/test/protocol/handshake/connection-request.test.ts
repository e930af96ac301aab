import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeError } from '../../../src/protocol/base/errors.ts';
import { judgeRequest, OriginError, selectSubprotocol } from '../../../src/protocol/handshake/connection-request.ts';
import type { RawRequest, RequestRules } from '../../../src/protocol/handshake/connection-request.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

const RULES: RequestRules = {
  maxHeaderSize: 16_384,
  maxHeaderCount: 128,
  allowedOrigins: 'same-origin',
  path: undefined,
};

const HEADERS: Readonly<Record<string, string>> = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
};

/** Changes to a valid request; `undefined` takes a header out, a list repeats it. */
type Changes = Partial<Omit<RawRequest, 'rawHeaders'>> & {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
};

function raw({ headers, ...changes }: Changes = {}): RawRequest {
  const fields = Object.entries({ ...HEADERS, ...headers });
  const rawHeaders = fields.flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return { method: 'GET', target: '/chat', httpVersion: '1.1', peer: '', encrypted: false, rawHeaders, ...changes };
}

function headers(fields: NonNullable<Changes['headers']>): Changes {
  return { headers: fields };
}

const KEY_NAME = 'Sec-WebSocket-Key';
const VERSION = 'Sec-WebSocket-Version';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';

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
  ['an empty key', headers({ [KEY_NAME]: '' }), 400],
  ['a key of 15 bytes', headers({ [KEY_NAME]: 'AAAAAAAAAAAAAAAAAAAA' }), 400],
  ['a key of 17 bytes', headers({ [KEY_NAME]: 'AAAAAAAAAAAAAAAAAAAAAAA=' }), 400],
  ['a key that is not canonical', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25jZR==' }), 400],
  ['a key without padding', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25jZQ' }), 400],
  ['a key in the URL alphabet', headers({ [KEY_NAME]: '-_hlIHNhbXBsZSBub25jZQ==' }), 400],
  ['a key with a space', headers({ [KEY_NAME]: 'dGhlIHNhbXBsZSBub25 ZQ==' }), 400],
  ['no version', headers({ [VERSION]: undefined }), 400],
  ['two versions', headers({ [VERSION]: ['13', '8'] }), 400],
  ['V015: version 13, 8', headers({ [VERSION]: '13, 8' }), 400],
  ['V015: version 013', headers({ [VERSION]: '013' }), 400],
  ['V015: version +13', headers({ [VERSION]: '+13' }), 400],
  ['V015: version 256', headers({ [VERSION]: '256' }), 400],
  ['V015: an empty version', headers({ [VERSION]: '' }), 400],
  ['V015: version 13.0', headers({ [VERSION]: '13.0' }), 400],
  ...['0', '7', '8', '12', '14', '255'].map((version): [string, Changes, number] => [
    `V015: version ${version}`,
    headers({ [VERSION]: version }),
    426,
  ]),
  ['an empty list of subprotocols', headers({ [PROTOCOL]: '' }), 400],
  ['a subprotocol twice', headers({ [PROTOCOL]: 'a, a' }), 400],
  ['a subprotocol twice in two headers', headers({ [PROTOCOL]: ['a', 'a'] }), 400],
  ['a subprotocol that is no token', headers({ [PROTOCOL]: 'a b' }), 400],
  ['V002: a subprotocol with a gap of 8000 spaces', headers({ [PROTOCOL]: `b${' '.repeat(8000)}x` }), 400],
  ['extensions ;;;', headers({ [EXTENSIONS]: ';;;' }), 400],
  ['an empty list of extensions', headers({ [EXTENSIONS]: '' }), 400],
  ['V003: a quoted string without an end', headers({ [EXTENSIONS]: `a; b="${'\\c'.repeat(4000)}` }), 400],
  ['two Origins', headers({ Origin: ['http://server.example.com', 'http://server.example.com'] }), 400],
  ['V028: a foreign Origin', headers({ Origin: 'http://evil.com' }), 403],
  ['V028: the Origin null', headers({ Origin: 'null' }), 403],
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
  ['V028: its own origin', headers({ Origin: 'https://server.example.com' })],
  ['bytes over 0x7F where they mean nothing', headers({ 'User-Agent': 'caf\u00e9' })],
  ['subprotocols in two headers', headers({ [PROTOCOL]: ['a', 'b'] })],
  ['permessage-deflate twice', headers({ [EXTENSIONS]: 'permessage-deflate; permessage-deflate' })],
];

function refusalOf(changes: Changes, rules: RequestRules = RULES): HandshakeError {
  try {
    judgeRequest(raw(changes), rules);
  } catch (error) {
    assert.ok(error instanceof HandshakeError);
    return error;
  }
  return assert.fail('accepted');
}

describe('judgeRequest', () => {
  for (const [name, changes, status] of REFUSED) {
    it(`refuses ${name} with ${String(status)}`, () => {
      const { status: actual, message } = refusalOf(changes);

      assert.equal(actual, status);
      assert.notEqual(message, '');
    });
  }

  for (const [name, changes] of ACCEPTED) {
    it(`accepts ${name}`, () => {
      assert.equal(judgeRequest(raw(changes), RULES).key, KEY);
    });
  }

  it('tells a client of another version which one is spoken here (RFC 6455 §4.4)', () => {
    assert.deepEqual(refusalOf(headers({ [VERSION]: '8' })).headers, { Upgrade: 'websocket', [VERSION]: '13' });
  });

  it('tells a client that uses another method which one is allowed', () => {
    assert.deepEqual(refusalOf({ method: 'PUT' }).headers, { Allow: 'GET' });
  });

  it('names origin, host and option when it refuses an origin', () => {
    const error = refusalOf(headers({ Origin: 'http://evil.com' }));

    assert.ok(error instanceof OriginError);
    for (const word of ['http://evil.com', 'server.example.com', 'allowedOrigins'])
      assert.ok(error.message.includes(word));
  });

  it('takes the host of a target in absolute form', () => {
    const changes = { target: 'http://other.example/', headers: { Origin: 'http://other.example' } };

    assert.equal(judgeRequest(raw(changes), RULES).request.host, 'other.example');
  });

  it('refuses paths that are not served with 404', () => {
    assert.equal(refusalOf({ target: '/other?x' }, { ...RULES, path: '/chat' }).status, 404);
    assert.equal(judgeRequest(raw({ target: '/chat?x' }), { ...RULES, path: '/chat' }).request.path, '/chat');
  });

  it('tells the application what the client said', () => {
    const { request } = judgeRequest(
      raw({
        target: '/chat?room=1&room=2',
        peer: '192.0.2.1:5',
        encrypted: true,
        headers: { Origin: 'http://server.example.com', [PROTOCOL]: 'b, a', [EXTENSIONS]: 'x; y=1', 'X-A': ['1', '2'] },
      }),
      RULES,
    );

    const { params, headers: fields, ...rest } = request;
    assert.deepEqual({ ...params }, { room: ['1', '2'] });
    assert.equal(fields['x-a'], '1, 2');
    assert.deepEqual(rest, {
      peer: '192.0.2.1:5',
      encrypted: true,
      host: 'server.example.com',
      target: '/chat?room=1&room=2',
      path: '/chat',
      version: 13,
      origin: 'http://server.example.com',
      protocols: ['b', 'a'],
      extensions: [{ name: 'x', parameters: [{ name: 'y', value: '1' }] }],
    });
  });

  it('freezes the request', () => {
    const { request } = judgeRequest(raw(), RULES);

    for (const part of [request, request.headers, request.params, request.protocols, request.extensions]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  // V018, for the server: what the handshake itself reads holds no byte that is not ASCII.
  const strict = ['Host', 'Upgrade', KEY_NAME, VERSION, PROTOCOL, EXTENSIONS, 'Origin'];
  for (const name of strict) {
    it(`V018: refuses every byte from 0x80 in ${name}`, () => {
      for (let byte = 0x80; byte <= 0xff; byte++) {
        const { status } = refusalOf(headers({ [name]: `${HEADERS[name] ?? 'a'}${String.fromCharCode(byte)}` }));
        assert.equal(status, name === 'Origin' ? 403 : 400);
      }
    });
  }

  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    it(`V001: takes ${name} for a name like any other`, () => {
      const value = { [PROTOCOL]: name, [EXTENSIONS]: `${name}; ${name}=${name}` };
      const changed = raw(headers(value));

      const { request } = judgeRequest({ ...changed, rawHeaders: [...changed.rawHeaders, name, name] }, RULES);

      assert.deepEqual(request.protocols, [name]);
      assert.equal(request.extensions[0]?.name, name);
      assert.equal(Object.hasOwn(request.headers, name.toLowerCase()), true);
    });
  }

  it('takes every key that is 16 bytes in base64, and only those', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    for (const last of alphabet) {
      const key = `AAAAAAAAAAAAAAAAAAAAA${last}==`;
      const canonical = Buffer.from(key, 'base64').toString('base64') === key;
      const changes = headers({ [KEY_NAME]: key });
      if (canonical) assert.equal(judgeRequest(raw(changes), RULES).key, key);
      else assert.equal(refusalOf(changes).status, 400);
    }
  });
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
