import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ConnectionClosedError,
  HandshakeError,
  LimitExceededError,
  LocalUsageError,
  TransportError,
  type Closure,
} from '../../../src/index.ts';
import { isOurFarewell, isPassing, retryAfter } from '../../../src/connections/reconnecting/retry-rules.ts';

function remote(code: number): Closure {
  return { code, reason: '', wasClean: code !== 1006, initiator: 'remote', unsentBytes: 0, discardedBytes: 0 };
}

function local(code: number | undefined, error?: Error): Closure {
  const sent = code === undefined ? undefined : { code, reason: '' };
  const initiator = error === undefined ? 'application' : 'engine';
  const losses = { unsentBytes: 0, discardedBytes: 0 };
  return { code: code ?? 1006, reason: '', wasClean: code !== undefined, initiator, sent, error, ...losses };
}

describe('isPassing', () => {
  const STATUSES: [status: number | undefined, expected: boolean][] = [
    [undefined, true],
    [101, false],
    [200, false],
    [302, false],
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [408, true],
    [425, true],
    [426, false],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
  ];
  for (const [status, expected] of STATUSES) {
    it(`is ${String(expected)} for status ${String(status)}`, () => {
      assert.equal(isPassing(new HandshakeError('refused', { status })), expected);
    });
  }

  const CLOSURES: [name: string, closure: Closure, expected: boolean][] = [
    ...[1001, 1005, 1006, 1011, 1012, 1013, 1014].map((code): [string, Closure, boolean] => [
      `${String(code)} of the peer`,
      remote(code),
      true,
    ]),
    ...[1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 4401].map((code): [string, Closure, boolean] => [
      `${String(code)} of the peer`,
      remote(code),
      false,
    ]),
    ['a connection that we have dropped', local(undefined), true],
    ['4000 of ours', local(4000), true],
    ['our failing for what the peer has sent', local(1002, new Error('violation')), false],
    ['our failing for what waits to be sent', local(1008, new Error('too much')), false],
  ];
  for (const [name, closure, expected] of CLOSURES) {
    it(`is ${String(expected)} for ${name}`, () => {
      assert.equal(isPassing(new ConnectionClosedError(closure)), expected);
    });
  }

  it('is true without a connection, and false for what we do wrong', () => {
    assert.equal(isPassing(new TransportError('nobody there')), true);
    assert.equal(isPassing(new LocalUsageError('no URL')), false);
    assert.equal(isPassing(new LimitExceededError({ option: 'o', limit: 1, size: 2 })), false);
    assert.equal(isPassing(new TypeError('of the application')), false);
  });
});

describe('isOurFarewell', () => {
  it('tells our own close from all else', () => {
    for (const code of [undefined, 1000, 1001, 1011, 2999]) assert.equal(isOurFarewell({ code, reason: '' }), true);
    for (const code of [3000, 4000, 4999]) assert.equal(isOurFarewell({ code, reason: '' }), false);
    assert.equal(isOurFarewell(undefined), false);
  });
});

describe('retryAfter', () => {
  const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);
  const VALUES: [value: string | undefined, milliseconds: number][] = [
    ['2', 2000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 12:00:05 GMT', 5000],
    ['Thursday, 01-Jan-26 12:00:05 GMT', 5000],
    ['Thu, 01 Jan 2026 11:59:59 GMT', 0],
    ['-1', 0],
    ['1.5', 0],
    ['2026-01-01T12:00:05Z', 0],
    ['Soon, very soon', 0],
    ['', 0],
    [undefined, 0],
  ];
  for (const [value, milliseconds] of VALUES) {
    it(`reads ${String(value)} as ${String(milliseconds)} ms`, () => {
      const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value };

      assert.equal(retryAfter(new HandshakeError('refused', { status: 503, headers }), NOW), milliseconds);
    });
  }

  it('finds nothing in other errors', () => {
    assert.equal(retryAfter(new TransportError('nobody there'), NOW), 0);
  });
});
