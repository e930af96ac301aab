import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { parseEndpoint } from '../client/endpoint.ts';
import { resolveClientOptions } from '../client/options.ts';
import { checkFunction, checkOptions, omitNames, type KnownNames } from '../protocol/base/checks.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import { explain, TransportError, toError } from '../protocol/base/errors.ts';
import { showFacts } from '../protocol/base/inspection.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import { tellError } from '../engine/diagnostics/connection-diagnostics.ts';
import { reportError } from '../engine/report-error.ts';
import { watchAccepting } from '../server/accept-watch.ts';
import { prepareSocket } from '../transport/socket-setup.ts';
import { CONNECT_OPTION_NAMES, connectUnchecked, type ConnectOptions } from '../connections/connect.ts';
import type { WebSocketConnection } from '../connections/connection.ts';
import { TUNNEL_SUBPROTOCOLS, reset, tunnel } from './tunnel.ts';

/** Where a {@link TunnelListener} listens: a TCP port, or a Unix domain socket. */
export type TunnelPlace =
  | {
      /** Port to listen on; 0 takes a free one. */
      readonly port: number;
      /**
       * Name or address to listen on.
       *
       * @defaultValue `'localhost'`: others would speak with the rights of this machine
       */
      readonly host?: string | undefined;
    }
  | {
      /** Path of a Unix domain socket. */
      readonly socketPath: string;
    };

/** Options of {@link listenTunnel}: those of `connect`, for each of its WebSocket connections. */
export interface ListenTunnelOptions extends Omit<ConnectOptions, 'onConnect' | 'signal' | 'subprotocols'> {
  /**
   * Subprotocols to offer: what websockify calls `binary` and `base64`.
   *
   * @defaultValue `['binary']`
   */
  readonly subprotocols?: readonly ('binary' | 'base64')[] | undefined;
  /** Learns why a WebSocket connection could not be had. By default, it becomes a process warning. */
  readonly onError?: ((error: Error) => unknown) | undefined;
}

const LISTEN_TUNNEL_OPTION_NAMES: KnownNames<keyof ListenTunnelOptions> = {
  ...omitNames(CONNECT_OPTION_NAMES, ['onConnect', 'signal']),
  onError: true,
};

/**
 * Listens for TCP connections, and takes each through a WebSocket connection of its own, to what the server there forwards it to: `serveTunnel`, or
 * websockify.
 *
 * Bytes are moved as fast as the slower side takes them. WebSocket has no half-close: when either side ends, both do, behind what was on its way. A TCP
 * connection that breaks is told to the server with 1011. A TCP connection is reset where no WebSocket connection can be had, and where that ends otherwise
 * than with 1000 or without a code.
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 * @throws {TransportError} the place to listen on cannot be had
 */
export async function listenTunnel(
  place: TunnelPlace,
  url: string | URL,
  options: ListenTunnelOptions = {},
): Promise<TunnelListener> {
  parseEndpoint(url);
  checkOptions('listenTunnel', options, LISTEN_TUNNEL_OPTION_NAMES);
  resolveClientOptions(options);
  resolveEngineOptions(options);
  checkFunction('onError', options.onError);
  return TunnelListener.listen(place, url, options);
}

/** Takes TCP connections through WebSocket connections, as {@link listenTunnel} says. */
export class TunnelListener {
  static {
    showFacts<TunnelListener>(this, (shown) => ({ address: shown.address, connections: shown.#connections.size }));
  }

  readonly #url: string | URL;
  readonly #options: ListenTunnelOptions;
  readonly #server: Server;
  readonly #connections = new Set<WebSocketConnection>();
  readonly #work = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  private constructor(url: string | URL, options: ListenTunnelOptions) {
    this.#url = url;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const work = this.#forward(socket);
      this.#work.add(work);
      void work.then(() => this.#work.delete(work));
    });
  }

  /** Begins to listen; {@link listenTunnel} says how. */
  static async listen(place: TunnelPlace, url: string | URL, options: ListenTunnelOptions): Promise<TunnelListener> {
    const listener = new TunnelListener(url, options);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: Error): void => reject(new TransportError(`cannot listen: ${explain(cause)}`, { cause }));
      server.once('error', onError);
      const where =
        'socketPath' in place ? { path: place.socketPath } : { port: place.port, host: place.host ?? 'localhost' };
      server.listen(where, () => {
        server.off('error', onError);
        watchAccepting(server, (error) => listener.#report(error));
        resolve();
      });
    });
    return listener;
  }

  /** The TCP port that it listens on; `undefined` on a Unix domain socket, or when it does not listen any more. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === 'object' ? address.port : undefined;
  }

  /** Where it listens: an address, the path of a Unix domain socket, or `undefined` when it does not listen any more. */
  get address(): AddressInfo | string | undefined {
    return this.#server.address() ?? undefined;
  }

  /** Stops listening, closes its WebSocket connections (1001), and resolves when all is over. Repeating it waits for the same. */
  async close(): Promise<void> {
    this.#server.close();
    this.#stop.abort();
    for (const connection of this.#connections) void connection.close(CloseCode.GOING_AWAY);
    await Promise.all(this.#work);
  }

  /** Closes it, and waits for the end of its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #forward(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    prepareSocket(socket);
    const { subprotocols = [TUNNEL_SUBPROTOCOLS.binary] } = this.#options;
    const { closeTimeout } = resolveEngineOptions(this.#options);
    let connection: WebSocketConnection;
    try {
      connection = await connectUnchecked(this.#url, { ...this.#options, subprotocols, signal: this.#stop.signal });
    } catch (error) {
      reset(socket);
      if (!this.#stop.signal.aborted) this.#report(toError(error));
      return;
    }
    this.#connections.add(connection);
    await tunnel(connection, socket, closeTimeout);
    this.#connections.delete(connection);
  }

  #report(error: Error): void {
    tellError(undefined, error);
    const { onError } = this.#options;
    reportError(onError, error, undefined);
  }
}
