import { dial, type EstablishedHandshake } from '../client/dial.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { HandshakeError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHandler } from '../protocol/connection/host.ts';
import { formatExtensionOffers } from '../protocol/handshake/rules/extension-offer.ts';
import type { MessageHandler } from '../protocol/receive/handlers.ts';
import { findOnreadPlaces } from '../transport/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import { BLOCKED_PORTS } from './blocked-ports.ts';
import type { ResolvedConnectOptions } from './options.ts';

/** What {@link openConnection} opens. */
export interface OpeningSetup {
  readonly url: URL;
  readonly options: ResolvedConnectOptions;
  /** Gives it up, as the option `signal` does. */
  readonly signal: AbortSignal;
}

/** What is told of a connection. */
export interface ConnectionEvents extends MessageHandler, Pick<ConnectionHandler, 'onDrain' | 'onClosing'> {
  /** The connection is over. Told once, last. */
  onClosed(closure: Closure): void;
}

/** A connection whose opening handshake is done. */
export interface OpenedConnection {
  readonly connection: Connection;
  /** The subprotocol that was agreed on. */
  readonly subprotocol: string | undefined;
  /** The extensions that were agreed on, as a header; empty for none. */
  readonly extensions: string;
  /** Begins to receive, and to tell `events`. */
  readonly start: (events: ConnectionEvents) => void;
}

/**
 * Opens a connection as a client.
 *
 * @param take - gets the connection, in the moment in which it can no longer be given up by the signals
 *
 * @returns what `take` made of it
 *
 * @throws {HandshakeError} the port is blocked, the server did not accept, chose none of the subprotocols, or it was given up
 * @throws {TransportError} there is no connection to the server
 *
 * @see WHATWG WebSockets §2, "establish a WebSocket connection"
 */
export async function openConnection<Taken>(
  setup: OpeningSetup,
  take: (opened: OpenedConnection) => Taken,
): Promise<Taken> {
  const { url, options } = setup;
  if (url.port !== '' && BLOCKED_PORTS.has(Number(url.port))) throw new HandshakeError(`port ${url.port} is blocked`);
  const signal = eitherOf(setup.signal, options.client.signal);
  const onreadPlaces = options.sharedReadBuffer ? await findOnreadPlaces() : undefined;
  const { socket, head, response } = await dial(url, { ...options.client, signal });
  const problem = findProblem(response, options, signal);
  if (problem !== undefined) {
    socket.destroy();
    throw problem;
  }

  const relay = new EventRelay();
  const driver = new SocketDriver({
    socket,
    onreadPlaces,
    createConnection: (host) => {
      const receiver = { level: 'message', handler: relay } as const;
      return new Connection({ role: 'client', options: options.connection, host, receiver, handler: relay });
    },
  });
  const { connection } = driver;
  const start = (events: ConnectionEvents): void => {
    relay.start(connection, events);
    driver.start(head);
  };
  const { subprotocol, extensions } = response;
  return take({ connection, subprotocol, extensions: formatExtensionOffers(extensions), start });
}

function eitherOf(ours: AbortSignal, theirs: AbortSignal | undefined): AbortSignal {
  return theirs === undefined ? ours : AbortSignal.any([ours, theirs]);
}

/** What speaks against a connection that RFC 6455 has no objection to. */
function findProblem(
  { subprotocol }: EstablishedHandshake['response'],
  { client }: ResolvedConnectOptions,
  signal: AbortSignal,
): HandshakeError | undefined {
  // It may be aborted when the handshake is done, and nobody has heard of that yet.
  if (signal.aborted) return new HandshakeError('the opening handshake was aborted', { cause: signal.reason });
  // The standard is stricter here than RFC 6455 §4.1, which lets a server choose none.
  if (client.subprotocols.length === 0 || subprotocol !== undefined) return undefined;
  return new HandshakeError('the server chose none of the subprotocols');
}

/** Tells of a connection what the web platform has a word for, and answers pings. */
class EventRelay implements ConnectionHandler, MessageHandler {
  #connection: Connection | undefined;
  #events: ConnectionEvents | undefined;

  start(connection: Connection, events: ConnectionEvents): void {
    this.#connection = connection;
    this.#events = events;
  }

  onMessage(payload: string | Uint8Array, opcode: number): void {
    this.#events?.onMessage(payload, opcode);
  }

  onPing(payload: Uint8Array): void {
    this.#connection?.sender.sendControlFrame(Opcode.PONG, payload);
  }

  onDrain(): void {
    this.#events?.onDrain();
  }

  onClosing(): void {
    this.#events?.onClosing();
  }

  onClosed(closure: Closure): void {
    this.#events?.onClosed(closure);
  }

  onPong(): void {}
  onControlFrame(): void {}
  onError(): void {}
  onHighWater(): void {}
}
