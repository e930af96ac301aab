import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHandler } from '../protocol/connection/host.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { Receiver } from '../protocol/receive/handlers.ts';
import type { PreparedMessage } from '../protocol/send/prepared-message.ts';
import { checkCloseBody } from '../protocol/wire/close-body.ts';
import type { OnreadPlaces } from '../transport/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import { DONE, createDeferred, handled, type Deferred } from '../engine/deferred.ts';
import { Pings } from '../engine/pings.ts';
import { SendTurns } from './sending/send-turns.ts';

/** A connection whose opening handshake is done. */
export interface ConnectionMade {
  readonly role: 'client' | 'server';
  readonly socket: Duplex;
  readonly options: ResolvedConnectionOptions;
  /** Address of the other end; empty where it has none. */
  readonly peer: string;
  /** The subprotocol that was agreed on. */
  readonly subprotocol: string | undefined;
  /** The extensions that were agreed on, as a header; empty for none. */
  readonly extensions: string;
  readonly onreadPlaces: OnreadPlaces | undefined;
}

/** Who receives what comes on a connection. */
export interface SessionHandler {
  readonly receiver: Receiver;
  /** All that was sent has left, after it was too much. */
  onDrain(): void;
  /** The connection is over. */
  onClosed(closure: Closure): void;
  /** Something of the application has thrown; the connection has failed for it. */
  onError(error: Error): void;
}

/**
 * What is read at a time where each chunk is copied for the application, and the size of the copies, in bytes: larger copies come from the operating
 * system each time, and go back to it.
 */
const LARGEST_COPIED_READ = 256 * 1024;
const LARGEST_COPY = 64 * 1024;

/** For messages whose size was judged when they began to wait. */
const ADMITTED = { isAdmitted: true } as const;

/** The engine's side of a `WebSocketConnection`: whom it receives for, and what waits for it. */
export class MessageSession implements ConnectionHandler {
  readonly made: ConnectionMade;
  readonly connection: Connection;
  /** Who may send. */
  readonly turns: SendTurns = new SendTurns(() => this.connection.state === 'open');
  /** How the connection ended; `undefined` before. */
  closure: Closure | undefined;

  readonly #handler: SessionHandler;
  readonly #driver: SocketDriver;
  #pings: Pings | undefined;
  #drained: Deferred<undefined> | undefined;
  #closed: Deferred<Closure> | undefined;

  constructor(made: ConnectionMade, handler: SessionHandler) {
    const { role, options, socket, onreadPlaces } = made;
    const { receiver } = handler;
    this.made = made;
    this.#handler = handler;
    const copies = receiver.level === 'streaming';
    this.#driver = new SocketDriver({
      socket,
      onreadPlaces,
      largestRead: copies ? LARGEST_COPIED_READ : undefined,
      createConnection: (host) => {
        const largestPiece = copies ? LARGEST_COPY : undefined;
        return new Connection({ role, options, host, receiver, handler: this, largestPiece });
      },
    });
    this.connection = this.#driver.connection;
  }

  /**
   * Begins to receive.
   *
   * @param head - what came right behind the opening handshake
   */
  start(head: Uint8Array): void {
    this.#driver.start(head);
  }

  /** How the connection will have ended. */
  get closed(): Promise<Closure> {
    if (this.#closed === undefined) {
      this.#closed = createDeferred();
      if (this.closure !== undefined) this.#closed.resolve(this.closure);
    }
    return this.#closed.promise;
  }

  // Sending

  /** Bytes that were sent and not written yet, wherever they wait; 0 when the connection has ended. */
  get bufferedAmount(): number {
    return this.closure === undefined ? this.connection.sender.bufferedAmount + this.turns.waitingSize : 0;
  }

  /** Sends a whole message at once. Nobody else may have the turn. */
  sendWhole(payload: string | Uint8Array, opcode: number): Promise<void> {
    if (this.connection.state !== 'open') return this.ended();
    return this.connection.sender.sendMessage(payload, opcode) ? DONE : this.drained();
  }

  /** Sends a message that was framed before, when its turn comes. */
  sendPrepared(message: PreparedMessage): Promise<void> {
    if (!this.turns.isFree) return this.sendLater(message.payload, message.format.opcode, undefined);
    if (this.connection.state !== 'open') return this.ended();
    return this.connection.sender.sendPreparedMessage(message) ? DONE : this.drained();
  }

  /** Sends a whole message when its turn comes. */
  sendLater(payload: Uint8Array, opcode: number, signal: AbortSignal | undefined): Promise<void> {
    const { connection, turns } = this;
    if (connection.state !== 'open') return this.ended();
    if (!connection.sender.admit(payload.length, this.bufferedAmount)) return this.ended();
    const send = (): void => void connection.sender.sendMessage(payload, opcode, ADMITTED);
    return handled(turns.sendLater(payload.length, send, signal).then(() => this.sent()));
  }

  /** After something was sent, waits until more may be: at once, if no more than the high-water mark is on its way. */
  sent(): Promise<void> {
    if (this.closure?.wasClean === true) return DONE;
    if (this.closure !== undefined) return this.ended();
    if (this.connection.sender.needsDrain) return this.drained();
    // It may have been too much.
    return this.connection.state === 'failed' ? this.ended() : DONE;
  }

  /** Waits until all that was sent has left. */
  drained(): Promise<void> {
    if (this.closure !== undefined) return this.ended();
    this.#drained ??= createDeferred();
    return this.#drained.promise;
  }

  /** Fails as soon as the connection has ended. */
  ended(): Promise<never> {
    const ended = this.closed.then((closure) => {
      throw new ConnectionClosedError(closure);
    });
    return handled(ended);
  }

  /** Sends a ping, and waits for its pong: for the time between them, in milliseconds. */
  ping(signal: AbortSignal | undefined): Promise<number> {
    if (this.connection.state !== 'open') return this.ended();
    this.#pings ??= new Pings();
    return this.#pings.send(this.connection.sender, signal);
  }

  /**
   * Starts the closing handshake. Whole messages that wait for their turn go out before, and so does what is written of an open one.
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long
   */
  close(code: number, reason: string): Promise<Closure> {
    checkCloseBody({ code, reason }, this.made.role);
    if (this.connection.state === 'open') this.turns.close();
    this.connection.close(code, reason);
    return this.closed;
  }

  // From the connection

  onPing(payload: Uint8Array): void {
    this.connection.sender.sendControlFrame(Opcode.PONG, payload);
  }

  onPong(payload: Uint8Array): void {
    this.#pings?.receive(payload);
  }

  onControlFrame(): void {
    // None but Ping and Pong is allowed here.
  }

  onHighWater(): void {
    // Whoever sends sees it.
  }

  onDrain(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve(undefined);
    this.#handler.onDrain();
  }

  onClosing(): void {
    // What waits is told when it is known how the connection ended.
  }

  onError(error: Error): void {
    this.#handler.onError(error);
  }

  onClosed(closure: Closure): void {
    this.closure = closure;
    const error = new ConnectionClosedError(closure);
    // A clean end means that all output went out before our Close.
    if (closure.wasClean) this.#drained?.resolve(undefined);
    else this.#drained?.reject(error);
    this.turns.end(error);
    this.#pings?.end(error);
    this.#closed?.resolve(closure);
    this.#handler.onClosed(closure);
  }
}
