import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { STATUS_CODES, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { GUID } from './dial.ts';
import {
  abortHandshake,
  acceptExtensions,
  destroyOnError,
  judgeRequest,
  parseProtocols,
  type JudgedRequest,
  type Refusal,
} from './server-handshake.ts';
import { prepareReading } from './link.ts';
import { DEFAULTS, type SocketOptions } from './options.ts';
import { PerMessageDeflate, checkDeflateOptions } from './permessage-deflate.ts';
import { WebSocket } from './web-socket.ts';

/** What `verifyClient` is told. */
export interface VerifyInfo {
  readonly origin: string | undefined;
  readonly secure: boolean;
  readonly req: IncomingMessage;
}

/** What `verifyClient` answers with, if it has two parameters. */
export type VerifyCallback = (
  isVerified: boolean,
  code?: number,
  message?: string,
  headers?: Readonly<Record<string, unknown>>,
) => void;

/** How a server is made. */
export interface WebSocketServerOptions extends SocketOptions {
  readonly backlog?: number | null | undefined;
  readonly clientTracking?: boolean | undefined;
  readonly handleProtocols?: ((protocols: Set<string>, request: IncomingMessage) => string | false) | null | undefined;
  readonly host?: string | null | undefined;
  readonly noServer?: boolean | undefined;
  readonly path?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly server?: Server | SecureServer | null | undefined;
  readonly verifyClient?: ((info: VerifyInfo, callback: VerifyCallback) => unknown) | null | undefined;
  readonly WebSocket?: typeof WebSocket | undefined;
}

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/** Sockets that a WebSocket has. */
const taken = new WeakSet<Duplex>();

type UpgradeCallback = (webSocket: WebSocket, request: IncomingMessage) => void;

/** What is to be upgraded. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly callback: UpgradeCallback;
}

/** The class `WebSocketServer` of `ws`. */
export class WebSocketServer extends EventEmitter {
  readonly options: WebSocketServerOptions & { readonly WebSocket: typeof WebSocket };
  /** The connections, unless `clientTracking` is off. */
  readonly clients?: Set<WebSocket>;
  _server: Server | SecureServer | null = null;
  /** Whether it runs (0), is closing (1), or has closed (2). */
  _state: number = RUNNING;
  #emitsCloseWhenEmpty = false;
  #removeListeners: (() => void) | undefined;

  /**
   * Makes a server, which listens if the option `port` is there.
   *
   * @param callback - called when it listens, for the option `port` alone
   *
   * @throws {TypeError} not exactly one of `port`, `server` and `noServer` is there
   */
  constructor(options: WebSocketServerOptions = {}, callback?: () => void) {
    super();
    const { WebSocket: made = WebSocket } = options;
    this.options = {
      ...DEFAULTS,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      verifyClient: null,
      noServer: false,
      backlog: null,
      server: null,
      host: null,
      path: null,
      port: null,
      ...options,
      WebSocket: made,
    };
    checkPlace(this.options);
    checkDeflateOptions(this.options.perMessageDeflate);
    void prepareReading();
    if (this.options.clientTracking === true) this.clients = new Set();
    this.#listen(callback);
  }

  /**
   * Where the server listens.
   *
   * @throws {Error} it does not listen by itself (`noServer`)
   */
  address(): AddressInfo | string | null {
    if (this.options.noServer === true) throw new Error('The server is operating in "noServer" mode');
    return this._server?.address() ?? null;
  }

  /**
   * Takes no more connections, and emits `'close'` when those that are there have ended. They are left alone.
   *
   * @param callback - called then, with an error if the server was closed already
   */
  close(callback?: (error?: Error) => void): void {
    if (this._state === CLOSED) {
      if (callback !== undefined) this.once('close', () => callback(new Error('The server is not running')));
      process.nextTick(() => this.#emitClose());
      return;
    }
    if (callback !== undefined) this.once('close', callback);
    if (this._state === CLOSING) return;
    this._state = CLOSING;
    this.#removeListeners?.();
    const server = this._server;
    this._server = null;
    if (this.#isOwn(server)) server.close(() => this.#emitClose());
    else if (this.clients !== undefined && this.clients.size > 0) this.#emitsCloseWhenEmpty = true;
    else process.nextTick(() => this.#emitClose());
  }

  /** Whether a request is for this server: its path is, if there is the option `path`. */
  shouldHandle(request: IncomingMessage): boolean {
    const { path } = this.options;
    if (path === undefined || path === null || path === '') return true;
    const [pathname] = (request.url ?? '').split('?', 1);
    return pathname === path;
  }

  /**
   * Answers a request for a WebSocket connection.
   *
   * @param request - the first argument of the event `'upgrade'`
   * @param socket - the second
   * @param head - the third
   * @param callback - called with the connection, at once where `verifyClient` does not wait
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, callback: UpgradeCallback): void {
    socket.on('error', destroyOnError);
    const judged = judgeRequest(request);
    if ('status' in judged) this.#refuse(request, socket, judged);
    else if (!this.shouldHandle(request)) abortHandshake(socket, { status: 400 });
    else this.#verify(judged, { request, socket, head, callback });
  }

  /**
   * Completes the opening handshake; a class may override it.
   *
   * @throws {Error} the socket has a WebSocket already
   */
  completeUpgrade(
    extensions: Record<string, unknown>,
    key: string,
    protocols: Set<string>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback,
  ): void {
    // The client has gone already.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    if (taken.has(socket)) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (this._state > RUNNING) {
      abortHandshake(socket, { status: 503 });
      return;
    }
    const webSocket = new this.options.WebSocket(null, undefined, this.options);
    const protocol = this.#choose(protocols, request);
    const headers = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey(key)}`,
    ];
    if (protocol !== undefined) {
      headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
      webSocket._protocol = protocol;
    }
    const deflate = extensions[PerMessageDeflate.extensionName];
    if (deflate instanceof PerMessageDeflate) {
      headers.push(`Sec-WebSocket-Extensions: ${deflate.header}`);
      webSocket._extensions = extensions;
    }
    this.emit('headers', headers, request);
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    socket.removeListener('error', destroyOnError);
    taken.add(socket);
    socket.once('close', () => taken.delete(socket));
    webSocket.setSocket(socket, head, this.options);
    this.#track(webSocket);
    callback(webSocket, request);
  }

  #listen(callback: (() => void) | undefined): void {
    const { port, host, backlog, server } = this.options;
    if (port !== undefined && port !== null) {
      this._server = createServer(answerWithUpgradeRequired);
      this._server.listen({ port, ...(host !== null && { host }), ...(backlog !== null && { backlog }) }, callback);
    } else if (server !== undefined && server !== null) {
      this._server = server;
    }
    if (this._server !== null) this.#removeListeners = this.#listenTo(this._server);
  }

  #listenTo(server: Server | SecureServer): () => void {
    const onListening = (): boolean => this.emit('listening');
    const onError = (error: Error): boolean => this.emit('error', error);
    const onConnection = (webSocket: WebSocket, request: IncomingMessage): boolean =>
      this.emit('connection', webSocket, request);
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      this.handleUpgrade(request, socket, head, onConnection);
    server.on('listening', onListening);
    server.on('error', onError);
    server.on('upgrade', onUpgrade);
    return () => {
      server.removeListener('listening', onListening);
      server.removeListener('error', onError);
      server.removeListener('upgrade', onUpgrade);
    };
  }

  #isOwn(server: Server | SecureServer | null): server is Server | SecureServer {
    return server !== null && this.options.server !== server;
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    if (this.listenerCount('wsClientError') === 0) abortHandshake(socket, refusal);
    else this.emit('wsClientError', new Error(refusal.message), socket, request);
  }

  #verify({ key, origin, protocolHeader }: JudgedRequest, { request, socket, head, callback }: Upgrade): void {
    const { verifyClient } = this.options;
    const protocols = parseProtocols(protocolHeader);
    if (protocols === undefined) {
      this.#refuse(request, socket, { status: 400, message: 'Invalid Sec-WebSocket-Protocol header' });
      return;
    }
    const extensions = acceptExtensions(request.headers['sec-websocket-extensions'], this.options);
    if (extensions === undefined) {
      this.#refuse(request, socket, {
        status: 400,
        message: 'Invalid or unacceptable Sec-WebSocket-Extensions header',
      });
      return;
    }
    const accept = (): void => this.completeUpgrade(extensions, key, protocols, request, socket, head, callback);
    if (verifyClient === undefined || verifyClient === null) {
      accept();
      return;
    }
    const info: VerifyInfo = { origin, secure: isSecure(request), req: request };
    const answer: VerifyCallback = (isVerified, status = 401, message, headers) => {
      if (isVerified) accept();
      else abortHandshake(socket, { status: status === 0 ? 401 : status, message, headers });
    };
    if (verifyClient.length === 2) verifyClient(info, answer);
    else answer(Boolean(Reflect.apply(verifyClient, this.options, [info])));
  }

  #choose(protocols: Set<string>, request: IncomingMessage): string | undefined {
    const [first] = protocols;
    if (first === undefined) return undefined;
    const { handleProtocols } = this.options;
    const chosen =
      handleProtocols === undefined || handleProtocols === null ? first : handleProtocols(protocols, request);
    return chosen === false || chosen === '' ? undefined : chosen;
  }

  #track(webSocket: WebSocket): void {
    const { clients } = this;
    if (clients === undefined) return;
    clients.add(webSocket);
    webSocket.on('close', () => {
      clients.delete(webSocket);
      if (this.#emitsCloseWhenEmpty && clients.size === 0) process.nextTick(() => this.#emitClose());
    });
  }

  #emitClose(): void {
    this._state = CLOSED;
    this.emit('close');
  }
}

function checkPlace({ port, server, noServer }: WebSocketServerOptions): void {
  const places = [port !== undefined && port !== null, Boolean(server), noServer === true];
  if (places.filter(Boolean).length === 1) return;
  throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
}

function answerWithUpgradeRequired(_: IncomingMessage, response: ServerResponse): void {
  const body = STATUS_CODES[426] ?? '';
  response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' });
  response.end(body);
}

function acceptKey(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

function isSecure({ socket }: IncomingMessage): boolean {
  const isAuthorized = 'authorized' in socket && Boolean(socket.authorized);
  return isAuthorized || ('encrypted' in socket && Boolean(socket.encrypted));
}
