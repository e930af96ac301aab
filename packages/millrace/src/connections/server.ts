import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';

import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { CloseServerOptions, CloseServerResult } from '../engine/close-options.ts';
import { ConnectionSet } from '../engine/connection-set.ts';
import { ServerCounts, type ServerStats } from '../engine/server-counts.ts';
import type { AcceptedHandshake, HandshakeHandler } from '../server/handshake-handler.ts';
import { createMemoryLimit, type MemoryLimit } from '../server/limits/total-buffered.ts';
import { listen } from '../server/listen.ts';
import type { Listener } from '../server/listener.ts';
import type { ResolvedServerOptions } from '../server/options.ts';
import type { OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import type { WebSocketConnection } from './connection.ts';
import { openAccepted, type Opening } from './accepting.ts';
import type { ConnectionEvents } from './open.ts';
import type { ConnectionHandler } from './serve-options.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/** What a {@link WebSocketServer} is made of. */
export interface ServerSetup<Context> {
  readonly serverOptions: ResolvedServerOptions;
  readonly connectionOptions: ResolvedConnectionOptions;
  readonly onreadPlaces: OnreadPlaces | undefined;
  readonly decide: HandshakeHandler<Opening<Context>>['decide'];
  readonly handler: ConnectionHandler<Context>;
  /** Whether messages are received at all. */
  readonly receives: boolean;
  /** Reports an error of the application, or of the listening socket. */
  readonly report: (error: Error, connection: WebSocketConnection<Context> | undefined) => void;
}

/** A server that listens. */
export class WebSocketServer<Context = unknown> {
  static {
    showFacts<WebSocketServer>(this, ({ url, connections, closing }) => {
      return { url, connections: connections.size, isClosing: closing.aborted };
    });
  }

  readonly #setup: ServerSetup<Context>;
  readonly #connections = new ConnectionSet<WebSocketConnection<Context>>({
    close: (connection, code, reason) => void connection.close(code, reason),
    drop: (connection) => connection.drop(),
  });
  readonly #counts = new ServerCounts();
  readonly #events: ConnectionEvents<Context> = {
    onEnded: (connection, closure) => {
      this.#counts.end(connection, closure);
      this.#connections.end(connection, closure);
    },
    onFinished: (connection) => this.#connections.finish(connection),
    onError: (error, connection) => this.#setup.report(error, connection),
  };
  readonly #memory: MemoryLimit;
  #listener: Listener | undefined;

  private constructor(setup: ServerSetup<Context>) {
    this.#setup = setup;
    this.#memory = createMemoryLimit(setup.serverOptions);
  }

  /** Begins to listen; `serve` says how. */
  static async listen<Context>(setup: ServerSetup<Context>): Promise<WebSocketServer<Context>> {
    const server = new WebSocketServer(setup);
    server.#listener = await listen<Opening<Context>>(setup.serverOptions, {
      decide: (request) => setup.decide(request),
      findObstacle: () => server.#memory.findObstacle(),
      accepted: (handshake) => server.#accept(handshake),
      refused: (_error, _request, status) => server.#counts.refuse(status),
      error: (error) => setup.report(error, undefined),
    });
    return server;
  }

  /** The TCP port that it listens on; `undefined` on a Unix domain socket, or when it does not listen any more. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === 'object' ? address.port : undefined;
  }

  /** URL for clients on this machine, such as `ws://localhost:9000/`; empty when it does not listen any more. */
  get url(): string {
    return this.#listener?.url ?? '';
  }

  /** Where it listens: an address, the path of a Unix domain socket, or `undefined` when it does not listen any more. */
  get address(): AddressInfo | string | undefined {
    return this.#listener?.address;
  }

  /** The open connections. */
  get connections(): ReadonlySet<WebSocketConnection<Context>> {
    return this.#connections.members;
  }

  /** Counters since it listens, summed over all its connections. Made anew each time, which takes about a microsecond for each that is open. */
  get stats(): ServerStats {
    return this.#counts.sum(this.#connections.members);
  }

  /** Fires when {@link close} is called: a sign for jobs that want to stop early. */
  get closing(): AbortSignal {
    return this.#connections.closing;
  }

  /**
   * Takes another certificate for connections that are still to come; open ones are left alone.
   *
   * @param tls - `key`, `cert` and what else differs; `ticketKeys` (48 bytes) are those of before unless given
   *
   * @throws {LocalUsageError} the server is attached to another, or does not speak TLS, or key and certificate are wrong; nothing has changed then
   */
  setTls(tls: TlsOptions): void {
    this.#listener?.setTls(tls);
  }

  /**
   * Lets the process end though the server listens. Open connections still keep it alive. Where it is attached to another server, that one is not touched.
   *
   * @returns the server
   */
  unref(): this {
    this.#listener?.unref();
    return this;
  }

  /**
   * Ends the server: says so to load balancers (`readyPath`) and waits for `lameDuck`; then accepts nothing more, and closes all connections, spread over `drain`. Messages
   * that are being sent may be finished. Whoever comes meanwhile is answered with 503, unless `keepPort` is `false`. When the last connection has ended, so has the
   * port; at `timeout`, what is left is dropped.
   *
   * Repeating it waits for the same end. A handler of a connection that waits for it waits for itself, until `timeout`.
   *
   * @returns how the connections ended, and how many handlers still run, when all of them have returned, or time is over. It never fails for anything that happens
   *   meanwhile
   *
   * @throws {LocalUsageError} an option has a value that it cannot have; nothing has been done then
   */
  close(options: CloseServerOptions = {}): Promise<CloseServerResult> {
    return this.#connections.close(options, this.#listener);
  }

  /** Closes it, and waits for the end of its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(handshake: AcceptedHandshake<Opening<Context>>): void {
    const { connectionOptions: options, onreadPlaces, handler, receives } = this.#setup;
    const { totalBuffered } = this.#memory;
    const setup = { options, onreadPlaces, receives, events: this.#events, totalBuffered };
    const opened = openAccepted(handshake, setup, handler);
    this.#counts.accept();
    this.#connections.add(opened.connection);
    opened.start(handshake.head);
  }
}
