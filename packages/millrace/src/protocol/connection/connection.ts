import type { CloseBody, Closure } from '../base/closure.ts';
import { RemoteProtocolError, toError, type LimitExceededError } from '../base/errors.ts';
import { Opcode } from '../base/opcode.ts';
import type { Inbound } from '../receive/inbound.ts';
import type { ControlHooks, HoldReason } from '../receive/read-ahead.ts';
import type { Scheduler } from '../send/scheduler.ts';
import { lostPayload } from '../send/send-queue.ts';
import type { ClosingHandshake } from './closing-handshake.ts';
import type { ClosingState } from './closing.ts';
import type { Ending } from './ending.ts';
import type { ConnectionOwner, ConnectionHost, ConnectionStats, TransportDirective } from './host.ts';
import type { MessageSender } from './message-sender.ts';
import { ProtocolParts, type ConnectionSetup, type PartsOwner } from './parts.ts';
import { statsOf } from './stats.ts';
import type { Watch } from './watch.ts';

/**
 * What is read and thrown away behind the end of receiving, in bytes, before the transport is dropped: more than the operating systems of
 * both sides keep under way, so that an honest peer finds our Close before that.
 */
const MAX_DISCARDED = 16 * 1024 * 1024;

const NO_CONTROLS: ControlHooks = {};

/**
 * One WebSocket connection after its opening handshake, without I/O.
 *
 * A driver feeds it bytes and the time, and does with its transport what it says; docs/driving-the-protocol.md tells how. An
 * application sends through {@link sender} and is called by it, and may call everything from within its handlers.
 */
export class Connection implements PartsOwner {
  /** Sends messages, frames and control frames. */
  readonly sender: MessageSender;

  readonly #parts: ProtocolParts;
  readonly #controls: ControlHooks;
  // Those that are needed for each message.
  readonly #host: ConnectionHost;
  readonly #inbound: Inbound;
  readonly #scheduler: Scheduler;
  readonly #watch: Watch;
  #closureInside: Closure | undefined;
  #bytesReceived = 0;
  #bytesSent = 0;

  constructor(setup: ConnectionSetup) {
    const { host, controls = NO_CONTROLS } = setup;
    const parts = new ProtocolParts(setup, this);
    this.#parts = parts;
    this.#controls = controls;
    this.#host = host;
    this.#inbound = parts.inbound;
    this.#scheduler = parts.scheduler;
    this.#watch = parts.watch;
    this.sender = parts.sender;
  }

  // State

  /** Where the connection stands in its closing. */
  get state(): ClosingState {
    return this.#closing.state;
  }

  /** What the application has closed the connection with, if it was the first to want its end; also if that was never sent, or not answered. */
  get farewell(): CloseBody | undefined {
    return this.#closing.farewell;
  }

  /** Why the connection fails or has failed; `undefined` where it does not, and before. */
  get error(): Error | undefined {
    return this.#closing.error;
  }

  /** How many bytes of output there have been, those that wait to be written included: where what was sent last ends. */
  get outputPosition(): number {
    return this.#bytesSent + this.#scheduler.output.size;
  }

  /** How many bytes of output the transport has written: up to where in {@link outputPosition}. */
  get writtenPosition(): number {
    return this.#bytesSent - this.#host.transportBufferedAmount();
  }

  /** Counters since the opening handshake. */
  get stats(): ConnectionStats {
    return statsOf({
      bytesReceived: this.#bytesReceived,
      bytesSent: this.#bytesSent,
      received: this.#inbound.counts,
      sent: this.#scheduler.counts,
      changed: this.#parts.sendPipeline?.counts,
      pingLatency: this.#watch.pingLatency,
    });
  }

  /** Notes how long a ping of the application has taken to be answered, in milliseconds: for {@link stats}. */
  notePingLatency(latency: number): void {
    this.#watch.pingLatency = latency;
  }

  // From the network and the clock

  /**
   * Takes bytes that arrived, and calls the handlers before it returns. While {@link wantsInput} is `false`, what comes is copied and
   * waits.
   *
   * @param chunk - borrowed until the call returns; masked payload is unmasked in place
   */
  receive(chunk: Uint8Array): void {
    this.#bytesReceived += chunk.length;
    const now = this.#host.now();
    this.#watch.heard(now);
    this.#inbound.receive(chunk, now);
    this.#watch.received(now, chunk.length);
    if (this.#inbound.bytesBehindEnd > MAX_DISCARDED) this.drop();
  }

  /** Takes the end of the peer's side of the transport: no bytes will come any more. Repeating it does nothing. */
  receiveEnd(): void {
    this.#ending.receiveEnd();
  }

  /** Takes an error of the transport, which is of no use any more. */
  transportFailed(cause: Error): void {
    this.#ending.transportFailed(cause);
  }

  /** Takes the end of the transport, in both directions: the connection has ended. Repeating it does nothing. */
  transportClosed(): void {
    this.#ending.transportClosed();
  }

  /** When {@link handleDeadline} is to be called, in milliseconds of the host's clock; `Infinity` for never. */
  get nextDeadline(): number {
    if (this.#closing.state !== 'open') return this.#ending.deadline;
    return Math.min(this.#watch.deadline, this.#jobDeadline);
  }

  /** When a job of an extension has taken too long. */
  get #jobDeadline(): number {
    return Math.min(this.#inbound.jobDeadline, this.#parts.sendPipeline?.deadline ?? Infinity);
  }

  /** Does what is due at `now`: pings a silent peer, gives up one that has vanished, ends what takes too long. */
  handleDeadline(now: number): void {
    if (now < this.nextDeadline) return;
    if (this.#closing.state !== 'open') this.#ending.handleDeadline(now);
    else if (now >= this.#jobDeadline) this.fail(new Error('an extension took more than 30 s for a piece'));
    else if (this.#watch.look(now)) this.#watch.keepAlive(now);
    this.#host.requestUpdate();
  }

  /** What it holds for the application and for the transport, by its cost in memory. */
  get cost(): number {
    return this.sender.cost + this.#inbound.cost;
  }

  /** Fails the connection since too much is held by all together, and gives up what it holds. */
  shed(error: LimitExceededError): void {
    this.sender.giveUp(() => this.#scheduler.giveUpOutput());
    this.fail(error);
  }

  /** Visits what it was given to send and others may hold, too. */
  visitShared(visit: (bytes: Uint8Array) => void): void {
    this.#scheduler.visitShared(visit);
    this.#parts.queue.visitShared(visit);
  }

  /** Takes a turn of the event loop that `ConnectionHost.requestTurn` has asked for. */
  handleTurn(): void {
    this.#inbound.renewTurn();
    this.#ending.handleTurn();
  }

  // From the application

  /**
   * The application takes nothing more for now, until {@link release} is called with the same reason: what is for it waits, up to `readAhead`. Repeating it does
   * nothing.
   *
   * While the connection closes, no more than that waits: the rest is discarded.
   */
  hold(reason: HoldReason): void {
    this.#inbound.hold(reason);
    this.#host.requestUpdate();
  }

  /** Takes a reason to wait away; without any left, receiving goes on with what waits. Repeating it does nothing. */
  release(reason: HoldReason): void {
    if (this.#inbound.release(reason)) this.#watch.heard(this.#host.now());
  }

  /**
   * How it ends, as far as that is known, if the peer's Close came inside a message, which will never be complete: nothing waits for that message then. Otherwise
   * `undefined`.
   */
  get closureInside(): Closure | undefined {
    if (this.#inbound.isCut) this.#closureInside ??= this.#ending.closureInside();
    return this.#closureInside;
  }

  /** Whether something waits for the application. */
  get hasWaiting(): boolean {
    return !this.#inbound.isEmpty;
  }

  /**
   * Hands out the first thing that waits, to an application that asks for one thing at a time and is held otherwise.
   *
   * @returns whether it did; otherwise {@link release} has more come when there is more
   */
  handOutOne(): boolean {
    return this.#inbound.handOutOne();
  }

  /** Goes on with what waits for the application, if that is possible: it may have returned from something. May be called often. */
  proceed(): void {
    this.#inbound.proceed();
  }

  /** From now on messages are dropped as they come; limits hold as before, and control frames are dealt with. Repeating it does nothing. */
  ignoreMessages(): void {
    this.#inbound.ignoreMessages();
  }

  /**
   * Starts the closing handshake, or answers the peer's Close. What was sent before goes out first, an open message may be ended until `closeTimeout`, new
   * messages are not sent. Messages of the peer are delivered until its Close comes; where the application is busy, what exceeds `readAhead` is discarded.
   *
   * Repeating it does nothing.
   *
   * @param code - one that RFC 6455 §7.4 lets this side send; without it the Close frame is empty
   * @param reason - at most 123 bytes of UTF-8
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long or comes without a code
   *
   * @see RFC 6455 §7.1.2
   */
  close(code?: number, reason = ''): void {
    this.closeFor('application', code, reason);
  }

  /**
   * Does the same as {@link close}, but does not wait for the end of an open message: it is abandoned at the end of its last frame, and messages that wait behind
   * it are not sent. Nor is anything discarded for an application that is busy: nothing more is read until it takes something, or `closeTimeout` has passed.
   *
   * @throws {LocalUsageError} as {@link close} does
   */
  closeAtOnce(code?: number, reason = ''): void {
    this.#ending.close('application', code, reason, { isAtOnce: true });
  }

  /** Does the same as {@link close}, and says who wants it: the application, or the engine for a limit. */
  closeFor(initiator: 'application' | 'engine', code: number | undefined, reason: string): void {
    this.#ending.close(initiator, code, reason);
  }

  /**
   * Fails the connection: sends Close with the code of the error (1011 and no reason, if it has none) where that is possible, and ends the
   * transport. Repeating it does nothing.
   *
   * @see RFC 6455 §7.1.7
   */
  fail(error: Error): void {
    this.#ending.fail(error);
  }

  /** Ends the transport now, without any handshake. Messages that were complete are still delivered. Repeating it does nothing. */
  drop(): void {
    this.#ending.drop();
  }

  /** Tells whoever waits for a turn to send that the connection has ended. For whoever deals with its end. */
  endSending(createError: () => Error): void {
    const { queue, sendPipeline } = this.#parts;
    if (queue.isIdle && sendPipeline === undefined) return;
    const error = createError();
    sendPipeline?.end(error);
    queue.end(error);
  }

  // For the driver

  /** Whether bytes should be read from the transport. */
  get wantsInput(): boolean {
    return this.#inbound.wantsInput;
  }

  /** Whether large reads are of use: all that was read last was dealt with, or only has to wait for its turn. */
  get takesLargeReads(): boolean {
    return !this.#inbound.hasUnread || this.#inbound.isTurnOver;
  }

  /** What is to be done with the transport, once all output is written. */
  get transport(): TransportDirective {
    return this.#ending.transport;
  }

  /**
   * Takes out what is to be written next, in order, in pieces of altogether about `limit` bytes. Call it when the transport has written
   * what it was given before, so that control frames can overtake what waits; and {@link outputMoved} when it was given to the transport.
   */
  takeOutput(limit: number): Uint8Array[] {
    const pieces = this.#scheduler.takeOutput(limit);
    for (const piece of pieces) this.#bytesSent += piece.length;
    if (pieces.length > 0) this.#watch.sent(this.#bytesSent);
    const size = this.#scheduler.takeLostPayload();
    if (size !== undefined) this.#ending.losePayload(lostPayload(size));
    return pieces;
  }

  /** Whether {@link takeOutput} has something to give. */
  get hasOutput(): boolean {
    return this.#scheduler.hasOutput;
  }

  /** Takes the news that the transport was given output, or has written some. May be called often. */
  outputMoved(): void {
    this.sender.outputMoved();
  }

  // For its parts

  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void {
    const { onPing, onPong, onControlFrame } = this.#controls;
    if (opcode === Opcode.CLOSE) {
      this.#ending.receiveClose(payload);
    } else if (opcode === Opcode.PING) {
      if (onPing === undefined) this.sender.sendAutomaticPong(payload);
      else this.#inbound.tellInOrder(payload, () => onPing(payload));
    } else if (opcode === Opcode.PONG) {
      // Those of keepalive are empty.
      if (payload.length === 0) this.#watch.answered(this.#host.now());
      this.#parts.handler.onPong(payload);
      if (onPong !== undefined) this.#inbound.tellInOrder(payload, () => onPong(payload));
    } else {
      this.#inbound.tellInOrder(payload, () => onControlFrame?.(opcode, payload, reservedBits));
    }
  }

  tell(news: (handler: ConnectionOwner) => void): void {
    try {
      news(this.#parts.handler);
    } catch (thrown) {
      this.#applicationFailed(toError(thrown));
    }
  }

  onReceiveError(error: Error): void {
    if (error instanceof RemoteProtocolError) this.#ending.violate(error);
    else this.#applicationFailed(error);
  }

  onAdvanced(): void {
    this.#ending.onAdvanced();
    // It may want more input now.
    this.#host.requestUpdate();
  }

  onFull(): void {
    this.#watch.paused(this.#host.now());
    this.tell((handler) => handler.onFull());
  }

  onMessageSent(): void {
    this.#parts.queue.advance();
  }

  onCloseSent(): void {
    this.#closing.isSent = true;
    this.#closing.move('sendClose');
  }

  onSendError(error: Error): void {
    this.fail(error);
  }

  onPayloadLost(size: number): void {
    this.fail(lostPayload(size));
  }

  onLaterOutput(): void {
    this.#host.requestUpdate();
  }

  onMove(): void {
    this.#ending.onMove();
  }

  get #closing(): ClosingHandshake {
    return this.#parts.closing;
  }

  get #ending(): Ending {
    return this.#parts.ending;
  }

  #applicationFailed(error: Error): void {
    this.fail(error);
    try {
      this.#parts.handler.onError(error);
    } catch {
      // There is nobody left to tell, and whoever drives us must not suffer for it.
    }
  }
}
