import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerOptions as HttpOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import { createServer, Socket } from 'node:net';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { Duplex } from 'node:stream';

import { explain, TransportError } from '../protocol/base/errors.ts';
import { refusal } from '../protocol/handshake/rules/refusal.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { HandshakeHandler } from './handshake-handler.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { formatUrl } from './listener.ts';
import type { Listener } from './listener.ts';
import type { ListeningPlace, ResolvedServerOptions } from './options.ts';
import type { PendingHandshake } from './pending-handshake.ts';

/** A handshake whose request is still to come, and who takes it. */
interface PendingRequest {
  readonly pending: PendingHandshake;
  readonly exchange: Http1Exchange;
}

/**
 * A server of its own, for nothing but WebSocket connections.
 *
 * The sockets come from a listener of `node:net`, so that the clock runs and limits hold before a byte is parsed; HTTP (and
 * TLS) is done by a server of `node:http` that does not listen itself.
 */
export class HandshakeServer<Context> implements Listener {
  readonly #options: ResolvedServerOptions;
  readonly #gate: HandshakeGate<Context>;
  readonly #http: HttpServer | HttpsServer;
  readonly #server: Server;
  readonly #pending = new WeakMap<Duplex, PendingRequest>();
  /** Handshakes of TLS connections that are not there yet, by both ends' addresses. */
  readonly #unsecured = new Map<string, PendingHandshake>();

  constructor(options: ResolvedServerOptions, handler: HandshakeHandler<Context>) {
    this.#options = options;
    this.#gate = new HandshakeGate(options, handler);
    this.#http = this.#createHttpServer();
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.handleConnection(socket));
  }

  get address(): AddressInfo | string | undefined {
    return this.#server.address() ?? undefined;
  }

  get url(): string {
    const { path, tls } = this.#options;
    return formatUrl(this.address, tls !== undefined, typeof path === 'string' ? path : undefined);
  }

  get connections(): number {
    return this.#gate.connections;
  }

  /**
   * Starts to listen.
   *
   * @throws {TransportError} the place cannot be had: in use, not permitted, no such address
   */
  async listen(place: Exclude<ListeningPlace, { kind: 'server' }>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: Error): void => reject(new TransportError(`cannot listen: ${explain(cause)}`, { cause }));
      this.#server.once('error', onError);
      this.#server.listen(listenOptions(place), () => {
        this.#server.off('error', onError);
        this.#server.on('error', (error) => this.#gate.report(error));
        resolve();
      });
    });
  }

  /** Takes a connection that was accepted here, or comes from anywhere else: a tunnel, a test. */
  handleConnection(socket: Duplex): void {
    if (this.#options.tls === undefined) {
      const exchange = new Http1Exchange(socket);
      const pending = this.#gate.begin(socket, exchange);
      if (pending === undefined) return;
      this.#pending.set(socket, { pending, exchange });
    } else if (!this.#beginTls(socket)) {
      return;
    }
    this.#http.emit('connection', socket);
  }

  close(): Promise<void> {
    this.#server.close();
    this.#gate.close();
    return Promise.resolve();
  }

  /** Puts the clock on a connection before it has TLS. Without addresses to find it again by, it starts with TLS. */
  #beginTls(socket: Duplex): boolean {
    const addresses = addressesOf(socket);
    if (addresses === undefined) return true;
    const pending = this.#gate.begin(socket, undefined);
    if (pending === undefined) return false;
    this.#unsecured.set(addresses, pending);
    socket.once('close', () => {
      if (this.#unsecured.get(addresses) === pending) this.#unsecured.delete(addresses);
    });
    return true;
  }

  readonly #onSecure = (socket: Duplex): void => {
    socket.on('error', () => undefined);
    const addresses = addressesOf(socket);
    const exchange = new Http1Exchange(socket);
    const pending = addresses === undefined ? this.#gate.begin(socket, exchange) : this.#unsecured.get(addresses);
    if (addresses !== undefined) this.#unsecured.delete(addresses);
    if (pending === undefined) {
      // Without addresses it has been answered; with them, nobody knows when it began: its peer is gone.
      if (addresses !== undefined) socket.destroy();
      return;
    }
    pending.secured(socket, exchange);
    this.#pending.set(socket, { pending, exchange });
  };

  readonly #onUpgrade = (message: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    const found = this.#pending.get(socket);
    // HTTP has nothing more to say about this socket.
    this.#pending.delete(socket);
    if (found === undefined) {
      socket.destroy();
      return;
    }
    if (found.pending.stage === 'receiving') found.exchange.receive({ message, head });
    this.#gate.answer(found.pending);
  };

  readonly #onRequest = (message: IncomingMessage): void => {
    const found = this.#pending.get(message.socket);
    if (found === undefined) {
      message.socket.destroy();
      return;
    }
    if (found.pending.stage !== 'receiving') return;
    message.resume();
    found.exchange.receive({ message });
    this.#gate.answerPlain(found.pending);
  };

  readonly #onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    const pending = this.#pending.get(socket)?.pending;
    const answer = answerTo(error.code);
    if (pending === undefined || answer === undefined) socket.destroy();
    else if (pending.stage === 'receiving') this.#gate.refuse(pending, answer);
  };

  #createHttpServer(): HttpServer | HttpsServer {
    const { tls, maxHeaderSize, maxHeaderCount, handshakeTimeout } = this.#options;
    const limits: HttpOptions = {
      maxHeaderSize: Math.min(maxHeaderSize, Number.MAX_SAFE_INTEGER),
      insecureHTTPParser: false,
      // The host is judged by us, for upgrades too; the clock is ours.
      requireHostHeader: false,
      headersTimeout: 0,
      requestTimeout: 0,
    };
    const server =
      tls === undefined
        ? createHttpServer(limits)
        : createHttpsServer({ ...tls, ...limits, handshakeTimeout: Math.min(handshakeTimeout, MAX_TIMEOUT) });
    // One line more than allowed is enough to know that there are too many; 0 is no limit.
    server.maxHeadersCount = maxHeaderCount < 100_000 ? maxHeaderCount + 1 : 0;
    server.on('secureConnection', this.#onSecure);
    server.on('upgrade', this.#onUpgrade);
    server.on('request', this.#onRequest);
    server.on('checkContinue', this.#onRequest);
    server.on('checkExpectation', this.#onRequest);
    server.on('clientError', this.#onClientError);
    return server;
  }
}

function answerTo(code: string | undefined): Error | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return refusal(431, 'the request head exceeds maxHeaderSize');
  return code?.startsWith('HPE_') === true ? refusal(400, 'this is not HTTP/1.1') : undefined;
}

function listenOptions(place: Exclude<ListeningPlace, { kind: 'server' }>): ListenOptions {
  const { backlog } = place;
  if (place.kind === 'socket') return { path: place.socketPath, backlog };
  return place.host === undefined ? { port: place.port, backlog } : { port: place.port, host: place.host, backlog };
}

/** Both ends' addresses, which no other connection has at the same time; `undefined` where there are none. */
function addressesOf(socket: Duplex): string | undefined {
  if (!(socket instanceof Socket) || socket.remotePort === undefined) return undefined;
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
