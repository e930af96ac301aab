import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

import { createDeferred } from '../engine/deferred.ts';
import { reportError } from '../engine/report-error.ts';
import { checkFunction, checkOptions, invalidArgument, type KnownNames } from '../protocol/base/checks.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import type { Admission } from '../server/limits/admission.ts';
import { createMemoryLimit, type MemoryLimit } from '../server/limits/total-buffered.ts';
import { answerUpgrade } from '../server/http1/answer-upgrade.ts';
import { createAdmission, HandshakeGate } from '../server/handshake-gate.ts';
import type { HandshakeHandler } from '../server/handshake-handler.ts';
import {
  HANDSHAKE_OPTION_NAMES,
  resolveHandshakeOptions,
  type ResolvedHandshakeOptions,
} from '../server/settings/handshake-options.ts';
import type { ListeningOptions } from '../server/settings/listening-options.ts';
import type { PendingHandshake } from '../server/pending-handshake.ts';
import { TRANSPORT_OPTION_NAMES, resolveTransportOptions } from '../transport/options.ts';
import { findOnreadPlaces, type OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import type { WebSocketConnection } from './connection.ts';
import { decideBy, openAccepted, type Opening } from './accepting.ts';
import { NO_EVENTS, type ConnectionEvents } from './open.ts';
import {
  MESSAGE_CONNECTION_OPTION_NAMES,
  resolveReceive,
  type ConnectAnswer,
  type ConnectionHandler,
  type ContextOf,
  type ServeOptions,
} from './serve-options.ts';
import { checkHandler } from './serve.ts';

/** Options of {@link upgrade}: those of `serve`, but for where it listens. */
export type UpgradeOptions<Answer extends ConnectAnswer = undefined> = Omit<
  ServeOptions<Answer>,
  keyof ListeningOptions
>;

const UPGRADE_OPTION_NAMES: KnownNames<keyof UpgradeOptions> = {
  ...HANDSHAKE_OPTION_NAMES,
  ...MESSAGE_CONNECTION_OPTION_NAMES,
  ...TRANSPORT_OPTION_NAMES,
  onConnect: true,
  onError: true,
};

/**
 * Takes a request for a WebSocket connection that a server of Node.js has told of by its event `'upgrade'`, for those who have that event in hand: behind a
 * framework, or a router of their own. The request is judged and answered as `serve` does it; the socket belongs to Millrace from now on.
 *
 * Options are checked once for an object. Calls with the same object are counted together: for `maxConnections`, say.
 *
 * @param request - the first argument of the event
 * @param socket - the second; `'error'` gets a listener
 * @param head - the third: what came right behind the request
 * @param handler - what deals with the connection, as for `serve`; without it, whoever awaits the connection does
 *
 * @returns the connection. It fails with the reason where the request is refused, which has been answered then; nobody has to look
 *
 * @throws {LocalUsageError} an argument is not what the event gives, or an option has a value that it cannot have
 * @throws {HandshakeError} the request is no valid opening handshake
 * @throws {ConnectionDeny} `onConnect` has refused it
 * @throws {TransportError} the client has gone away
 *
 * @example
 * ```ts
 * const options = { allowedOrigins: ['https://example.com'] };
 * httpServer.on('upgrade', (request, socket, head) => {
 *   void upgrade(request, socket, head, options, async (connection) => {
 *     for await (const message of connection) await connection.send(await message.text());
 *   });
 * });
 * ```
 */
export function upgrade<Answer extends ConnectAnswer = undefined>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<Answer>,
  handler?: ConnectionHandler<ContextOf<Answer>>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  checkEvent(request, socket, head);
  if (handler !== undefined) checkHandler(handler);
  return upgraderFor(options).upgrade({ message: request, socket, head }, handler);
}

interface Upgraded {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

/** What calls with one object of options share. */
class Upgrader<Answer extends ConnectAnswer> {
  readonly #handshakeOptions: ResolvedHandshakeOptions;
  readonly #connectionOptions: ResolvedConnectionOptions;
  readonly #admission: Admission<PendingHandshake>;
  readonly #memory: MemoryLimit;
  readonly #decide: HandshakeHandler<Opening<ContextOf<Answer>>>['decide'];
  readonly #events: ConnectionEvents<ContextOf<Answer>>;
  readonly #onError: ServeOptions<Answer>['onError'];
  readonly #sharesReadBuffer: boolean;
  readonly #receives: boolean;

  constructor(options: UpgradeOptions<Answer>) {
    checkOptions('upgrade', options, UPGRADE_OPTION_NAMES);
    this.#onError = checkFunction('onError', options.onError);
    this.#handshakeOptions = resolveHandshakeOptions(options);
    this.#connectionOptions = resolveEngineOptions(options);
    this.#admission = createAdmission(this.#handshakeOptions);
    this.#memory = createMemoryLimit(this.#handshakeOptions);
    this.#decide = decideBy<Answer>(checkFunction('onConnect', options.onConnect), this.#connectionOptions);
    this.#receives = resolveReceive(options);
    this.#events = {
      ...NO_EVENTS,
      onError: (error, connection) => reportError(this.#onError, error, connection),
    };
    this.#sharesReadBuffer = resolveTransportOptions(options).sharedReadBuffer;
  }

  upgrade(
    event: Upgraded,
    handler: ConnectionHandler<ContextOf<Answer>> | undefined,
  ): Promise<WebSocketConnection<ContextOf<Answer>>> {
    const outcome = createDeferred<WebSocketConnection<ContextOf<Answer>>>();
    let onreadPlaces: OnreadPlaces | undefined;
    const gate = new HandshakeGate<Opening<ContextOf<Answer>>>(
      this.#handshakeOptions,
      {
        decide: async (request) => {
          onreadPlaces = this.#sharesReadBuffer ? await findOnreadPlaces() : undefined;
          return this.#decide(request);
        },
        findObstacle: () => this.#memory.findObstacle(),
        accepted: (handshake) => {
          const setup = {
            options: this.#connectionOptions,
            onreadPlaces,
            receives: this.#receives,
            events: this.#events,
            totalBuffered: this.#memory.totalBuffered,
          };
          const opened = openAccepted(handshake, setup, handler);
          outcome.resolve(opened.connection);
          opened.start(handshake.head);
        },
        refused: (error) => outcome.reject(error),
        error: (error) => reportError(this.#onError, error, undefined),
      },
      this.#admission,
    );
    answerUpgrade(gate, { ...event, maxHeadersCount: maxHeadersCountOf(event.message) });
    return outcome.promise;
  }
}

const UPGRADERS = new WeakMap<object, Upgrader<ConnectAnswer>>();

function upgraderFor<Answer extends ConnectAnswer>(options: UpgradeOptions<Answer>): Upgrader<Answer>;
function upgraderFor(options: UpgradeOptions<ConnectAnswer>): Upgrader<ConnectAnswer> {
  let upgrader = UPGRADERS.get(options);
  if (upgrader === undefined) {
    upgrader = new Upgrader(options);
    UPGRADERS.set(options, upgrader);
  }
  return upgrader;
}

function checkEvent(request: unknown, socket: unknown, head: unknown): void {
  if (typeof request !== 'object' || request === null || !('rawHeaders' in request)) {
    throw invalidArgument('request', request, "the first argument of an 'upgrade' event");
  }
  if (!(socket instanceof Duplex)) throw invalidArgument('socket', socket, "the second argument of an 'upgrade' event");
  if (!(head instanceof Uint8Array)) throw invalidArgument('head', head, "the third argument of an 'upgrade' event");
}

/** The limit of the server that has parsed a request, which Node.js keeps at the socket. */
function maxHeadersCountOf({ socket }: IncomingMessage): number | undefined {
  const server: unknown = 'server' in socket ? socket.server : undefined;
  const count: unknown =
    typeof server === 'object' && server !== null && 'maxHeadersCount' in server ? server.maxHeadersCount : undefined;
  return typeof count === 'number' ? count : undefined;
}
