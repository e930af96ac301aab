import cluster from 'node:cluster';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerOptions as HttpOptions } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import { createServer, Socket } from 'node:net';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type TlsOptions } from 'node:tls';

import { explain, LocalUsageError, TransportError } from '../protocol/base/errors.ts';
import { isInRanges, parseIpAddress } from '../protocol/handshake/proxies/ip-address.ts';
import type { ProxiedSource } from '../protocol/handshake/proxies/proxy-header.ts';
import { refusal } from '../protocol/handshake/rules/refusal.ts';
import { latestRing } from '../transport/alarms.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { watchAccepting } from './accept-watch.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { HandshakeHandler } from './handshake-handler.ts';
import { formatSource, Http1Exchange } from './http1/http1-exchange.ts';
import { healthAnswer, presentRefusal } from './http1/plain-pages.ts';
import { takeProxyHeader } from './http1/proxy-protocol.ts';
import { formatUrl } from './listener.ts';
import type { Listener } from './listener.ts';
import type { ResolvedServerOptions } from './options.ts';
import type { PendingHandshake } from './pending-handshake.ts';

/** A handshake whose request is still to come, and who takes it. */
interface PendingRequest {
  readonly pending: PendingHandshake;
  readonly exchange: Http1Exchange;
}

/** A handshake that is still without TLS. */
interface UnsecuredHandshake {
  readonly pending: PendingHandshake;
  /** Whom a proxy has it from. */
  readonly source: ProxiedSource | undefined;
}

/** Handshakes above `maxPendingHandshakes` that are taken where there are health paths, which no limit holds for. */
const HEALTH_PATIENCE = 100;

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
  readonly #unsecured = new Map<string, UnsecuredHandshake>();
  /** Whether `readyPath` says that new connections are accepted. */
  #isReady = true;

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
  async listen(options: ListenOptions): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: Error): void => reject(new TransportError(`cannot listen: ${explain(cause)}`, { cause }));
      this.#server.once('error', onError);
      this.#server.listen(options, () => {
        this.#server.off('error', onError);
        watchAccepting(this.#server, (error) => this.#gate.report(error));
        resolve();
      });
    });
  }

  /**
   * Takes another certificate, for connections that are still to come.
   *
   * @throws {LocalUsageError} the server does not speak TLS, or key and certificate are wrong; nothing has changed then
   */
  setTls(tls: TlsOptions): void {
    const server = this.#http;
    if (!(server instanceof HttpsServer)) {
      throw new LocalUsageError('the server does not speak TLS; expected one with the option tls');
    }
    try {
      createSecureContext({ ...this.#options.tls, ...tls });
    } catch (cause) {
      throw new LocalUsageError(`the certificate cannot be used: ${explain(cause)}`, { cause });
    }
    const ticketKeys = tls.ticketKeys ?? server.getTicketKeys();
    server.setSecureContext({ ...this.#options.tls, ...tls });
    server.setTicketKeys(ticketKeys);
  }

  /** Takes a connection that was accepted here, or comes from anywhere else: a tunnel, a test. */
  handleConnection(socket: Duplex): void {
    const { tls, proxyProtocol } = this.#options;
    if (tls !== undefined && !proxyProtocol && addressesOf(socket) === undefined) {
      // Nobody could find it again when it has TLS: its clock starts then.
      this.#http.emit('connection', socket);
      return;
    }
    const exchange = tls === undefined && !proxyProtocol ? new Http1Exchange(socket) : undefined;
    const pending = this.#gate.begin(socket, exchange, this.#patience);
    if (pending === undefined) return;
    if (exchange !== undefined) this.#receive(socket, { pending, exchange });
    else if (proxyProtocol) this.#takeProxyHeader(socket, pending);
    else this.#secure(socket, pending, undefined);
  }

  /** Where others may listen on the same port, they take over. */
  get keepsPort(): boolean {
    const { place } = this.#options;
    const isShared = place.kind === 'listen' && ('reusePort' in place.options || 'fd' in place.options);
    return !isShared && !cluster.isWorker;
  }

  announceEnd(): void {
    this.#isReady = false;
  }

  refuseNew({ keepPort }: { readonly keepPort: boolean }): void {
    this.#isReady = false;
    if (!keepPort) this.#server.close();
    this.#gate.refuseNew();
  }

  unref(): void {
    this.#server.unref();
  }

  close(): Promise<void> {
    this.#isReady = false;
    this.#server.close();
    this.#gate.close();
    return Promise.resolve();
  }

  /** Handshakes above the limit that are taken for their requests may be for a health path. */
  get #patience(): number {
    return this.#options.readyPath === undefined && this.#options.livePath === undefined ? 0 : HEALTH_PATIENCE;
  }

  #receive(socket: Duplex, request: PendingRequest): void {
    this.#pending.set(socket, request);
    this.#http.emit('connection', socket);
  }

  #takeProxyHeader(socket: Duplex, pending: PendingHandshake): void {
    if (!this.#isProxy(socket)) {
      this.#gate.refuse(pending, refusal(400, 'it does not come from a trusted proxy'));
      return;
    }
    takeProxyHeader(socket, {
      onInvalid: () => this.#gate.refuse(pending, refusal(400, 'it does not begin with the PROXY protocol')),
      onHeader: ({ source }) => {
        if (source !== undefined) this.#gate.moveTo(pending, { address: source.address, peer: formatSource(source) });
        if (this.#options.tls !== undefined) {
          this.#secure(socket, pending, source);
          return;
        }
        const exchange = new Http1Exchange(socket, source);
        pending.secured(socket, exchange);
        this.#receive(socket, { pending, exchange });
        socket.resume();
      },
    });
  }

  #isProxy(socket: Duplex): boolean {
    const { trustedProxies } = this.#options;
    const address = socket instanceof Socket ? socket.remoteAddress : undefined;
    if (trustedProxies === undefined) return false;
    if (address === undefined) return trustedProxies.trustsUnix;
    const parsed = parseIpAddress(address);
    return parsed !== undefined && isInRanges(parsed, trustedProxies.ranges);
  }

  /** Puts TLS on a connection, and finds it again by its addresses when that is done. */
  #secure(socket: Duplex, pending: PendingHandshake, source: ProxiedSource | undefined): void {
    const addresses = addressesOf(socket) ?? '';
    const unsecured = { pending, source };
    this.#unsecured.set(addresses, unsecured);
    socket.once('close', () => {
      if (this.#unsecured.get(addresses) === unsecured) this.#unsecured.delete(addresses);
    });
    this.#http.emit('connection', socket);
  }

  readonly #onSecure = (socket: Duplex): void => {
    socket.on('error', () => undefined);
    const addresses = addressesOf(socket);
    const found = addresses === undefined ? undefined : this.#unsecured.get(addresses);
    if (addresses !== undefined) this.#unsecured.delete(addresses);
    const exchange = new Http1Exchange(socket, found?.source);
    const pending = addresses === undefined ? this.#gate.begin(socket, exchange, this.#patience) : found?.pending;
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
    const health = healthAnswer(message, this.#options, this.#isReady);
    if (health !== undefined) this.#gate.answerOther(found.pending, health);
    else this.#gate.answerPlain(found.pending, (error) => presentRefusal(error, message, this.#options.statusPage));
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
    // Node.js ends a handshake without a word to us: where both clocks run, ours has rung by then.
    const patience = Math.min(Math.ceil(latestRing(handshakeTimeout)) + 1, MAX_TIMEOUT);
    const server =
      tls === undefined
        ? createHttpServer(limits)
        : createHttpsServer({ ...tls, ...limits, handshakeTimeout: patience });
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

/** Both ends' addresses, which no other connection has at the same time; `undefined` where there are none. */
function addressesOf(socket: Duplex): string | undefined {
  if (!(socket instanceof Socket) || socket.remotePort === undefined) return undefined;
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
