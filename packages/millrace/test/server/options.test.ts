import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';

describe('resolveServerOptions', () => {
  it('V111: fills in the defaults', () => {
    const { statusPage, ...resolved } = resolveServerOptions({ port: 9000 });
    assert.match(statusPage === false ? '' : statusPage.html, /^<!doctype html>/);
    assert.deepEqual(resolved, {
      place: {
        kind: 'listen',
        options: { port: 9000, backlog: 511, exclusive: false, ipv6Only: false },
      },
      proxyProtocol: false,
      readyPath: undefined,
      livePath: undefined,
      path: undefined,
      tls: undefined,
      subprotocols: [],
      headers: [],
      allowedOrigins: 'same-origin',
      allowedHosts: undefined,
      trustedProxies: undefined,
      onRefused: undefined,
      handshakeTimeout: 10_000,
      maxConnections: Infinity,
      maxConnectionsPerAddress: Infinity,
      maxPendingHandshakes: 1000,
      maxTotalBuffered: Infinity,
      maxLoopDelay: Infinity,
      maxHeaderSize: 16_384,
      maxHeaderCount: 128,
    });
  });

  it('takes undefined for the default', () => {
    const options = {
      port: 1,
      host: undefined,
      headers: undefined,
      maxConnections: undefined,
      allowedOrigins: undefined,
    };

    assert.deepEqual(resolveServerOptions(options), resolveServerOptions({ port: 1 }));
  });

  it('freezes the result, and copies what is in it', () => {
    const subprotocols = ['a'];
    const tls = { cert: 'x' };

    const resolved = resolveServerOptions({
      port: 0,
      subprotocols,
      tls,
      headers: { A: '1' },
      allowedOrigins: ['null'],
    });
    subprotocols.push('b');
    tls.cert = 'y';

    assert.deepEqual(resolved.subprotocols, ['a']);
    assert.deepEqual(resolved.tls, { cert: 'x' });
    const parts: unknown[] = Object.values(resolved);
    for (const part of [resolved, ...parts]) assert.ok(Object.isFrozen(part));
  });

  it('leaves options that are not its own alone', () => {
    const options = { port: 1, maxMessageSize: -1, path: '/a' };

    assert.equal(resolveServerOptions(options).path, '/a');
  });

  const server = createServer();
  const SHARING = { backlog: 511, exclusive: false, ipv6Only: false };
  const { signal } = new AbortController();
  const places: [name: string, options: ServerOptions, place: object][] = [
    [
      'a port',
      { port: 0, host: '::1', backlog: 5 },
      { kind: 'listen', options: { ...SHARING, port: 0, host: '::1', backlog: 5 } },
    ],
    ['a Unix domain socket', { socketPath: '/tmp/x' }, { kind: 'listen', options: { ...SHARING, path: '/tmp/x' } }],
    ['a file descriptor', { fd: 3 }, { kind: 'listen', options: { ...SHARING, fd: 3 } }],
    [
      'a port of its own',
      { port: 1, exclusive: true, ipv6Only: true, signal },
      { kind: 'listen', options: { ...SHARING, port: 1, exclusive: true, ipv6Only: true, signal } },
    ],
    ['another server', { server }, { kind: 'server', server }],
  ];
  for (const [name, options, place] of places) {
    it(`listens on ${name}`, () => {
      assert.deepEqual(resolveServerOptions(options).place, place);
    });
  }

  const invalid: [name: string, options: object, message: RegExp][] = [
    ['no place', {}, /exactly one of the options port, socketPath, fd and server/],
    ['two places', { port: 1, socketPath: '/x' }, /exactly one/],
    ['three places', { port: 1, socketPath: '/x', server }, /exactly one/],
    ['a host without a port', { socketPath: '/x', host: 'a' }, /option host is "a"/],
    ['TLS on the server of somebody else', { server, tls: {} }, /option tls is an object/],
    ['a port', { port: 65_536 }, /option port is 65536, expected an integer from 0 to 65535/],
    ['a file descriptor', { fd: -1 }, /option fd is -1/],
    ['a socket of systemd that is not there', { fd: 'systemd' }, /option fd is "systemd", expected it only where/],
    ['a switch', { port: 1, exclusive: 1 }, /option exclusive is 1/],
    ['a signal', { port: 1, signal: {} }, /option signal is an object/],
    ['proxies', { port: 1, trustedProxies: { from: ['x'] } }, /option trustedProxies.from is "x"/],
    ['the hops of proxies', { port: 1, trustedProxies: { from: [], hops: -1 } }, /trustedProxies.hops is -1/],
    [
      'hops alone',
      { port: 1, trustedProxies: { hops: 1 } },
      /option trustedProxies.from is undefined, expected a list/,
    ],
    ['headers of proxies', { port: 1, trustedProxies: { from: [], headers: 'x' } }, /trustedProxies.headers is "x"/],
    ['fields of proxies', { port: 1, trustedProxies: { from: [], fields: ['by'] } }, /trustedProxies.fields is "by"/],
    [
      'a name that is none',
      { port: 1, trustedProxies: { from: [], hop: 1 } },
      /trustedProxies has no option "hop"; did you mean "hops"/,
    ],
    ['a health path on the server of somebody else', { server, readyPath: '/' }, /option readyPath is "\/"/],
    ['a port that is text', { port: '80' }, /option port is "80"/],
    ['a host', { port: 1, host: '' }, /option host is ""/],
    ['a socket path', { socketPath: 'a\0' }, /option socketPath/],
    ['a backlog', { port: 1, backlog: -1 }, /option backlog is -1/],
    ['a path without a slash', { port: 1, path: 'chat' }, /option path is "chat", expected a path/],
    ['a path with a query', { port: 1, path: '/chat?x' }, /option path/],
    ['V010: a path with a line break', { port: 1, path: '/\r\n' }, /option path is "\/\\r\\n"/],
    ['a path with a pattern in it', { port: 1, path: '/rooms/:id' }, /RegExp/],
    ['hosts', { port: 1, allowedHosts: ['http://a'] }, /option allowedHosts has "http:\/\/a"/],
    ['a callback', { port: 1, onRefused: 1 }, /option onRefused is 1/],
    ['a server of HTTP/2', { server: createHttp2Server() }, /HTTP\/2/],
    ['a server that is none', { server: {} }, /option server is an object/],
    ['a path that is no text', { port: 1, path: 1 }, /option path is 1/],
    ['subprotocols', { port: 1, subprotocols: ['a b'] }, /option subprotocols has "a b"/],
    ['headers', { port: 1, headers: { 'X-A': 'a\nb' } }, /header X-A is "a\\nb"/],
    ['headers of the handshake', { port: 1, headers: { Upgrade: 'x' } }, /header Upgrade cannot be set/],
    ['origins', { port: 1, allowedOrigins: ['a.com'] }, /option allowedOrigins has "a\.com"/],
    ...['handshakeTimeout', 'maxConnections', 'maxPendingHandshakes', 'maxHeaderSize', 'maxHeaderCount'].map(
      (option): [string, object, RegExp] => [
        option,
        { port: 1, [option]: -1 },
        new RegExp(`option ${option} is -1, expected a non-negative integer or Infinity`),
      ],
    ),
  ];
  for (const [name, options, message] of invalid) {
    it(`refuses ${name} such as ${inspect(options, { depth: 0 })}`, () => {
      assert.throws(() => resolveServerOptions(options), { name: 'LocalUsageError', message });
    });
  }
});
