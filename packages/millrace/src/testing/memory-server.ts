import { createServer, type Server } from 'node:http';

import { dial } from '../client/dial.ts';
import { resolveClientOptions } from '../client/options.ts';
import { CONNECT_OPTION_NAMES, connectUnchecked, type ConnectOptions } from '../connections/connect.ts';
import type { WebSocketConnection } from '../connections/connection.ts';
import type {
  ConnectAnswer,
  ConnectionHandler,
  ContextAnswer,
  ContextOf,
  ServeOptions,
} from '../connections/serve-options.ts';
import { serve } from '../connections/serve.ts';
import type { WebSocketServer } from '../connections/server.ts';
import type { CloseServerOptions, CloseServerResult } from '../engine/close-options.ts';
import { handled } from '../engine/deferred.ts';
import { checkOptions, omitNames, type KnownNames } from '../protocol/base/checks.ts';
import type { Chunking } from './byte-line.ts';
import { createDuplexPair, type DuplexEnd } from './duplex-pair.ts';
import { ScriptedPeer } from './scripted-peer.ts';

/** Options of {@link serveInMemory}: those of `serve`, without what only a network has. */
export type MemoryServeOptions<Answer extends ConnectAnswer = undefined> = Omit<
  ServeOptions<Answer>,
  'port' | 'host' | 'socketPath' | 'backlog' | 'server' | 'tls'
>;

/** How {@link MemoryServer.dial} connects. */
export interface MemoryDialOptions {
  /**
   * How what the client sends is cut on its way to the server.
   *
   * @defaultValue 'whole'
   */
  readonly toServer?: Chunking | undefined;
  /**
   * How what the server sends is cut on its way to the client.
   *
   * @defaultValue 'whole'
   */
  readonly toClient?: Chunking | undefined;
}

/** Options of {@link MemoryServer.connect}: those of `connect`, and how bytes are cut. */
export interface MemoryConnectOptions<Answer extends ContextAnswer = undefined>
  extends Omit<ConnectOptions<Answer>, 'createConnection'>, MemoryDialOptions {
  /**
   * Path and query to ask for.
   *
   * @defaultValue '/'
   */
  readonly path?: string | undefined;
}

const MEMORY_CONNECT_OPTION_NAMES: KnownNames<keyof MemoryConnectOptions> = {
  ...omitNames(CONNECT_OPTION_NAMES, ['createConnection']),
  toServer: true,
  toClient: true,
  path: true,
};

/** A server without a network: connections to it are made in memory, with the whole opening handshake. */
export class MemoryServer<Context = unknown> {
  readonly #http: Server;
  readonly #server: WebSocketServer<Context>;

  /** Use {@link serveInMemory}. */
  constructor(http: Server, server: WebSocketServer<Context>) {
    this.#http = http;
    this.#server = server;
  }

  /** The open connections, as the server sees them. */
  get connections(): ReadonlySet<WebSocketConnection<Context>> {
    return this.#server.connections;
  }

  /**
   * Connects a client.
   *
   * @throws {HandshakeError} the server did not accept
   * @throws {TransportError} the server is closed
   * @throws {LocalUsageError} an option has a value that it cannot have
   */
  connect<Answer extends ContextAnswer = undefined>(
    options: MemoryConnectOptions<Answer> = {},
  ): Promise<WebSocketConnection<ContextOf<Answer>>> {
    return handled(this.#connect(options));
  }

  async #connect<Answer extends ContextAnswer>(
    options: MemoryConnectOptions<Answer>,
  ): Promise<WebSocketConnection<ContextOf<Answer>>> {
    checkOptions('connect', options, MEMORY_CONNECT_OPTION_NAMES);
    return connectUnchecked<Answer>(urlOf(options.path), { ...options, createConnection: () => this.dial(options) });
  }

  /**
   * Connects a client that says exactly what a test tells it to, right or wrong, once the opening handshake is done.
   *
   * @throws {HandshakeError} the server did not accept
   * @throws {TransportError} the server is closed
   * @throws {LocalUsageError} an option has a value that it cannot have
   */
  async connectScripted(options: Omit<MemoryConnectOptions, 'onConnect'> = {}): Promise<ScriptedPeer> {
    const resolved = resolveClientOptions({ ...options, createConnection: () => this.dial(options) });
    const { socket, head } = await dial(urlOf(options.path), resolved);
    const peer = ScriptedPeer.over('client', socket);
    if (head.length > 0) peer.receive(head);
    return peer;
  }

  /**
   * Makes a transport to the server, and gives the client's end of it: for the option `createConnection` of whatever connects, or to break it with `fail()`.
   * Nothing has been sent on it. It is destroyed already when the server is closed, as if nobody listened.
   */
  dial({ toServer, toClient }: MemoryDialOptions = {}): DuplexEnd {
    const [near, far] = createDuplexPair([{ chunking: toClient }, { chunking: toServer }]);
    // Then, there is none to take the request.
    if (this.#http.listenerCount('upgrade') === 0) near.destroy();
    else this.#http.emit('connection', far);
    return near;
  }

  /**
   * Refuses new connections, closes all that there are (1001 unless told otherwise), and resolves when they are over; see `WebSocketServer.close`.
   *
   * @throws {LocalUsageError} an option has a value that it cannot have
   */
  close(options: CloseServerOptions = {}): Promise<CloseServerResult> {
    return this.#server.close(options);
  }

  /** Closes it, and waits for the end of its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Serves like `serve`, but in memory: for tests of a handler, with its `onConnect`, without a port.
 *
 * What is read is cut as a test wants it; time is real.
 *
 * @param handler - as for `serve`
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export async function serveInMemory<Answer extends ConnectAnswer = undefined>(
  options: MemoryServeOptions<Answer>,
  handler: ConnectionHandler<ContextOf<Answer>>,
): Promise<MemoryServer<ContextOf<Answer>>> {
  // It never listens: sockets are handed to it.
  const http = createServer();
  return new MemoryServer(http, await serve<Answer>({ ...options, server: http }, handler));
}

function urlOf(path = '/'): URL {
  return new URL(path, 'ws://localhost');
}
