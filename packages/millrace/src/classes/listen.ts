import type { TlsOptions } from 'node:tls';

import { isPromise } from '../protocol/base/promise.ts';
import { checkLifetime, withLifetime } from '../protocol/connection/options.ts';
import type { Agreed } from '../protocol/extension/negotiate.ts';
import { agreeAsServer, writeAgreed } from '../engine/agreed-extensions.ts';
import { AsyncContext } from '../engine/async-context.ts';
import type { CloseServerOptions, CloseServerResult } from '../engine/close-options.ts';
import { ConnectionSet } from '../engine/connection-set.ts';
import { ServerCounts, type ServerStats } from '../engine/server-counts.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { AcceptedHandshake, Decision } from '../server/handshake-handler.ts';
import { createMemoryLimit, type MemoryLimit } from '../server/limits/total-buffered.ts';
import { listen } from '../server/listen.ts';
import type { Listener } from '../server/listener.ts';
import { findOnreadPlaces, type OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import type { SessionOwner } from './session.ts';
import type { WebSocketServerFactory } from './server-factory.ts';
import type { HandshakeAnswer, WebSocketServerProtocol } from './server-protocol.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/** A protocol instance whose connection is being opened, and where its hooks run. */
interface Opening {
  readonly protocol: WebSocketServerProtocol;
  readonly context: AsyncContext;
  /** The extensions that are agreed on. */
  readonly agreed: Agreed;
  /** The option of this connection, if it has its own. */
  readonly maxLifetime: number | undefined;
}

/** A server that listens. */
export class WebSocketListener {
  static {
    showFacts<WebSocketListener>(this, ({ url }) => ({ url }));
  }

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
  readonly #memory: MemoryLimit;
  #listener: Listener | undefined;

  private constructor(factory: WebSocketServerFactory, onreadPlaces: OnreadPlaces | undefined) {
    this.#factory = factory;
    this.#memory = createMemoryLimit(factory.serverOptions);
    this.#onreadPlaces = onreadPlaces;
  }

  /** Begins to listen; see {@link listenWS}. */
  static async listen(factory: WebSocketServerFactory): Promise<WebSocketListener> {
    const { sharedReadBuffer } = factory.transportOptions;
    const listener = new WebSocketListener(factory, sharedReadBuffer ? await findOnreadPlaces() : undefined);
    listener.#listener = await listen<Opening>(factory.serverOptions, {
      decide: (request) => listener.#decide(request),
      findObstacle: () => listener.#memory.findObstacle(),
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
    return this.#protocols.close(options, this.#listener);
  }

  /** Closes it, and waits for the end of its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #decide(request: ConnectionRequest): Decision<Opening> | Promise<Decision<Opening>> {
    const protocol = this.#factory.buildProtocol();
    protocol.setFactory(this.#factory);
    const agreed = agreeAsServer(request.extensions, this.#factory.connectionOptions);
    const opening = { protocol, context: new AsyncContext(), agreed, maxLifetime: undefined };
    const answer = opening.context.open(() => protocol.onConnect(request));
    // It may be a promise of another library.
    return isPromise(answer) ? answer.then((later) => decisionFor(opening, later)) : decisionFor(opening, answer);
  }

  #accept(handshake: AcceptedHandshake<Opening>): void {
    const { socket, head, request, subprotocol, extensions = '' } = handshake;
    const { protocol, context, agreed, maxLifetime } = handshake.context;
    this.#counts.accept();
    this.#protocols.add(protocol);
    protocol.makeConnection(
      {
        role: 'server',
        socket,
        options: withLifetime(this.#factory.connectionOptions, maxLifetime),
        onreadPlaces: this.#onreadPlaces,
        peer: request.peer,
        subprotocol,
        extensions,
        agreed,
        context,
        totalBuffered: this.#memory.totalBuffered,
      },
      this.#owner,
      head,
    );
  }
}

function decisionFor(opening: Opening, answer: HandshakeAnswer): Decision<Opening> {
  const accept = typeof answer === 'object' ? answer : { subprotocol: answer ?? undefined };
  const { agreed } = opening;
  const extensions = agreed.answer.length === 0 ? undefined : writeAgreed(agreed);
  const maxLifetime = checkLifetime('maxLifetime' in accept ? accept.maxLifetime : undefined);
  const context = { ...opening, maxLifetime };
  return { subprotocol: accept.subprotocol, headers: accept.headers, extensions, context };
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
