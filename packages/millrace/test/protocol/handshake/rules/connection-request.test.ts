import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeError } from '../../../../src/protocol/base/errors.ts';
import { OriginError } from '../../../../src/protocol/handshake/rules/connection-request.ts';
import type { RequestRules } from '../../../../src/protocol/handshake/rules/connection-request.ts';
import { headers, HEADERS, judge, raw, RULES } from '../requests.ts';
import type { Changes } from '../requests.ts';

const VERSION = 'Sec-WebSocket-Version';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';

const REFUSED: [name: string, changes: Changes, status: number][] = [
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
];

const ACCEPTED: [name: string, changes: Changes][] = [
  ['V028: its own origin', headers({ Origin: 'https://server.example.com' })],
  ['subprotocols in two headers', headers({ [PROTOCOL]: ['a', 'b'] })],
  ['permessage-deflate twice', headers({ [EXTENSIONS]: 'permessage-deflate; permessage-deflate' })],
];

function refusalOf(changes: Changes, rules: RequestRules = RULES): HandshakeError {
  try {
    judge(raw(changes), rules);
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
      assert.equal(judge(raw(changes)).version, 13);
    });
  }

  it('tells a client of another version which one is spoken here (RFC 6455 §4.4)', () => {
    assert.deepEqual(refusalOf(headers({ [VERSION]: '8' })).headers, { Upgrade: 'websocket', [VERSION]: '13' });
  });

  it('names origin, host and option when it refuses an origin', () => {
    const error = refusalOf(headers({ Origin: 'http://evil.com' }));

    assert.ok(error instanceof OriginError);
    for (const word of ['http://evil.com', 'server.example.com', 'allowedOrigins'])
      assert.ok(error.message.includes(word));
  });

  it('takes the host of a target in absolute form', () => {
    const changes = { target: 'http://other.example/', headers: { Origin: 'http://other.example' } };

    assert.equal(judge(raw(changes)).host, 'other.example');
  });

  it('refuses paths that are not served with 404', () => {
    assert.equal(refusalOf({ target: '/other?x' }, { ...RULES, path: '/chat' }).status, 404);
    assert.equal(judge(raw({ target: '/chat?x' }), { ...RULES, path: '/chat' }).path, '/chat');
  });

  it('tells the application what the client said', () => {
    const request = judge(
      raw({
        target: '/chat?room=1&room=2',
        peer: '192.0.2.1:5',
        scheme: 'https',
        headers: { Origin: 'http://server.example.com', [PROTOCOL]: 'b, a', [EXTENSIONS]: 'x; y=1', 'X-A': ['1', '2'] },
      }),
    );

    const { params, headers: fields, headersDistinct, signal, url, ...rest } = request;
    assert.deepEqual({ ...headersDistinct }['x-a'], ['1', '2']);
    assert.equal(url.href, 'wss://server.example.com/chat?room=1&room=2');
    assert.notEqual(request.url, request.url);
    assert.equal(signal.aborted, false);
    assert.deepEqual({ ...params }, { room: ['1', '2'] });
    assert.equal(fields['x-a'], '1, 2');
    assert.deepEqual(rest, {
      peer: '192.0.2.1:5',
      encrypted: true,
      tls: undefined,
      host: 'server.example.com',
      target: '/chat?room=1&room=2',
      path: '/chat',
      match: undefined,
      version: 13,
      origin: 'http://server.example.com',
      subprotocols: ['b', 'a'],
      extensions: [{ name: 'x', parameters: [{ name: 'y', value: '1' }] }],
    });
  });

  it('refuses hosts that are not served with 421', () => {
    const rules = { ...RULES, allowedHosts: ['other.example'] };

    assert.equal(refusalOf({}, rules).status, 421);
    assert.equal(judge(raw(headers({ Host: 'other.example:8080' })), rules).host, 'other.example:8080');
  });

  it('refuses a host that can be in no URL with 400', () => {
    for (const Host of ['256.0.0.1', '[:::]']) assert.equal(refusalOf(headers({ Host })).status, 400, Host);
  });

  it('keeps what a pattern has found in the path', () => {
    const request = judge(raw({ target: '/rooms/7?x' }), { ...RULES, path: /^\/rooms\/(?<room>\d+)$/ });

    assert.equal(request.match?.groups?.['room'], '7');
    assert.equal(refusalOf({ target: '/rooms/x' }, { ...RULES, path: /^\/rooms\/\d+$/ }).status, 404);
  });

  it('freezes the request', () => {
    const request = judge(raw());

    for (const part of [
      request,
      request.headers,
      request.headersDistinct,
      request.params,
      request.subprotocols,
      request.extensions,
    ]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  // V018, for the server: what the handshake itself reads holds no byte that is not ASCII.
  const strict = [VERSION, PROTOCOL, EXTENSIONS, 'Origin'];
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

      const request = judge({ ...changed, rawHeaders: [...changed.rawHeaders, name, name] });

      assert.deepEqual(request.subprotocols, [name]);
      assert.equal(request.extensions[0]?.name, name);
      assert.equal(Object.hasOwn(request.headers, name.toLowerCase()), true);
    });
  }
});
