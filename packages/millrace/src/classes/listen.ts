import type { TlsOptions } from 'node:tls';

import { isPromise } from '../protocol/base/promise.ts';
import { AsyncContext } from '../engine/async-context.ts';
import { ServerCounts, type ServerStats } from '../engine/server-counts.ts';
import { ConnectionSet, type CloseServerOptions, type CloseServerResult } from '../engine/connection-set.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { AcceptedHandshake, Decision } from '../server/handshake-handler.ts';
import { listen } from '../server/listen.ts';
import type { Listener } from '../server/listener.ts';
import { findOnreadPlaces, type OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import type { SessionOwner } from './session.ts';
import type { WebSocketServerFactory } from './server-factory.ts';
import type { ConnectAnswer, WebSocketServerProtocol } from './server-protocol.ts';

/** A protocol instance whose connection is being opened, and where its hooks run. */
interface Opening {
  readonly protocol: WebSocketServerProtocol;
  readonly context: AsyncContext;
}

/** A server that listens. */
export class WebSocketListener {
  readonly #factory: WebSocketServerFactory;
  readonly #onreadPlaces: OnreadPlaces | undefined;
  readonly #protocols = new ConnectionSet<WebSocketServerProtocol>({
    close: (protocol, code, reason) => protocol.sendClose(code, reason),
    drop: (protocol) => protocol.dropConnection(),
  });
  readonly #counts = new ServerCounts();
  /** One for all connections. */
  readonly #owner: SessionOwner = {
    onHookError: (error, protocol: WebSocketServerProtocol) => this.#factory.reportError(error, protocol),
    onEnded: (protocol: WebSocketServerProtocol, closure) => {
      this.#counts.end(protocol, closure);
      this.#protocols.end(protocol, closure);
    },
    onClosed: (protocol: WebSocketServerProtocol) => this.#protocols.finish(protocol),
  };
  #listener: Listener | undefined;

  private constructor(factory: WebSocketServerFactory, onreadPlaces: OnreadPlaces | undefined) {
    this.#factory = factory;
    this.#onreadPlaces = onreadPlaces;
  }

  /** Begins to listen; see {@link listenWS}. */
  static async listen(factory: WebSocketServerFactory): Promise<WebSocketListener> {
    const { sharedReadBuffer } = factory.transportOptions;
    const listener = new WebSocketListener(factory, sharedReadBuffer ? await findOnreadPlaces() : undefined);
    listener.#listener = await listen<Opening>(factory.serverOptions, {
      decide: (request) => listener.#decide(request),
      accepted: (handshake) => listener.#accept(handshake),
      refused: (_error, _request, status) => listener.#counts.refuse(status),
      error: (error) => factory.reportError(error, undefined),
    });
    return listener;
  }

  /** URL for clients on this machine, such as `ws://localhost:9000/`; empty when it does not listen any more. */
  get url(): string {
    return this.#listener?.url ?? '';
  }

  /** The TCP port that it listens on; `undefined` on a Unix domain socket, or when it does not listen any more. */
  get port(): number | undefined {
    const address = this.#listener?.address;
    return typeof address === 'object' ? address.port : undefined;
  }

  /** The open connections. */
  get connections(): ReadonlySet<WebSocketServerProtocol> {
    return this.#protocols.members;
  }

  /** Counters since it listens, summed over all its connections. Made anew each time, which takes about a microsecond for each that is open. */
  get stats(): ServerStats {
    return this.#counts.sum(this.#protocols.members);
  }

  /** Fires when {@link close} is called: a sign for jobs that want to stop early. */
  get closing(): AbortSignal {
    return this.#protocols.closing;
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
   * Stops listening, closes all connections, and resolves when they have ended and their hooks have returned, at the latest after `timeout`. Repeating it waits
   * for the same.
   *
   * @throws {LocalUsageError} the code may not be sent, the reason is too long, or the timeout is none
   */
  close(options: CloseServerOptions = {}): Promise<CloseServerResult> {
    return this.#protocols.close(options, async () => this.#listener?.close());
  }

  #decide(request: ConnectionRequest): Decision<Opening> | Promise<Decision<Opening>> {
    const protocol = this.#factory.buildProtocol();
    protocol.setFactory(this.#factory);
    const opening = { protocol, context: new AsyncContext() };
    const answer = opening.context.open(() => protocol.onConnect(request));
    // It may be a promise of another library.
    return isPromise(answer) ? answer.then((later) => decisionFor(opening, later)) : decisionFor(opening, answer);
  }

  #accept(handshake: AcceptedHandshake<Opening>): void {
    const { socket, head, request, subprotocol, extensions = '' } = handshake;
    const { protocol, context } = handshake.context;
    this.#counts.accept();
    this.#protocols.add(protocol);
    protocol.makeConnection(
      {
        role: 'server',
        socket,
        options: this.#factory.connectionOptions,
        onreadPlaces: this.#onreadPlaces,
        peer: request.peer,
        subprotocol,
        extensions,
        context,
      },
      this.#owner,
      head,
    );
  }
}

function decisionFor(opening: Opening, answer: ConnectAnswer): Decision<Opening> {
  const accept = typeof answer === 'object' ? answer : { subprotocol: answer ?? undefined };
  return { subprotocol: accept.subprotocol, headers: accept.headers, context: opening };
}

/**
 * Listens for connections, for each of which `factory` makes a protocol instance.
 *
 * @throws {TransportError} the place to listen on cannot be had: the port is taken, for one
 * @throws {LocalUsageError} the HTTP server of the options already has a listener for the same path
 */
export function listenWS(factory: WebSocketServerFactory): Promise<WebSocketListener> {
  return WebSocketListener.listen(factory);
}
