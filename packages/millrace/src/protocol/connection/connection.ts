import { CloseCode } from '../base/close-code.ts';
import { RemoteProtocolError, TransportError, toError } from '../base/errors.ts';
import { Opcode } from '../base/opcode.ts';
import type { Receiver } from '../receive/handlers.ts';
import { createReceivePipeline } from '../receive/levels.ts';
import { Scheduler } from '../send/scheduler.ts';
import { checkCloseBody, decodeCloseBody, encodeCloseBody, truncateCloseReason } from '../wire/close-body.ts';
import { ClosingHandshake, type ClosingListener } from './closing-handshake.ts';
import type { ClosingState } from './closing.ts';
import type { ConnectionHandler, ConnectionHost, ConnectionStats, TransportDirective } from './host.ts';
import { Inbound, type InboundOwner } from '../receive/inbound.ts';
import { KeepAlive } from './keep-alive.ts';
import { MessageSender, type SenderOwner } from './message-sender.ts';
import type { ResolvedConnectionOptions } from './options.ts';

/** What a {@link Connection} is made of. */
export interface ConnectionSetup {
  /** Our side: a client masks what it sends (RFC 6455 §5.1). */
  readonly role: 'client' | 'server';
  readonly options: ResolvedConnectionOptions;
  readonly host: ConnectionHost;
  /** The level at which messages are received, and who takes them. */
  readonly receiver: Receiver;
  readonly handler: ConnectionHandler;
  /** Bytes of payload that a handler of level 3 gets at a time, at most; `Infinity` unless given. */
  readonly largestPiece?: number | undefined;
}

/**
 * What is read and thrown away of a connection that has failed, in bytes, before its transport is dropped: more than the operating systems of
 * both sides keep under way, so that an honest peer finds our Close before that.
 */
const MAX_DISCARDED = 16 * 1024 * 1024;

/**
 * One WebSocket connection after its opening handshake, without I/O.
 *
 * A driver feeds it bytes and the time, and does with its transport what it says; docs/driving-the-protocol.md tells how. An
 * application sends through {@link sender} and is called by it, and may call everything from within its handlers.
 */
export class Connection implements InboundOwner, SenderOwner, ClosingListener {
  /** Sends messages, frames and control frames. */
  readonly sender: MessageSender;

  readonly #role: 'client' | 'server';
  readonly #closeTimeout: number;
  readonly #host: ConnectionHost;
  readonly #handler: ConnectionHandler;
  readonly #inbound: Inbound;
  readonly #scheduler: Scheduler;
  readonly #keepAlive: KeepAlive;
  readonly #closing: ClosingHandshake;
  #closeDeadline = Infinity;
  /** Whether the peer's side of the transport has ended. */
  #inputEnded = false;
  #isDropped = false;
  /** Whether the handler was told that nothing can be sent any more. */
  #sendingEnded = false;
  #bytesReceived = 0;
  #bytesSent = 0;
  #bytesDiscarded = 0;

  constructor(setup: ConnectionSetup) {
    const { role, options, host, receiver, handler } = setup;
    this.#role = role;
    this.#closeTimeout = options.closeTimeout;
    this.#host = host;
    this.#handler = handler;
    this.#keepAlive = new KeepAlive(options.keepAlive, host.now());
    this.#closing = new ClosingHandshake(this);
    this.#inbound = new Inbound({
      role,
      reserved: options.claims,
      messages: createReceivePipeline(receiver, options, host.text),
      largestPiece: setup.largestPiece ?? Infinity,
      owner: this,
    });
    const closing = this.#closing;
    const scheduler = new Scheduler({ role, host, fragmentSize: options.fragmentSize, closing });
    this.#scheduler = scheduler;
    this.sender = new MessageSender({ scheduler, closing, options, host, owner: this });
  }

  // State

  /** Where the connection stands in its closing. */
  get state(): ClosingState {
    return this.#closing.state;
  }

  /** Counters since the opening handshake. */
  get stats(): ConnectionStats {
    const bytes = { bytesReceived: this.#bytesReceived, bytesSent: this.#bytesSent };
    return { ...bytes, ...this.#inbound.counts, ...this.#scheduler.counts };
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
    if (this.#inbound.isStopped) {
      this.#bytesDiscarded += chunk.length;
      if (this.#bytesDiscarded > MAX_DISCARDED) this.drop();
      return;
    }
    this.#keepAlive.heard(this.#host.now());
    this.#inbound.receive(chunk);
  }

  /** Takes the end of the peer's side of the transport: no bytes will come any more. Repeating it does nothing. */
  receiveEnd(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    const { state } = this.#closing;
    // Otherwise the Close that we still have to send may find its way.
    if (state === 'open' || state === 'closing' || state === 'closeSent') {
      this.#closing.begin('remote', new TransportError('the peer ended the transport without a Close frame'));
      this.drop();
    }
    this.#host.requestUpdate();
  }

  /** Takes an error of the transport, which is of no use any more. */
  transportFailed(cause: Error): void {
    if (this.#closing.state !== 'closeDone') {
      this.#closing.begin('remote', new TransportError(`the transport failed: ${cause.message}`, { cause }));
    }
    this.drop();
  }

  /** Takes the end of the transport, in both directions: the connection is over. Repeating it does nothing. */
  transportClosed(): void {
    const { state } = this.#closing;
    if (state === 'closed') return;
    this.#closing.begin('remote');
    this.#inbound.stop();
    this.#closing.move('transportEnd');
    const closure = this.#closing.closure(state === 'closeDone');
    this.tell((handler) => handler.onClosed(closure));
  }

  /** When {@link handleDeadline} is to be called, in milliseconds of the host's clock; `Infinity` for never. */
  get nextDeadline(): number {
    if (this.#isDropped || this.#closing.state === 'closed') return Infinity;
    return this.#closing.state === 'open' ? this.#keepAlive.deadline : this.#closeDeadline;
  }

  /** Does what is due at `now`: pings a silent peer, gives up one that has vanished, ends a closing that takes too long. */
  handleDeadline(now: number): void {
    if (now < this.nextDeadline) return;
    const { state } = this.#closing;
    if (state !== 'open') {
      const problem = 'the closing handshake took longer than the option closeTimeout allows';
      if (state !== 'closeDone') this.#closing.begin('local', new TransportError(problem));
      this.drop();
      return;
    }
    // While we do not read, or can send no ping for a frame of ours is open, silence is not the peer's fault.
    if (!this.wantsInput || this.#scheduler.insideFrame) this.#keepAlive.heard(now);
    const verdict = this.#keepAlive.check(now, this.#inbound.insideFrame);
    if (verdict === 'ping') this.sender.sendControlFrame(Opcode.PING);
    if (verdict !== 'lost') return;
    this.#closing.begin(
      'local',
      new TransportError('the peer has vanished: it was silent for longer than keepAlive allows'),
    );
    this.drop();
  }

  // From the application

  /**
   * Pauses receiving, at once, until {@link resume} is called with the same reason. Repeating it does nothing.
   *
   * While the connection closes, nothing can wait: messages are discarded instead.
   */
  pause(reason: string): void {
    this.#inbound.pause(reason);
    this.#host.requestUpdate();
  }

  /** Takes a reason to pause away; without any left, receiving goes on with what waits. Repeating it does nothing. */
  resume(reason: string): void {
    if (!this.#inbound.resume(reason)) return;
    this.#keepAlive.heard(this.#host.now());
    this.#host.requestUpdate();
  }

  /**
   * Starts the closing handshake. What was sent before goes out first, an open message may be ended until `closeTimeout`, new messages
   * are not sent. Messages of the peer are delivered until its Close comes, unless receiving is paused: then they are discarded.
   *
   * Repeating it does nothing, nor does it after the peer's Close.
   *
   * @param code - one that RFC 6455 §7.4 lets this side send; without it the Close frame is empty
   * @param reason - at most 123 bytes of UTF-8
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long or comes without a code
   *
   * @see RFC 6455 §7.1.2
   */
  close(code?: number, reason = ''): void {
    const body = { code, reason };
    checkCloseBody(body, this.#role);
    if (this.state !== 'open') return;
    this.#closing.begin('local');
    this.#closing.body = body;
    this.#closing.move('close');
    // A handler that was told of it may have failed the connection.
    if (this.#closing.state !== 'closing') return;
    if (this.#scheduler.insideEndlessFrame) this.#failWithoutClose();
    else this.#scheduler.close(encodeCloseBody(body));
    this.#inbound.stopWaiting();
    this.#host.requestUpdate();
  }

  /**
   * Fails the connection: sends Close with the code of the error (1011 and no reason, if it has none) where that is possible, and ends the
   * transport. Repeating it does nothing.
   *
   * @see RFC 6455 §7.1.7
   */
  fail(error: Error): void {
    const { state, isSent } = this.#closing;
    if (state === 'closeDone' || state === 'failed' || state === 'closed') return;
    this.#closing.begin('local', error);
    if (!isSent) this.#closing.body = closeBodyFor(error);
    this.#inbound.stop();
    this.#closing.move('fail');
    if (!isSent) this.#scheduler.fail(encodeCloseBody(closeBodyFor(error)));
    this.#host.requestUpdate();
  }

  /** Ends the transport now, without any handshake; nothing that came is delivered any more. Repeating it does nothing. */
  drop(): void {
    this.#closing.begin('local');
    this.#inbound.stop();
    this.#isDropped = true;
    // Nothing can be sent any more.
    this.#closing.move('fail');
    this.#host.requestUpdate();
  }

  // For the driver

  /** Whether bytes should be read from the transport. */
  get wantsInput(): boolean {
    return this.#inbound.isStopped || this.#inbound.isReady;
  }

  /** What is to be done with the transport, once all output is written. */
  get transport(): TransportDirective {
    const { state } = this.#closing;
    if (this.#isDropped || state === 'closed') return 'drop';
    if (state === 'failed') return 'end';
    // RFC 6455 §7.1.1: it is the server that ends the transport first.
    return state === 'closeDone' && (this.#role === 'server' || this.#inputEnded) ? 'end' : 'open';
  }

  /**
   * Takes out what is to be written next, in order, in pieces of altogether about `limit` bytes. Call it when the transport has written
   * what it was given before, so that control frames can overtake what waits.
   */
  takeOutput(limit: number): Uint8Array[] {
    const pieces = this.#scheduler.takeOutput(limit);
    for (const piece of pieces) this.#bytesSent += piece.length;
    return pieces;
  }

  /** Whether {@link takeOutput} has something to give. */
  get hasOutput(): boolean {
    return this.#scheduler.hasOutput;
  }

  // For its parts

  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void {
    if (opcode === Opcode.CLOSE) this.#receiveClose(payload);
    else if (opcode === Opcode.PING) this.#handler.onPing(payload);
    else if (opcode === Opcode.PONG) this.#handler.onPong(payload);
    else this.#handler.onControlFrame(opcode, payload, reservedBits);
  }

  tell(news: (handler: ConnectionHandler) => void): void {
    try {
      news(this.#handler);
    } catch (error) {
      this.onReceiveError(toError(error));
    }
  }

  onReceiveError(error: Error): void {
    this.fail(error);
    if (error instanceof RemoteProtocolError) return;
    try {
      this.#handler.onError(error);
    } catch {
      // There is nobody left to tell, and whoever drives us must not suffer for it.
    }
  }

  onMove(before: ClosingState): void {
    if (before === 'open') this.#closeDeadline = this.#host.now() + this.#closeTimeout;
    if (this.#sendingEnded || this.sender.canSend) return;
    this.#sendingEnded = true;
    this.tell((handler) => handler.onClosing());
  }

  #receiveClose(payload: Uint8Array): void {
    const received = decodeCloseBody(payload);
    this.#closing.received = received;
    this.#closing.begin('remote');
    // RFC 6455 §5.5.1: nothing that follows is of interest.
    this.#inbound.stop();
    this.#closing.move('receiveClose');
    if (this.#closing.state !== 'closeReceived') return;
    this.#closing.body = received;
    if (!this.#scheduler.abandon(payload)) this.#failWithoutClose();
  }

  /** Ends the transport inside a frame of ours that nobody will finish. */
  #failWithoutClose(): void {
    const problem = 'no Close frame could be sent: a frame was open of which more than 2^53 bytes were missing';
    this.#closing.begin('local', new TransportError(problem));
    this.#inbound.stop();
    this.#closing.move('fail');
  }
}

function closeBodyFor(error: Error): { code: number; reason: string } {
  if (!(error instanceof RemoteProtocolError)) return { code: CloseCode.INTERNAL_ERROR, reason: '' };
  return { code: error.closeCode, reason: truncateCloseReason(error.closeReason) };
}
