import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { HandshakeError, LocalUsageError } from '../../../src/protocol/base/errors.ts';
import { ConnectionDeny } from '../../../src/protocol/handshake/connection-deny.ts';
import { judgeRequest } from '../../../src/protocol/handshake/connection-request.ts';
import type { HeaderFieldsInit } from '../../../src/protocol/handshake/header-fields.ts';
import {
  acceptInput,
  checkAcceptanceFields,
  encodeAcceptance,
  encodeRefusal,
  refusalFor,
} from '../../../src/protocol/handshake/server-response.ts';
import type { Acceptance, Refusal } from '../../../src/protocol/handshake/server-response.ts';

const { request } = judgeRequest(
  {
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    peer: '',
    encrypted: false,
    rawHeaders: [
      ...['Host', 'a', 'Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13'],
      ...['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol', 'chat, superchat'],
      ...['Sec-WebSocket-Extensions', 'foo; a, bar'],
    ],
  },
  { maxHeaderSize: Infinity, maxHeaderCount: Infinity, allowedOrigins: '*', path: undefined },
);

const PLAIN: Acceptance = { accept: 'ACCEPT', subprotocol: undefined, extensions: undefined, headers: [] };

function accept(changes: Partial<Acceptance>): string {
  return Buffer.from(encodeAcceptance({ ...PLAIN, ...changes }, request)).toString('latin1');
}

function refuse(changes: Partial<Refusal>): string {
  return Buffer.from(encodeRefusal({ status: 400, body: '', headers: {}, ...changes })).toString('latin1');
}

const HOSTILE: unknown[] = [
  'x\r\nX-Inj: 1',
  'x\nX-Inj: 1',
  'x\rX-Inj: 1',
  'x\0',
  '\r\n\r\nbody',
  'x\u010d\u010a',
  '\u2028',
  { toString: () => 'x\r\nX-Inj: 1' },
  ['x\r\nX-Inj: 1'],
  [['x', 'y\n']],
  1,
  null,
  Symbol('x'),
  () => 'x',
];

/** The lines of the head that `make` writes; `undefined` if it throws a usage error, which is as good. */
function linesOf(make: () => string): string[] | undefined {
  try {
    return make()
      .split('\r\n\r\n', 1)[0]
      ?.split(/\r\n|\r|\n/);
  } catch (error) {
    assert.ok(error instanceof LocalUsageError, String(error));
    return undefined;
  }
}

describe('acceptInput', () => {
  it('makes the accept value of RFC 6455 §1.3', () => {
    const hash = createHash('sha1').update(acceptInput('dGhlIHNhbXBsZSBub25jZQ==')).digest('base64');

    assert.equal(hash, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('encodeAcceptance', () => {
  it('writes the response of RFC 6455 §1.3', () => {
    assert.equal(
      accept({ accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', subprotocol: 'chat' }),
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n',
    );
  });

  it('adds extensions and header fields of every source', () => {
    const text = accept({ extensions: 'bar', headers: [{ A: '1' }, undefined, [['B', '2']]] });

    assert.match(text, /\r\nSec-WebSocket-Extensions: bar\r\nA: 1\r\nB: 2\r\n\r\n$/);
  });

  const misused: [name: string, changes: object, message: RegExp][] = [
    [
      'a subprotocol that was not offered',
      { subprotocol: 'other' },
      /subprotocol is "other", expected one of chat, superchat/,
    ],
    ['a subprotocol in another case', { subprotocol: 'Chat' }, /subprotocol/],
    ['an empty subprotocol', { subprotocol: '' }, /subprotocol/],
    ['an extension that was not offered', { extensions: 'foo, other' }, /extensions are "foo, other"/],
    ['extensions that do not follow the grammar', { extensions: 'foo;' }, /extensions/],
    ['empty extensions', { extensions: '' }, /extensions/],
    ['a header of the handshake', { headers: [{ 'sec-websocket-accept': 'x' }] }, /sec-websocket-accept/],
    ['a header that frames the message', { headers: [{ 'Content-Length': '3' }] }, /Content-Length/],
  ];
  for (const [name, changes, message] of misused) {
    it(`does not send ${name}`, () => {
      assert.throws(() => accept(changes), { name: 'LocalUsageError', message });
    });
  }

  it('says that none is expected where the client offers no subprotocol', () => {
    assert.throws(
      () => encodeAcceptance({ ...PLAIN, subprotocol: 'x' }, { ...request, protocols: [] }),
      /expected none/,
    );
  });

  for (const value of HOSTILE) {
    it(`V008: writes as many lines as it means to, or none, for ${inspect(value)}`, () => {
      const text = value as string;
      const headers = value as HeaderFieldsInit;
      assert.equal(
        linesOf(() => accept({ subprotocol: text })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ extensions: text })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [{ 'X-A': text }] })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [[['X-A', text]]] })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [[[text, 'x']]] })),
        undefined,
      );
      if (typeof value === 'string')
        assert.equal(
          linesOf(() => accept({ headers: [{ [value]: 'x' }] })),
          undefined,
        );
      const lines = linesOf(() => accept({ headers: [headers] }));
      assert.ok(lines === undefined || lines.length === 4);
    });
  }
});

describe('checkAcceptanceFields', () => {
  it('lists and freezes', () => {
    const fields = checkAcceptanceFields({ A: ['1', '2'] });

    assert.deepEqual(fields, [
      ['A', '1'],
      ['A', '2'],
    ]);
    assert.ok(Object.isFrozen(fields));
  });
});

describe('encodeRefusal', () => {
  it('closes the connection and says why, in plain text', () => {
    assert.equal(
      refuse({ status: 400, body: 'no key' }),
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'X-Content-Type-Options: nosniff\r\nContent-Length: 7\r\n\r\nno key\n',
    );
  });

  it('counts the body in bytes', () => {
    assert.match(refuse({ body: '€' }), /Content-Length: 4\r\n/);
  });

  it('says the phrase of the status where there is no body, and something where there is no phrase', () => {
    assert.match(refuse({ status: 404 }), /^HTTP\/1\.1 404 Not Found\r\n[^]*\r\n\r\nNot Found\n$/);
    assert.match(refuse({ status: 499 }), /^HTTP\/1\.1 499 Refused\r\n[^]*\r\n\r\nRefused\n$/);
  });

  it('keeps the type that the application gives the body', () => {
    const text = refuse({ headers: { 'content-type': 'application/json' }, body: '{}' });

    assert.match(text, /\r\ncontent-type: application\/json\r\n/);
    assert.doesNotMatch(text, /text\/plain|nosniff/);
  });

  it('names Upgrade in Connection where it sends one (RFC 9110 §7.8)', () => {
    assert.match(refuse({ status: 426, headers: { Upgrade: 'websocket' } }), /\r\nConnection: close, Upgrade\r\n/);
  });

  it('leaves the body out in answer to HEAD, not its length', () => {
    assert.match(refuse({ body: 'abc', headOnly: true }), /Content-Length: 4\r\n\r\n$/);
  });

  for (const status of [101, 200, 204, 299, 304, 600, 400.5, Number.NaN, '400' as unknown as number]) {
    it(`does not send status ${String(status)}`, () => {
      assert.throws(() => refuse({ status }), { name: 'LocalUsageError', message: /status is/ });
    });
  }

  for (const name of ['Connection', 'content-length', 'Transfer-Encoding', 'Sec-WebSocket-Accept']) {
    it(`does not let the application set ${name}`, () => {
      assert.throws(() => refuse({ headers: { [name]: 'x' } }), { name: 'LocalUsageError' });
    });
  }

  for (const value of HOSTILE) {
    it(`V009: writes as many lines as it means to, or none, for ${inspect(value)}`, () => {
      const text = value as string;
      assert.equal(
        linesOf(() => refuse({ headers: { 'X-A': text } })),
        undefined,
      );
      assert.equal(
        linesOf(() => refuse({ headers: [[text, 'x']] })),
        undefined,
      );
      if (typeof value === 'string') assert.equal(linesOf(() => refuse({ body: value }))?.length, 5);
    });
  }
});

describe('refusalFor', () => {
  it('sends what a ConnectionDeny says', () => {
    const deny = new ConnectionDeny(429, 'slow down', { 'Retry-After': '5' });

    assert.deepEqual(refusalFor(deny), { status: 429, body: 'slow down', headers: { 'Retry-After': '5' } });
  });

  it('sends the message of a HandshakeError, or its body if it has one', () => {
    assert.deepEqual(refusalFor(new HandshakeError('why', { status: 400 })), { status: 400, body: 'why', headers: {} });
    assert.equal(refusalFor(new HandshakeError('why', { status: 400, body: 'told' })).body, 'told');
  });

  for (const error of [new Error('secret'), new HandshakeError('secret'), 'secret', undefined]) {
    it(`says nothing of ${String(error)}`, () => {
      assert.deepEqual(refusalFor(error), { status: 500, body: '', headers: {} });
    });
  }
});
