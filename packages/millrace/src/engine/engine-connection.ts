import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError, causeOf, type LimitExceededError } from '../protocol/base/errors.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionOwner } from '../protocol/connection/host.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import { lendsPayload, type Receiver } from '../protocol/receive/handlers.ts';
import type { ControlHooks } from '../protocol/receive/read-ahead.ts';
import type { Agreed } from '../protocol/extension/negotiate.ts';
import type { MessageFormat, PreparedMessage } from '../protocol/send/prepared-message.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import type { FrameObserver } from '../protocol/wire/frame-observer.ts';
import type { OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import { onAbort, untilAborted } from './abort.ts';
import { ExtensionSessions } from './agreed-extensions.ts';
import { ApplicationCalls } from './application-calls.ts';
import type { AsyncContext } from './async-context.ts';
import { DONE, createDeferred, handled, rejected, type Deferred } from './deferred.ts';
import { CHANNELS } from './diagnostics/channels.ts';
import { logAsAsked } from './diagnostics/debug-log.ts';
import { tellClosed, tellError, tellFrameIn, tellFrameOut, tellOpen } from './diagnostics/connection-diagnostics.ts';
import { Pings } from './pings.ts';
import { SendWaiters } from './send-waiters.ts';
import type { DataHolder, TotalBuffered } from './total-buffered.ts';

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
  /** The same, ready to work. */
  readonly agreed?: Agreed | undefined;
  readonly onreadPlaces: OnreadPlaces | undefined;
  /** Where all calls of the application run. */
  readonly context: AsyncContext;
  /** Who limits what all connections of a server hold together, if somebody does. */
  readonly totalBuffered?: TotalBuffered | undefined;
  /**
   * Draws a masking key for a client, 32 bits as a signed number; strong randomness unless given, as RFC 6455 §10.3 asks for.
   */
  readonly maskingKey?: (() => number) | undefined;
  /** Whether a Close for which the peer is to blame says what it did wrong; it does unless this is `false`. */
  readonly explainsFailure?: boolean | undefined;
}

/** What a façade does with its side of a connection. */
export interface ConnectionUser {
  readonly receiver: Receiver;
  /** What it is told of control frames; nothing unless given, and Pings are answered. */
  readonly controls?: ControlHooks | undefined;
  /** Whether the application has not returned from what it was given last, apart from promises that the engine knows of. */
  readonly isWorking: boolean;
  /** What it collects for the application, in bytes; nothing unless given. */
  readonly collectedSize?: number | undefined;
  /** More than `highWaterMark` bytes are on their way out. */
  onHighWater(): void;
  /** Some output was written; told when `MessageSender.tellsProgress` was set, which is to be set anew to learn of more. */
  onProgress?(): void;
  /** All that was sent has left, after it was too much. */
  onDrain(): void;
  /** Nothing can be sent any more. */
  onClosing(): void;
  /** `readAhead` is full. */
  onFull(): void;
  /** The connection has ended. Told at once. */
  onEnded(closure: Closure): void;
  /** The connection is over. Told last, behind messages that have waited. */
  onClosed(closure: Closure): void;
  /** Something of the application has thrown; the connection has failed for it. */
  onError(error: Error): void;
}

logAsAsked();

/** What is read at a time where each chunk is copied for the application, in bytes. */
const LARGEST_COPIED_READ = 256 * 1024;

/**
 * A connection, its driver and its application joined together: what every façade stands on. It knows what waits for the connection, and settles that in the
 * end.
 */
export class EngineConnection implements ConnectionOwner, DataHolder, FrameObserver {
  readonly made: ConnectionMade;
  readonly connection: Connection;
  /** Calls the application. */
  readonly calls: ApplicationCalls;
  /** How the connection ended; `undefined` before. */
  closure: Closure | undefined;

  readonly #user: ConnectionUser;
  readonly #driver: SocketDriver;
  readonly #sessions: ExtensionSessions | undefined;
  #waiters: SendWaiters | undefined;
  #pings: Pings | undefined;
  #closed: Deferred<Closure> | undefined;
  #failed: Promise<never> | undefined;
  #ended: AbortController | undefined;

  constructor(made: ConnectionMade, user: ConnectionUser) {
    const { role, options, socket, onreadPlaces, context, agreed, maskingKey, explainsFailure, totalBuffered } = made;
    const { receiver, controls } = user;
    const sessions = agreed === undefined || agreed.extensions.length === 0 ? undefined : new ExtensionSessions(agreed);
    this.#sessions = sessions;
    this.made = made;
    this.#user = user;
    this.#driver = new SocketDriver({
      socket,
      onreadPlaces,
      context,
      maskingKey,
      largestRead: receiver.level === 'whole or streaming' && !lendsPayload(receiver) ? LARGEST_COPIED_READ : undefined,
      onUpdate: totalBuffered === undefined ? undefined : () => totalBuffered.update(this),
      createConnection: (host) =>
        new Connection({
          role,
          options,
          explainsFailure,
          host,
          receiver,
          controls,
          handler: this,
          observer: this,
          claims: agreed?.claims,
          transforms: sessions?.receive,
          sendTransforms: sessions?.send,
        }),
    });
    const { connection } = this.#driver;
    this.connection = connection;
    this.calls = new ApplicationCalls(this);
    tellOpen(this);
  }

  /**
   * Begins to receive.
   *
   * @param head - what came right behind the opening handshake
   */
  start(head: Uint8Array): void {
    this.#driver.start(head);
  }

  /** Gives the socket what was sent now, and not only at the end of this turn. For a façade whose `send` is expected to write. */
  flush(): void {
    this.#driver.flush();
  }

  /** How the connection will have ended. Never rejects. */
  get closed(): Promise<Closure> {
    if (this.#closed === undefined) {
      this.#closed = createDeferred();
      if (this.closure !== undefined) this.#closed.resolve(this.closure);
    }
    return this.#closed.promise;
  }

  /** Fires when the connection has ended. */
  get signal(): AbortSignal {
    if (this.#ended === undefined) {
      this.#ended = new AbortController();
      if (this.closure !== undefined) this.#ended.abort(new ConnectionClosedError(this.closure));
    }
    return this.#ended.signal;
  }

  /** Where the calls of its application run. */
  get context(): AsyncContext {
    return this.made.context;
  }

  // Memory

  get cost(): number {
    return this.closure === undefined ? this.connection.cost + (this.#user.collectedSize ?? 0) : 0;
  }

  visitShared(visit: (bytes: Uint8Array) => void): void {
    this.connection.visitShared(visit);
    for (const piece of this.#driver.inFlight) visit(piece);
  }

  shed(error: LimitExceededError): void {
    this.context.run(() => this.connection.shed(error), undefined);
  }

  // Sending

  /** Bytes that were sent and not written yet, wherever they wait; 0 when the connection has ended. */
  get bufferedAmount(): number {
    return this.closure === undefined ? this.connection.sender.bufferedAmount : 0;
  }

  /**
   * Sends a message, when its turn comes.
   *
   * @param signal - withdraws it while it waits for its turn, or for extensions that are at work
   * @param compress - what the application said for this message
   *
   * @returns when the bytes are the caller's again, and more may be sent
   */
  send(payload: string | Uint8Array, opcode: number, signal?: AbortSignal, compress?: boolean): Promise<void> {
    if (signal?.aborted === true) return rejected(signal.reason);
    const { sender } = this.connection;
    if (!sender.canSendMessages) return untilAborted(this.ended(), signal);
    const isTaken = sender.takesAtOnce(payload.length) && (signal === undefined || sender.sendsAtOnce);
    if (!isTaken) return this.#sendLater(payload, { opcode, compress }, signal);
    const before = sender.givenReferences;
    const isBelow = sender.sendMessage(payload, { opcode, compress });
    const sent = isBelow && sender.givenReferences === before ? DONE : this.sent(before);
    return untilAborted(sent, signal);
  }

  /**
   * Sends a message that was framed before, when its turn comes.
   *
   * @param signal - withdraws it while it waits for its turn, and the caller for it
   */
  sendPrepared(message: PreparedMessage, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return rejected(signal.reason);
    const { sender } = this.connection;
    if (!sender.canSendMessages) return untilAborted(this.ended(), signal);
    const before = sender.givenReferences;
    if (signal === undefined) return sender.sendPreparedMessage(message) ? DONE : this.sent(before);
    const entry = sender.queuePreparedMessage(message);
    return untilAborted(this.sent(before), signal, () => entry?.withdraw());
  }

  /**
   * After something was sent, waits until its memory may change, and more may be sent: no more than the high-water mark is on its way.
   *
   * @param before - `givenReferences` of the sender before that
   *
   * @throws {ConnectionClosedError} the connection has ended before, and not cleanly
   */
  sent(before: number): Promise<void> {
    if (this.closure?.wasClean === true) return DONE;
    // It may have been too much.
    if (this.closure !== undefined || this.connection.state === 'failed') return this.ended();
    const references = this.connection.sender.givenReferences;
    return this.#waiting.wait(references === before ? 0 : references);
  }

  /** Waits until all that was sent has left, if it was too much. What waits for its turn is left alone. */
  drained(): Promise<void> {
    return this.closure === undefined ? this.#waiting.waitForDrain() : this.ended();
  }

  /** Does the same, and waits for what waits for its turn, if that is too much. */
  whileSlow(): Promise<void> {
    return this.closure === undefined ? this.#waiting.waitWhileSlow() : this.ended();
  }

  /** Fails as soon as the connection has ended. One promise for all who ask: one that sends on and on costs nothing. */
  ended(): Promise<never> {
    this.#failed ??= handled(
      this.closed.then((closure) => {
        throw new ConnectionClosedError(closure);
      }),
    );
    return this.#failed;
  }

  /** Sends a ping, and waits for its pong: for the time between them, in milliseconds. */
  ping(signal: AbortSignal | undefined): Promise<number> {
    if (!this.connection.sender.canSendMessages) return this.ended();
    this.#pings ??= new Pings();
    return this.#pings.send(this.connection.sender, signal);
  }

  /**
   * Starts the closing handshake. Whole messages that wait for their turn go out before, and so does what is written of an open one.
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long
   */
  close(code: number | undefined, reason: string): Promise<Closure> {
    this.connection.close(code, reason);
    return this.closed;
  }

  /** Whether an error says that this connection has ended: whoever waits for it learns it so, and need not catch it. */
  isEndOf(error: unknown): boolean {
    const reason: unknown = this.closure === undefined ? undefined : this.#ended?.signal.reason;
    // Node's own functions fail with an AbortError, and have the reason behind it.
    if (reason !== undefined && (error === reason || causeOf(error) === reason)) return true;
    if (!(error instanceof ConnectionClosedError)) return false;
    return error.closure === this.closure || error.closure === this.connection.closureInside;
  }

  // From the connection

  get isWorking(): boolean {
    return this.calls.isPending || this.#user.isWorking;
  }

  onPong(payload: Uint8Array): void {
    const latency = this.#pings?.receive(payload);
    if (latency !== undefined) this.connection.notePingLatency(latency);
  }

  onHighWater(): void {
    this.#user.onHighWater();
  }

  onProgress(): void {
    this.connection.sender.tellsProgress = false;
    this.#waiters?.settle();
    this.#user.onProgress?.();
  }

  onDrain(): void {
    this.#user.onDrain();
  }

  onClosing(): void {
    this.#user.onClosing();
  }

  onFull(): void {
    this.#user.onFull();
  }

  onError(error: Error): void {
    if (this.isEndOf(error)) return;
    tellError(this, error);
    this.#user.onError(error);
  }

  onEnded(closure: Closure): void {
    this.closure = closure;
    this.made.totalBuffered?.leave(this);
    this.#waiters?.end(closure);
    this.connection.endSending(() => new ConnectionClosedError(closure));
    this.#pings?.end(new ConnectionClosedError(closure));
    this.#sessions?.close();
    this.#closed?.resolve(closure);
    tellClosed(this, closure);
    this.#user.onEnded(closure);
    this.#ended?.abort(new ConnectionClosedError(closure));
  }

  onClosed(closure: Closure): void {
    this.#user.onClosed(closure);
  }

  // For subscribers of diagnostics channels

  get observesReceived(): boolean {
    return CHANNELS.frameIn.hasSubscribers;
  }

  get observesSent(): boolean {
    return CHANNELS.frameOut.hasSubscribers;
  }

  onFrameReceived(header: FrameHeader): void {
    tellFrameIn(this, header);
  }

  onFrameSent(byte0: number, length: number | bigint): void {
    tellFrameOut(this, byte0, length);
  }

  get #waiting(): SendWaiters {
    return (this.#waiters ??= new SendWaiters(this.connection.sender));
  }

  #sendLater(payload: string | Uint8Array, format: MessageFormat, signal: AbortSignal | undefined): Promise<void> {
    const { sender } = this.connection;
    const turn = createDeferred<undefined>();
    const wait = { isOver: false };
    const onTaken = (): void => {
      wait.isOver = true;
      turn.resolve(undefined);
    };
    const before = sender.givenReferences;
    const { isFree } = sender;
    const entry = sender.queueMessage(payload, { ...format, onTaken, onLost: turn.reject });
    // It was too much, and the connection has failed for it.
    if (entry === undefined && this.connection.state === 'failed') return this.ended();
    if (isFree) {
      // It had not to wait for its turn, but extensions take their time. Whatever is on its way by then is waited for.
      const sent = wait.isOver ? this.sent(before) : handled(turn.promise.then(() => this.sent(-1)));
      return untilAborted(sent, signal, () => entry?.withdraw());
    }
    // It waits in a copy.
    if (wait.isOver) return DONE;
    onAbort(signal, turn.promise, (reason) => {
      if (entry?.withdraw() === true) turn.reject(reason);
    });
    return handled(turn.promise.then(() => this.#waiting.waitForMemory(sender.givenReferences)));
  }
}
