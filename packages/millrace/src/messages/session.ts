import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHandler } from '../protocol/connection/host.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { PreparedMessage } from '../protocol/message/prepared-message.ts';
import type { Receiver } from '../protocol/message/handlers.ts';
import type { OnreadPlaces } from '../transport/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import { DONE, createDeferred, handled, type Deferred } from './deferred.ts';
import { Pings } from './pings.ts';
import { SendTurns } from './send-turns.ts';

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

/** The engine's side of a `WebSocketConnection`: whom it receives for, and what waits for it. */
export class MessageSession implements ConnectionHandler {
  readonly made: ConnectionMade;
  readonly connection: Connection;
  /** Who may send. */
  readonly turns: SendTurns = new SendTurns();
  /** How the connection ended; `undefined` before. */
  closure: Closure | undefined;

  readonly #handler: SessionHandler;
  readonly #driver: SocketDriver;
  #pings: Pings | undefined;
  #drained: Deferred<undefined> | undefined;
  #closed: Deferred<Closure> | undefined;
  /** What is to be told of the end. */
  #endings: Set<(error: Error) => void> | undefined;

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

  /** Sends a whole message; behind an open one it waits. */
  sendWhole(payload: string | Uint8Array, opcode: number): Promise<void> {
    if (this.connection.state !== 'open') return this.ended();
    return this.connection.sender.sendMessage(payload, opcode) ? DONE : this.drained();
  }

  /** Sends a message that was framed before. */
  sendPrepared(message: PreparedMessage): Promise<void> {
    if (this.connection.state !== 'open') return this.ended();
    return this.connection.sender.sendPreparedMessage(message) ? DONE : this.drained();
  }

  /** Waits until more may be sent: at once, if no more than the high-water mark is on its way. */
  ready(): Promise<void> {
    const { sender } = this.connection;
    if (sender.needsDrain) return this.drained();
    return sender.canSend || this.connection.state === 'open' ? DONE : this.ended();
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

  /**
   * Calls `callback` when the connection ends.
   *
   * @returns what withdraws that
   */
  whenEnded(callback: (error: Error) => void): () => void {
    this.#endings ??= new Set();
    this.#endings.add(callback);
    return () => this.#endings?.delete(callback);
  }

  /** Sends a ping, and waits for its pong: for the time between them, in milliseconds. */
  ping(signal: AbortSignal | undefined): Promise<number> {
    if (this.connection.state !== 'open') return this.ended();
    this.#pings ??= new Pings();
    return this.#pings.send(this.connection.sender, signal);
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
    for (const callback of this.#endings ?? []) callback(error);
    this.#closed?.resolve(closure);
    this.#handler.onClosed(closure);
  }
}
