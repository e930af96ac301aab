import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import { dial } from '../../src/client/dial.ts';
import type { EstablishedHandshake } from '../../src/client/dial.ts';
import { resolveClientOptions } from '../../src/client/options.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { HandshakeError, TransportError } from '../../src/protocol/base/errors.ts';
import { acceptInput } from '../../src/protocol/handshake/http1/response.ts';
import { cutsOfHead } from '../helpers/cuts.ts';
import { chunksBetween } from '../helpers/splits.ts';
import { Wire } from '../server/wire.ts';

/** Stands in a response for the accept value that belongs to the key of the request. */
const ACCEPT = '<<<<<<<<<<<<<<<accept>>>>>>>';

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

function responseText(headers: Fields = {}, start = 'HTTP/1.1 101 Switching Protocols'): string {
  const all: Fields = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': ACCEPT, ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `${start}\r\n${lines.join('')}\r\n`;
}

/** Dials over a wire, and waits for the request. */
async function begin(
  options: ClientOptions = {},
  extensions?: string,
  url = 'ws://server.example.com/chat',
): Promise<{ wire: Wire; established: Promise<EstablishedHandshake>; request: string; accept: string }> {
  const wire = new Wire();
  const established = dial(url, resolveClientOptions({ ...options, createConnection: () => wire }), extensions);
  established.catch(() => undefined);
  await wire.wrote('\r\n\r\n');
  const key = /Sec-WebSocket-Key: (.*)\r/.exec(wire.written)?.[1] ?? '';
  const accept = createHash('sha1').update(acceptInput(key)).digest('base64');
  return { wire, established, request: wire.written, accept };
}

const OPTIONS = { subprotocols: ['a', 'b'] };
const EXTENSIONS = 'foo, permessage-deflate; client_max_window_bits';

/** What the client makes of a response that arrives in `cut` pieces. */
async function judge(cut: (bytes: Uint8Array) => Uint8Array[], response: string, end: boolean): Promise<unknown> {
  const { wire, established, accept } = await begin(OPTIONS, EXTENSIONS);
  wire.feed(...cut(Buffer.from(response.replaceAll(ACCEPT, accept), 'latin1')));
  if (end) wire.push(null);
  const outcome = await established.catch((error: unknown) => error);
  if (outcome instanceof Error) await wire.gone();
  else await wire.discard();
  return outcome;
}

/** Every way to cut a response: see {@link cutsOfHead}. The accept value that is put in later is as long as what stands for it. */
function waysToCut(text: string): ((bytes: Uint8Array) => Uint8Array[])[] {
  return [...cutsOfHead(text)].map((chunks) => {
    const ends = chunks.map(({ length }) => length).slice(0, -1);
    const places = ends.map((_, index) => ends.slice(0, index + 1).reduce((sum, length) => sum + length, 0));
    return (bytes) => chunksBetween(bytes, places);
  });
}

const ACCEPTED: [name: string, response: string, protocol?: string][] = [
  ['a response without more than it needs', responseText()],
  [
    'a response with everything',
    responseText({ 'Sec-WebSocket-Protocol': 'b', 'Sec-WebSocket-Extensions': 'foo; x' }),
    'b',
  ],
  [
    'interim responses before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${responseText()}`,
  ],
];

const MANY = Array.from({ length: 2100 }, (_, n) => `a${String(n)}: \r\n`).join('');

// A response whose end is that of the connection has `true` for `ends`.
const REFUSED: [name: string, response: string, status?: number, ends?: boolean][] = [
  ['V016: an Accept for another key', responseText({ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }), 101],
  ['V016: Accept twice', responseText({ 'Sec-WebSocket-Accept': [ACCEPT, ACCEPT] }), 101],
  ['no Accept', responseText({ 'Sec-WebSocket-Accept': undefined }), 101],
  ['no Upgrade', responseText({ Upgrade: undefined }), 101],
  ['no Connection', responseText({ Connection: undefined }), 101],
  ['Upgrade: h2c', responseText({ Upgrade: 'h2c' }), 101],
  ['Upgrade: websocket, h2c', responseText({ Upgrade: 'websocket, h2c' }), 101],
  ['V019: a subprotocol that was not offered', responseText({ 'Sec-WebSocket-Protocol': 'c' }), 101],
  ['two subprotocols', responseText({ 'Sec-WebSocket-Protocol': 'a, b' }), 101],
  ['V018: a byte over 0x7F in the subprotocol', responseText({ 'Sec-WebSocket-Protocol': '\x80' }), 101],
  ['an extension that was not offered', responseText({ 'Sec-WebSocket-Extensions': 'bar' }), 101],
  [
    'permessage-deflate twice',
    responseText({ 'Sec-WebSocket-Extensions': 'permessage-deflate, permessage-deflate' }),
    101,
  ],
  ['HTTP/1.0 101', responseText({}, 'HTTP/1.0 101 Switching Protocols'), 101],
  ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', 200],
  ['200 with an upgrade', `${responseText({ 'Content-Length': '4' }, 'HTTP/1.1 200 OK')}body`, 200],
  ['302', 'HTTP/1.1 302 Found\r\nLocation: ws://evil/\r\nContent-Length: 0\r\n\r\n', 302],
  ['401 with a body until the end', 'HTTP/1.1 401 Unauthorized\r\n\r\nbody', 401, true],
  [
    '404 with a chunked body',
    'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
    404,
  ],
  ['502 with a body that breaks off', 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nbody', 502, true],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
  ['a header of 100 KB', responseText({ 'X-A': 'x'.repeat(100_000) })],
  ['V004: 2100 headers', responseText().replace('Upgrade', `${MANY}Upgrade`), 101],
  ['V004: 2100 headers behind Upgrade', `${responseText().slice(0, -2)}${MANY}\r\n`, 101],
  ['interim responses without end', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'.repeat(11)],
  ['line feeds only', responseText().replaceAll('\r\n', '\n')],
  ['a space before a colon', responseText().replace('Upgrade:', 'Upgrade :')],
  ['NUL in a value', responseText({ 'X-A': 'a\0' })],
  ['something that is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x16'],
];

describe('dial', () => {
  for (const [name, response, protocol] of ACCEPTED) {
    it(`accepts ${name}, however it is cut`, async () => {
      for (const cut of waysToCut(response)) {
        const established = (await judge(cut, response, false)) as EstablishedHandshake;

        assert.equal(established.response.subprotocol, protocol);
      }
    });
  }

  for (const [name, response, status, ends = false] of REFUSED) {
    it(`refuses ${name}, however it is cut`, async () => {
      for (const cut of waysToCut(response)) {
        const error = await judge(cut, response, ends);

        assert.ok(error instanceof HandshakeError, String(error));
        assert.equal(error.status, status);
        assert.equal(error.body, response.endsWith('body') || response.includes('\r\nbody\r\n') ? 'body' : '');
      }
    });
  }

  it('sends the request of RFC 6455 §1.3', async () => {
    const { wire, request } = await begin({ subprotocols: ['chat', 'superchat'], origin: 'http://example.com' });

    assert.equal(
      request.replace(/(?<=Key: ).*(?=\r)/, 'KEY'),
      'GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: KEY\r\nSec-WebSocket-Version: 13\r\nOrigin: http://example.com\r\n' +
        'Sec-WebSocket-Protocol: chat, superchat\r\n\r\n',
    );
    assert.match(request, /Key: [A-Za-z0-9+/]{21}[AQgw]==\r/);
    await wire.discard();
  });

  it('sends extensions, credentials and headers', async () => {
    const options = { headers: { 'X-A': ['1', 'caf\u00e9'] } };
    const { wire, request } = await begin(options, 'foo; x', 'ws://user:pass@a:81/p?q');

    assert.match(request, /^GET \/p\?q HTTP\/1\.1\r\nHost: a:81\r\n/);
    assert.match(
      request,
      /\r\nSec-WebSocket-Extensions: foo; x\r\nAuthorization: Basic dXNlcjpwYXNz\r\nX-A: 1\r\nX-A: caf\u00e9\r\n\r\n$/,
    );
    await wire.discard();
  });

  it('V007: writes as many lines as it means to, or throws, whatever it is given', async () => {
    for (const text of ['x\r\nX-Inj: 1', 'x\n', 'x\r', '\0', '\u010d\u010a', '\r\n\r\n']) {
      const attempts: [ClientOptions, string | undefined, string][] = [
        [{ headers: { 'X-A': text } }, undefined, 'ws://a/'],
        [{ headers: [[text, 'x']] }, undefined, 'ws://a/'],
        [{ subprotocols: [text] }, undefined, 'ws://a/'],
        [{ origin: text }, undefined, 'ws://a/'],
        [{}, text, 'ws://a/'],
        [{}, undefined, `ws://a/${text}`],
        [{}, undefined, `ws://a/?${text}`],
        [{}, undefined, `ws://${text}@a/`],
        [{}, undefined, `ws://a${text}/`],
      ];
      for (const [options, extensions, url] of attempts) {
        const wire = new Wire();
        try {
          const resolved = resolveClientOptions({ ...options, createConnection: () => wire });
          dial(url, resolved, extensions).catch(() => undefined);
        } catch (error) {
          assert.equal((error as Error).name, 'LocalUsageError');
        }
        await new Promise(setImmediate);
        const { length } = wire.written.split(/\r\n|\r|\n/);
        assert.ok(wire.written === '' || length === (wire.written.includes('Authorization') ? 9 : 8), wire.written);
        await wire.discard();
      }
    }
  });

  it('hands on the bytes behind the response, however they are cut', async () => {
    const frames = '\x81\x02ok\x89\x00';
    for (const cut of waysToCut(responseText() + frames)) {
      const { wire, established, accept } = await begin();
      wire.feed(...cut(Buffer.from(responseText().replace(ACCEPT, accept) + frames, 'latin1')));
      const { socket, head, response, url } = await established;

      assert.equal(socket, wire);
      assert.deepEqual([head.constructor, head.buffer.byteLength], [Uint8Array, head.length]);
      assert.equal(url, 'ws://server.example.com/chat');
      assert.equal(response.headers['sec-websocket-accept'], accept);
      let received = Buffer.from(head).toString('latin1');
      wire.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      wire.push(null);
      await once(wire, 'end');
      assert.equal(received, frames);
      await wire.discard();
    }
  });

  it('V023: ends a header line without end at the limit, a byte at a time', async () => {
    const { wire, established } = await begin({ maxHeaderSize: 2000 });
    wire.feed('HTTP/1.1 101 Switching Protocols\r\nX-A: ');

    let fed = 0;
    while (!wire.destroyed) {
      wire.feed('x');
      if (++fed % 100 === 0) await new Promise(setImmediate);
    }

    assert.ok(fed <= 2100);
    await assert.rejects(established, { name: 'HandshakeError', message: /maxHeaderSize/ });
  });

  it('V025: counts the head only, not what is behind it in the same packet', async () => {
    for (const cut of [0, 1, 15_000]) {
      const { wire, established, accept } = await begin();
      const head = responseText({ 'X-A': 'x'.repeat(15_000) }).replace(ACCEPT, accept);
      const bytes = Buffer.from(head + '\x82'.repeat(20_000), 'latin1');
      wire.feed(bytes.subarray(0, cut), bytes.subarray(cut));

      assert.ok((await established).head.length <= 20_000);
      await wire.discard();
    }
  });

  it('gives status, headers and body of a refusal, and does not follow redirects', async () => {
    const { wire, established } = await begin();
    wire.feed('HTTP/1.1 302 Found\r\nLocation: ws://evil/\r\nContent-Length: 5\r\n\r\nthere');

    const error = await established.catch((reason: unknown) => reason);

    assert.ok(error instanceof HandshakeError);
    assert.deepEqual([error.status, error.headers['location'], error.body], [302, 'ws://evil/', 'there']);
    assert.ok(wire.destroyed);
  });

  it('V013: takes what comes behind 101 for frames, whatever body it announces, and warns once', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error & { code?: string }): void => void warnings.push(warning.code ?? '');
    process.on('warning', onWarning);
    for (const fields of [{ 'Content-Length': '3' }, { 'Transfer-Encoding': 'chunked' }]) {
      const { wire, established, accept } = await begin();

      wire.feed(`${responseText(fields).replace(ACCEPT, accept)}abc`);

      assert.equal(Buffer.from((await established).head).toString(), 'abc');
      await wire.discard();
    }
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    assert.deepEqual(warnings.filter((code) => code === 'MILLRACE_SWITCHED_WITH_BODY').length, 1);
  });

  it('keeps 64 KiB of a huge body', async () => {
    const { wire, established } = await begin();
    wire.feed('HTTP/1.1 401 Unauthorized\r\nContent-Length: 100000000\r\n\r\n');
    let fed = 0;
    while (!wire.destroyed) {
      fed += wire.feed('x'.repeat(50_000));
      await new Promise(setImmediate);
    }

    assert.equal(fed, 100_000);
    const error = await established.catch((reason: unknown) => reason);

    assert.ok(error instanceof HandshakeError);
    assert.equal(error.body, 'x'.repeat(65_536));
  });

  for (const [name, text] of [
    ['before the response', ''],
    ['inside the response', 'HTTP/1.1 101 Sw'],
  ] as const) {
    it(`fails where the connection is lost ${name}`, async () => {
      for (const lose of [(wire: Wire) => wire.push(null), (wire: Wire) => wire.destroy(new Error('ECONNRESET'))]) {
        const { wire, established } = await begin();
        wire.feed(text);
        await new Promise(setImmediate);
        lose(wire);

        const error = await established.catch((reason: unknown) => reason);

        assert.ok(error instanceof TransportError || error instanceof HandshakeError);
        assert.ok(error.cause instanceof Error);
        await wire.gone();
      }
    });
  }

  it('survives a reset right behind the response', async () => {
    const { wire, established, accept } = await begin();
    wire.feed(responseText().replace(ACCEPT, accept));
    await established;

    wire.destroy(new Error('ECONNRESET'));

    await wire.gone();
  });

  it('V026: has one absolute deadline, however the response drips', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { wire, established, accept } = await begin({ handshakeTimeout: 5000 });
    const response = responseText({ 'X-A': 'x'.repeat(200) }).replace(ACCEPT, accept);

    for (let at = 0; at < 49; at++) {
      wire.feed(response.slice(at, at + 1));
      await new Promise(setImmediate);
      t.mock.timers.tick(100);
    }
    assert.equal(wire.destroyed, false);
    t.mock.timers.tick(100);

    await assert.rejects(established, { name: 'HandshakeError', message: /handshakeTimeout, 5000 ms/ });
    await wire.gone();
  });

  it('gives what it has of a refusal whose body drips when the deadline comes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { wire, established } = await begin({ handshakeTimeout: 5000 });
    wire.feed('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nso far');
    await new Promise(setImmediate);

    t.mock.timers.tick(5000);

    await assert.rejects(established, { name: 'HandshakeError', status: 503, body: 'so far' });
    await wire.gone();
  });

  it('lets go of clock and signal once it is established', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const controller = new AbortController();
    const { wire, established, accept } = await begin({ signal: controller.signal });
    wire.feed(responseText().replace(ACCEPT, accept));
    await established;

    t.mock.timers.tick(1_000_000);
    controller.abort();

    assert.equal(wire.destroyed, false);
    await wire.discard();
  });

  it('ends when its signal is aborted', async () => {
    const controller = new AbortController();
    const { wire, established } = await begin({ signal: controller.signal });
    const reason = new Error('mine');

    controller.abort(reason);

    await assert.rejects(established, reason);
    await wire.gone();
  });

  it('ends when its signal is aborted before anything could happen', async () => {
    const controller = new AbortController();
    const wire = new Wire();
    const options = resolveClientOptions({ signal: controller.signal, createConnection: () => wire });
    const established = dial('ws://a', options);

    controller.abort();

    await assert.rejects(established, { name: 'AbortError' });
    await wire.gone();
  });

  it('does not begin when its signal is aborted already', async () => {
    const options = { signal: AbortSignal.abort('mine'), createConnection: () => assert.fail('begun') };

    await assert.rejects(dial('ws://a', resolveClientOptions(options)), (reason) => reason === 'mine');
  });

  it('fails where there is no transport', async () => {
    const cause = new Error('mine');
    const thrower = (): never => {
      throw cause;
    };
    const destroyed = new Wire();
    await destroyed.discard();

    await assert.rejects(dial('ws://a', resolveClientOptions({ createConnection: thrower })), {
      name: 'TransportError',
      cause,
    });
    await assert.rejects(dial('ws://a', resolveClientOptions({ createConnection: () => destroyed })), TransportError);
  });

  it('accepts as many header lines as maxHeaderCount says, and no more', async () => {
    for (const [maxHeaderCount, accepted] of [
      [3, true],
      [2, false],
    ] as const) {
      const { wire, established, accept } = await begin({ maxHeaderCount });
      wire.feed(responseText().replace(ACCEPT, accept));

      assert.equal(
        await established.then(
          () => true,
          () => false,
        ),
        accepted,
      );
      await wire.discard();
    }
  });

  it('has no limits where they are Infinity', async () => {
    const limits = { maxHeaderCount: Infinity, maxHeaderSize: Infinity, handshakeTimeout: Infinity };
    const { wire, established, accept } = await begin(limits);

    wire.feed(
      responseText({ 'X-A': 'x'.repeat(100_000) })
        .replace(ACCEPT, accept)
        .replace('Upgrade', `${MANY}Upgrade`),
    );

    await established;
    await wire.discard();
  });
});
