import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { it, type TestContext } from 'node:test';

import {
  WebSocketClientProtocol,
  WebSocketServerProtocol,
  type ClientFactoryOptions,
  type ServerFactoryOptions,
} from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { selfSignedCertificate, type Certificate } from '../helpers/certificate.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

interface Options {
  readonly server: Partial<ServerFactoryOptions>;
  readonly client: Partial<ClientFactoryOptions>;
}

async function listening(t: TestContext, server: HttpServer): Promise<HttpServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

const TRANSPORTS: [name: string, arrange: (t: TestContext, tls: Certificate) => Options | Promise<Options>][] = [
  ['TCP', () => ({ server: {}, client: {} })],
  ['TLS', (_t, tls) => ({ server: { tls }, client: { tls: { ca: tls.cert } } })],
  [
    'sockets of an HTTP server',
    async (t) => ({ server: { server: await listening(t, createHttpServer()) }, client: {} }),
  ],
  [
    'sockets of an HTTPS server',
    async (t, tls) => ({
      server: { server: await listening(t, createHttpsServer(tls)) },
      client: { tls: { ca: tls.cert } },
    }),
  ],
  [
    'TLS over a stream that is no socket',
    (_t, tls) => {
      const createConnection = (): Duplex => overTcp(Number(port()));
      return { server: { tls }, client: { createConnection, tls: { ca: tls.cert, servername: 'localhost' } } };
    },
  ],
];

/** Less than a TLS record of full length, in bytes. */
const RECORD = 16_000;

/** The port of the server that was started last. */
let port: () => number | undefined = () => undefined;

/** A stream over a TCP connection, which is no `net.Socket` itself. */
function overTcp(to: number): Duplex {
  const socket = connectTcp(to, '127.0.0.1');
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => {
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', (error) => stream.destroy(error));
  return stream;
}

const PAYLOADS = [0, 1, 126, 16_384, 65_536, 1_000_000, 2_000_000].map((size) => randomBytes(size, size + 1));

describeInBothWays('A connection', (reading) => {
  for (const [name, arrange] of TRANSPORTS) {
    it(`works over ${name}: messages both ways, a pause, and its end`, async (t) => {
      const tls = await selfSignedCertificate();
      const options = await arrange(t, tls);
      const closed = new Inbox<string>();
      const received = new Inbox<string | Uint8Array>();
      class Server extends WebSocketServerProtocol {
        override async onMessage(payload: string | Uint8Array): Promise<void> {
          // Receiving is paused, in the middle of what was read.
          await new Promise((resolve) => setImmediate(resolve));
          this.sendMessage(payload);
        }
        override onClose(wasClean: boolean, code: number): void {
          closed.put(`server ${String(wasClean)} ${String(code)}`);
        }
      }
      class Client extends WebSocketClientProtocol {
        override onMessage(payload: string | Uint8Array): void {
          received.put(payload);
        }
        override onClose(wasClean: boolean, code: number): void {
          closed.put(`client ${String(wasClean)} ${String(code)}`);
        }
      }
      const server = await startServer(t, Server, { ...reading, ...options.server });
      port = () => server.port;
      const client = await startClient(t, server.url, Client, { ...reading, ...options.client });
      for (const payload of PAYLOADS) client.sendMessage(payload);
      for (const payload of PAYLOADS) {
        const echoed = await received.take();
        assert.ok(typeof echoed !== 'string' && Buffer.compare(echoed, payload) === 0, String(payload.length));
      }
      client.sendClose(1000);

      assert.deepEqual((await closed.takeAll(2)).toSorted(), ['client true 1000', 'server true 1000']);
    });
  }

  it('takes what came right behind the handshake, over TLS, at both ends', async (t) => {
    const tls = await selfSignedCertificate();
    const received = new Inbox<string | Uint8Array>();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    const server = await startServer(t, Server, { ...reading, tls });
    const behind = frame({ byte0: 0x81, payload: hex('61'), key: '01 02 03 04' });
    await connectRaw(t, server.url, { certificate: tls, behind });
    assert.equal(await received.take(), 'a');

    const raw = await listenRaw(t, { certificate: tls, behind: frame({ byte0: 0x81, payload: hex('62') }) });
    await startClient(t, raw.url, Client, { ...reading, tls: { ca: tls.cert } });
    assert.equal(await received.take(), 'b');
  });

  it('can be the tunnel of another one, whose bytes come while its own are being read', async (t) => {
    const tls = await selfSignedCertificate();
    const inner = { received: new Inbox<string | Uint8Array>(), payload: randomBytes(40_000, 1) };
    class InnerServer extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        this.sendMessage(payload);
      }
    }
    class InnerClient extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        inner.received.put(payload);
      }
    }
    // A server that forwards raw bytes, and a client that is a stream of them.
    class Forwarder extends WebSocketServerProtocol {
      readonly #socket = connectTcp(innerServer.port ?? 0, '127.0.0.1');
      #held = Buffer.alloc(0);
      override onOpen(): void {
        this.#socket.on('error', () => undefined);
        this.#socket.on('data', (chunk) => {
          this.#held = Buffer.concat([this.#held, chunk]);
          if (this.#held.length < RECORD) this.#forward(this.#held.length);
          else if (this.#held.length > inner.payload.length) {
            // A TLS record but for its end, and when that has been read, its end with all that follows.
            this.#forward(RECORD);
            this.sendPing();
          }
        });
      }
      override onPong(): void {
        this.#forward(this.#held.length);
      }
      override onMessage(payload: string | Uint8Array): void {
        this.#socket.write(payload);
      }
      override onClose(): void {
        this.#socket.destroy();
      }
      #forward(size: number): void {
        for (let start = 0; start < size; start += 1000) {
          this.sendMessage(this.#held.subarray(start, Math.min(start + 1000, size)));
        }
        this.#held = this.#held.subarray(size);
      }
    }
    class Tunnel extends WebSocketClientProtocol {
      readonly stream = new Duplex({
        read: () => undefined,
        write: (chunk: Buffer, _encoding, done) => {
          this.sendMessage(chunk);
          done();
        },
      });
      override onMessage(payload: string | Uint8Array): void {
        this.stream.push(payload);
      }
    }
    const innerServer = await startServer(t, InnerServer, { ...reading, tls });
    const outerServer = await startServer(t, Forwarder, reading);
    const tunnel = await startClient(t, outerServer.url, Tunnel, reading);
    const createConnection = (): Duplex => tunnel.stream;
    const clientTls = { ca: tls.cert, servername: 'localhost' };
    const client = await startClient(t, innerServer.url, InnerClient, { ...reading, createConnection, tls: clientTls });

    for (let round = 0; round < 5; round++) {
      client.sendMessage(inner.payload);
      const echoed = await inner.received.take();
      assert.ok(typeof echoed !== 'string' && Buffer.compare(echoed, inner.payload) === 0);
    }
  });

  it('leaves plain requests to the HTTP server that it shares', async (t) => {
    const http = await listening(
      t,
      createHttpServer((_request, response) => response.end('page')),
    );
    const { port: at } = http.address() as AddressInfo;
    class Server extends WebSocketServerProtocol {}
    const server = await startServer(t, Server, { ...reading, server: http });
    await startClient(t, server.url, class extends WebSocketClientProtocol {}, reading);

    assert.equal(await (await fetch(`http://127.0.0.1:${String(at)}/`)).text(), 'page');
    assert.equal(server.connections.size, 1);
  });
});
