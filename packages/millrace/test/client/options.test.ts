import assert from 'node:assert/strict';
import { lookup } from 'node:dns';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { resolveClientOptions } from '../../src/client/options.ts';
import { Wire } from '../server/wire.ts';

describe('resolveClientOptions', () => {
  it('V111: fills in the defaults', () => {
    const defaults = {
      subprotocols: [],
      headers: [],
      origin: undefined,
      handshakeTimeout: 10_000,
      maxHeaderSize: 16_384,
      maxHeaderCount: 128,
      tls: {},
      socketPath: undefined,
      localAddress: undefined,
      localPort: undefined,
      family: undefined,
      lookup: undefined,
      signal: undefined,
      createConnection: undefined,
      autoSelectFamilyAttemptTimeout: 1000,
      proxy: undefined,
      proxyTls: {},
      agent: undefined,
      maxRedirects: 0,
      onUnauthorized: undefined,
    };

    assert.deepEqual(resolveClientOptions(), defaults);
    assert.deepEqual(resolveClientOptions({ headers: undefined, tls: undefined, family: undefined }), defaults);
  });

  it('takes every option, copies and freezes', () => {
    const { signal } = new AbortController();
    const createConnection = (): Wire => new Wire();
    const tls = { ca: 'x' };
    const own = {
      origin: 'http://a',
      handshakeTimeout: 1,
      maxHeaderSize: 2,
      maxHeaderCount: 3,
      family: 6,
      lookup,
    } as const;
    const rest = { autoSelectFamilyAttemptTimeout: 5, maxRedirects: 7, onUnauthorized: () => 'x' };
    const places = { socketPath: undefined, localAddress: '127.0.0.1', localPort: 4, signal, createConnection };

    const resolved = resolveClientOptions({
      ...own,
      ...rest,
      ...places,
      tls,
      subprotocols: ['a'],
      headers: { A: ['1', '2'] },
    });
    tls.ca = 'y';

    const headers = [
      ['A', '1'],
      ['A', '2'],
    ];
    const way = { ...rest, autoSelectFamilyAttemptTimeout: 10, proxy: undefined, proxyTls: {}, agent: undefined };
    assert.deepEqual(resolved, { ...own, ...way, ...places, tls: { ca: 'x' }, subprotocols: ['a'], headers });
    for (const part of [resolved, resolved.tls, resolved.subprotocols, resolved.headers])
      assert.ok(Object.isFrozen(part));
  });

  it('leaves options that are not its own alone', () => {
    const options = { maxMessageSize: -1, origin: 'a' };

    assert.equal(resolveClientOptions(options).origin, 'a');
  });

  const invalid: [options: object, message: RegExp][] = [
    [{ proxy: 'http://a', socketPath: '/s' }, /at most one of the options proxy and socketPath/],
    [{ proxy: 'ftp://u:secret@a' }, /option proxy is "ftp:\/\/a", expected a URL/],
    [{ agent: {} }, /option agent is an object/],
    [{ maxRedirects: -1 }, /option maxRedirects is -1/],
    [{ onUnauthorized: 'x' }, /option onUnauthorized is "x"/],
    [{ proxyTls: 1 }, /option proxyTls is 1/],
    [{ autoSelectFamilyAttemptTimeout: '1' }, /option autoSelectFamilyAttemptTimeout/],
    [{ subprotocols: 'a' }, /option subprotocols is "a", expected a list/],
    [{ subprotocols: ['a', 'a'] }, /option subprotocols has "a", expected each once/],
    [{ headers: { Host: 'a' } }, /header Host cannot be set/],
    [{ headers: { 'X-A': 'a\r\nb' } }, /header X-A is/],
    [{ origin: 'a\nb' }, /option origin is/],
    [{ handshakeTimeout: -1 }, /option handshakeTimeout is -1/],
    [{ maxHeaderSize: 1.5 }, /option maxHeaderSize is 1.5/],
    [{ maxHeaderCount: '1' }, /option maxHeaderCount is "1"/],
    [{ socketPath: '' }, /option socketPath is ""/],
    [{ localAddress: 1 }, /option localAddress is 1/],
    [{ localPort: -1 }, /option localPort is -1/],
    [{ family: 5 }, /option family is 5, expected 0, 4 or 6/],
    [{ lookup: 'a' }, /option lookup is "a", expected a function/],
    [{ signal: {} }, /option signal is an object, expected an AbortSignal/],
    [{ createConnection: 1 }, /option createConnection is 1, expected a function/],
  ];
  for (const [options, message] of invalid) {
    it(`refuses ${inspect(options)}`, () => {
      assert.throws(() => resolveClientOptions(options), { name: 'LocalUsageError', message });
    });
  }
});
