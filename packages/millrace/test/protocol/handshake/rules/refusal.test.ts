import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { HandshakeError } from '../../../../src/protocol/base/errors.ts';
import { encodeRefusal } from '../../../../src/protocol/handshake/http1/response.ts';
import { ConnectionDeny } from '../../../../src/protocol/handshake/rules/connection-deny.ts';
import type { HeaderFieldsInit } from '../../../../src/protocol/handshake/rules/header-fields.ts';
import {
  isRefusal,
  phraseOf,
  refusal,
  refusalFor,
  unavailable,
} from '../../../../src/protocol/handshake/rules/refusal.ts';
import { HOSTILE, linesOf } from '../hostile.ts';

function refuse(status: number, reason = '', headers: HeaderFieldsInit = {}): string {
  return Buffer.from(encodeRefusal(refusalFor(new ConnectionDeny(status, reason, headers)))).toString('latin1');
}

function told(error: unknown): [status: number, text: string] {
  const { status, body } = refusalFor(error);
  return [status, Buffer.from(body).toString()];
}

describe('refusalFor', () => {
  it('says why, in plain text', () => {
    assert.equal(
      refuse(400, 'no key'),
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'X-Content-Type-Options: nosniff\r\nContent-Length: 7\r\n\r\nno key\n',
    );
  });

  it('counts the body in bytes', () => {
    assert.match(refuse(400, '€'), /Content-Length: 4\r\n/);
  });

  it('says the phrase of the status where there is no reason, and something where there is no phrase', () => {
    assert.match(refuse(404), /^HTTP\/1\.1 404 Not Found\r\n[^]*\r\n\r\nNot Found\n$/);
    assert.match(refuse(499), /^HTTP\/1\.1 499 Refused\r\n[^]*\r\n\r\nRefused\n$/);
    assert.equal(phraseOf(503), 'Service Unavailable');
  });

  it('keeps the type that the application gives the body', () => {
    const text = refuse(400, '{}', { 'content-type': 'application/json' });

    assert.match(text, /\r\ncontent-type: application\/json\r\n/);
    assert.doesNotMatch(text, /text\/plain|nosniff/);
  });

  for (const status of [101, 200, 204, 299, 304, 600, 400.5, Number.NaN, '400' as unknown as number]) {
    it(`does not send status ${String(status)}`, () => {
      assert.throws(() => refuse(status), { name: 'LocalUsageError', message: /status is/ });
    });
  }

  for (const name of ['Connection', 'content-length', 'Transfer-Encoding', 'Sec-WebSocket-Accept']) {
    it(`does not let the application set ${name}`, () => {
      assert.throws(() => refuse(400, '', { [name]: 'x' }), { name: 'LocalUsageError' });
    });
  }

  for (const value of HOSTILE) {
    it(`V009: writes as many lines as it means to, or none, for ${inspect(value)}`, () => {
      const text = value as string;
      assert.equal(
        linesOf(() => refuse(400, '', { 'X-A': text })),
        undefined,
      );
      assert.equal(
        linesOf(() => refuse(400, '', [[text, 'x']])),
        undefined,
      );
      if (typeof value === 'string') assert.equal(linesOf(() => refuse(400, value))?.length, 5);
    });
  }

  it('sends what a ConnectionDeny says', () => {
    const { status, fields } = refusalFor(new ConnectionDeny(429, 'slow down', { 'Retry-After': '5' }));

    assert.deepEqual([status, fields[0]], [429, ['Retry-After', '5']]);
  });

  it('sends the message of a rule of ours, and nothing of what another server has said', () => {
    const theirs = new HandshakeError('why', { status: 400, body: 'told', headers: { 'set-cookie': 'secret' } });

    assert.deepEqual(told(refusal(400, 'why')), [400, 'why\n']);
    assert.deepEqual(told(theirs), [500, 'Internal Server Error\n']);
    assert.equal(isRefusal(refusal(400, 'why')), true);
    assert.equal(isRefusal(theirs), false);
  });

  for (const error of [new Error('secret'), new HandshakeError('secret'), 'secret', undefined]) {
    it(`says nothing of ${String(error)}`, () => {
      assert.deepEqual(told(error), [500, 'Internal Server Error\n']);
    });
  }
});

describe('unavailable', () => {
  const rows: [random: number, seconds: string][] = [
    [0, '2'],
    [0.5, '6'],
    [1 - Number.EPSILON, '10'],
  ];
  for (const [random, seconds] of rows) {
    it(`sends the client away for ${seconds} seconds where chance is ${String(random)}`, (t) => {
      t.mock.method(Math, 'random', () => random);

      const { status, fields, body } = refusalFor(unavailable('too many'));

      assert.deepEqual([status, fields[0]], [503, ['Retry-After', seconds]]);
      assert.equal(Buffer.from(body).toString(), 'too many\n');
    });
  }
});
