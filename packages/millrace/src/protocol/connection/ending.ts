import { CloseCode } from '../base/close-code.ts';
import type { CloseBody, Closure } from '../base/closure.ts';
import { RemoteProtocolError, TransportError } from '../base/errors.ts';
import type { Inbound } from '../receive/inbound.ts';
import type { MessageOutput } from '../send/message-output.ts';
import type { Scheduler } from '../send/scheduler.ts';
import type { SendQueue } from '../send/send-queue.ts';
import { checkCloseBody, decodeCloseBody, encodeCloseBody, truncateCloseReason } from '../wire/close-body.ts';
import type { ClosingHandshake, ClosingListener } from './closing-handshake.ts';
import type { ConnectionOwner, ConnectionHost, TransportDirective } from './host.ts';
import type { MessageSender } from './message-sender.ts';
import type { ResolvedConnectionOptions } from './options.ts';
import type { SenderOwner } from './sender-setup.ts';

/** How long the application may take for messages that came before a violation of the peer, in milliseconds. */
const GRACE = 100;

/** What an {@link Ending} works with. */
export interface EndingSetup {
  readonly role: 'client' | 'server';
  readonly options: Pick<ResolvedConnectionOptions, 'closeTimeout'>;
  /** Whether a Close for which the peer is to blame says what it did wrong. */
  readonly explainsFailure: boolean;
  readonly host: ConnectionHost;
  readonly handler: ConnectionOwner;
  readonly closing: ClosingHandshake;
  readonly inbound: Inbound;
  readonly scheduler: Scheduler;
  readonly messages: MessageOutput;
  readonly queue: SendQueue;
  readonly sender: MessageSender;
  readonly owner: Pick<SenderOwner, 'tell'>;
}

/** Ends a connection: by the closing handshake, by failing, or with the transport. Each wait in it has a deadline. */
export class Ending implements ClosingListener {
  readonly #setup: EndingSetup;
  readonly #closing: ClosingHandshake;
  /** When what is left to do in the present state has taken too long, in milliseconds of the host's clock. */
  #deadline = Infinity;
  /** When the closing has taken too long altogether. */
  #closeDeadline = Infinity;
  /** Whether the peer's side of the transport has ended. */
  #inputEnded = false;
  #isDropped = false;
  #hasLostPayload = false;
  /** Whether the wire is between two frames, after the connection has failed. */
  #canSendClose = false;
  /** Whether our Close goes out in front of the end of the message that is open, and what waits for the application goes on waiting. */
  #isAtOnce = false;
  /** Whether the handler was told that nothing can be sent any more. */
  #sendingEnded = false;
  /** What was sent and handed out, when a violation was found or at the last turn after that. */
  #activity = 0;
  /** Tells the handler that the connection is over; `undefined` before its end, and when that was done. */
  #tellClosed: (() => void) | undefined;

  constructor(setup: EndingSetup) {
    this.#setup = setup;
    this.#closing = setup.closing;
  }

  /** When {@link handleDeadline} is to be called, in milliseconds of the host's clock; `Infinity` while the connection is open. */
  get deadline(): number {
    if (this.#closing.state === 'closed') return this.#tellClosed === undefined ? Infinity : this.#deadline;
    return this.#isDropped ? Infinity : this.#deadline;
  }

  /** What is to be done with the transport, once all output is written. */
  get transport(): TransportDirective {
    const { state } = this.#closing;
    if (this.#isDropped || state === 'closed') return 'drop';
    if (state === 'failed') return 'end';
    // RFC 6455 §7.1.1: it is the server that ends the transport first.
    return state === 'closeDone' && (this.#setup.role === 'server' || this.#inputEnded) ? 'end' : 'open';
  }

  /** See `Connection.closeFor`. */
  close(
    initiator: 'application' | 'engine',
    code: number | undefined,
    reason: string,
    { isAtOnce = false }: { readonly isAtOnce?: boolean } = {},
  ): void {
    const body = { code, reason };
    checkCloseBody(body, this.#setup.role);
    const { state } = this.#closing;
    if (state !== 'open' && state !== 'closeReceived') return;
    if (initiator === 'application') this.#closing.sayFarewell(body);
    this.#closing.begin(initiator);
    this.#closing.body = body;
    this.#isAtOnce = isAtOnce;
    this.#closing.move('close');
    this.#sendClose();
  }

  /** Takes the peer's Close. It is answered at once, or when the application has returned from the messages before it. */
  receiveClose(payload: Uint8Array): void {
    const { host, inbound, options } = this.#setup;
    const received = decodeCloseBody(payload);
    this.#closing.received = received;
    this.#closing.begin('remote');
    // RFC 6455 §5.5.1: nothing that follows is of interest.
    inbound.cut();
    inbound.stop();
    this.#closing.move('receiveClose');
    const { state } = this.#closing;
    if (state === 'answering') this.#sendClose();
    if (state !== 'closeReceived') return;
    // Our answer has its code, unless the application asks for another. The peer's clock runs, too.
    this.#closing.body = received;
    this.#deadline = host.now() + options.closeTimeout / 2;
    host.requestUpdate();
  }

  /** The peer has broken a rule, for which the connection fails: at once, or when what came before has been dealt with. */
  violate(error: RemoteProtocolError): void {
    const { host, inbound, handler } = this.#setup;
    if (this.#closing.state !== 'open' || (inbound.isEmpty && !handler.isWorking)) {
      this.fail(error);
      return;
    }
    this.#closing.begin('engine', error);
    inbound.stop();
    this.#closing.move('violate');
    this.#deadline = host.now() + GRACE;
    this.#waitForActivity();
  }

  /** See `Connection.fail`. */
  fail(error: Error): void {
    const { state } = this.#closing;
    if (state !== 'closeDone' && state !== 'failed' && state !== 'closed') this.#fail(error);
  }

  /** A payload was lost before it left, and all that was behind it: our Close, too, if that was on its way. */
  losePayload(error: Error): void {
    if (this.#isDropped || this.#closing.state === 'closed') return;
    this.#closing.isSent = false;
    this.#hasLostPayload = true;
    this.#fail(error);
  }

  #fail(error: Error): void {
    const { inbound, host } = this.#setup;
    const { isSent } = this.#closing;
    this.#closing.begin('engine', error);
    inbound.stop();
    inbound.drop();
    const body = closeBodyFor(this.#closing.error, this.#setup.explainsFailure ? 'with a reason' : 'without');
    if (!isSent) this.#closing.body = body;
    this.#closing.move('fail');
    this.#giveUpOutput();
    if (!isSent && this.#canSendClose) this.#setup.scheduler.sendClose(encodeCloseBody(body));
    host.requestUpdate();
  }

  /** See `Connection.drop`. */
  drop(): void {
    const { inbound, host } = this.#setup;
    this.#closing.begin('application');
    inbound.stop();
    this.#isDropped = true;
    // Nothing can be sent any more.
    this.#closing.move('fail');
    host.requestUpdate();
  }

  /** Gives the connection up for a reason of ours. */
  giveUp(problem: string): void {
    this.#closing.begin('engine', new TransportError(problem));
    this.drop();
  }

  /** The peer's side of the transport has ended. */
  receiveEnd(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#endInput();
    this.#setup.host.requestUpdate();
  }

  /** The transport is of no use any more. */
  transportFailed(cause: Error): void {
    if (this.#closing.state !== 'closeDone') {
      this.#closing.begin('remote', new TransportError(`the transport failed: ${cause.message}`, { cause }));
    }
    this.drop();
  }

  /** The transport has ended in both directions, and the connection with it. */
  transportClosed(): void {
    const { state } = this.#closing;
    if (state === 'closed') return;
    const { inbound, sender, host, options, owner } = this.#setup;
    this.#closing.begin('remote');
    inbound.stop();
    const losses = { unsentBytes: sender.unsentAmount, discardedBytes: inbound.bytesDiscarded };
    // Our Close is the last of the output.
    const wasClean = state === 'closeDone' && sender.bufferedAmount === 0 && !this.#hasLostPayload;
    this.#closing.move('transportEnd');
    const closure = this.#closing.closure(wasClean, losses);
    this.#deadline = host.now() + options.closeTimeout;
    this.#tellClosed = () => owner.tell((handler) => handler.onClosed(closure));
    owner.tell((handler) => handler.onEnded(closure));
    this.onAdvanced();
    host.requestUpdate();
  }

  /** How it ends, as far as that is known when the peer has closed it inside a message: not cleanly so far. */
  closureInside(): Closure {
    const { inbound, sender } = this.#setup;
    const losses = { unsentBytes: sender.unsentAmount, discardedBytes: inbound.bytesDiscarded };
    return Object.freeze({
      ...this.#closing.closure(false, losses),
      reason: 'the peer has closed it inside a message',
    });
  }

  /** Does what is due: a deadline has passed. */
  handleDeadline(now: number): void {
    const { state } = this.#closing;
    if (state === 'closed') this.#endWaiting();
    else if (state === 'failing') this.#finishFailing();
    else if (state === 'closeReceived' && now < this.#closeDeadline) this.#answerClose();
    else this.#endClosing();
  }

  /** A turn of the event loop has passed. */
  handleTurn(): void {
    if (this.#closing.state !== 'failing') return;
    if (this.#activity === this.#countActivity()) this.#finishFailing();
    else this.#waitForActivity();
  }

  /** Something was received or handed out, or the application has returned from something. */
  onAdvanced(): void {
    if (this.#inputEnded) this.#endInput();
    const { state } = this.#closing;
    if (state !== 'closeReceived' && state !== 'closed') return;
    const { inbound, handler } = this.#setup;
    if (handler.isWorking) return;
    if (state === 'closed' && inbound.isEmpty) this.#endWaiting();
    if (state === 'closeReceived' && inbound.isSettled) this.#answerClose();
  }

  onMove(): void {
    const { state } = this.#closing;
    const { host, options, sender, owner } = this.#setup;
    if (this.#closeDeadline === Infinity && state !== 'failing')
      this.#closeDeadline = host.now() + options.closeTimeout;
    this.#deadline = this.#closeDeadline;
    if (this.#sendingEnded || sender.canSend) return;
    this.#sendingEnded = true;
    owner.tell((handler) => handler.onClosing());
  }

  /** The end of the peer's side ends the connection, if there was no Close before it. */
  #endInput(): void {
    const { state } = this.#closing;
    // The Close may be in what is not parsed yet. If it was there, our answer may still find its way.
    if (this.#setup.inbound.hasUnread || (state !== 'open' && state !== 'closing' && state !== 'closeSent')) return;
    this.#closing.begin('remote', new TransportError('the peer ended the transport without a Close frame'));
    this.drop();
  }

  /** Answers the peer's Close, as the application has not done so. */
  #answerClose(): void {
    this.#closing.move('close');
    this.#sendClose();
  }

  /** Sends our Close as soon as that is possible. */
  #sendClose(): void {
    const { state, body } = this.#closing;
    // A handler that was told of it may have failed the connection.
    if (state !== 'closing' && state !== 'answering') return;
    const { scheduler, messages, queue, sender, inbound, host } = this.#setup;
    const encoded = encodeCloseBody(body);
    if (scheduler.insideEndlessFrame) {
      this.#failWithoutClose();
    } else if (state === 'closing' && !(this.#isAtOnce && scheduler.insideMessage)) {
      queue.close(encoded);
      if (!this.#isAtOnce) inbound.stopWaiting();
    } else {
      sender.giveUp(() => queue.clear());
      messages.abandon(encoded);
    }
    host.requestUpdate();
  }

  /** Gives up what cannot be completed: messages that wait, and the frame that is open. */
  #giveUpOutput(): void {
    const { sender, queue, messages } = this.#setup;
    sender.giveUp(() => {
      queue.clear();
      this.#canSendClose = messages.cutOpenFrame();
    });
  }

  /** Ends the transport inside a frame of ours that nobody will finish. */
  #failWithoutClose(): void {
    const problem = 'no Close frame could be sent: a frame was open of which more than 2^53 bytes were missing';
    this.#closing.begin('engine', new TransportError(problem));
    this.#setup.inbound.stop();
    this.#closing.move('fail');
  }

  #endClosing(): void {
    const isDone = this.#closing.state === 'closeDone' && this.#setup.sender.bufferedAmount === 0;
    if (isDone) this.drop();
    else this.giveUp('the closing handshake took longer than the option closeTimeout allows');
  }

  /** The connection has ended, and nothing waits for the application any more, or for too long: tells it. */
  #endWaiting(): void {
    this.#setup.inbound.drop();
    const tellClosed = this.#tellClosed;
    this.#tellClosed = undefined;
    tellClosed?.();
  }

  #finishFailing(): void {
    const { error } = this.#closing;
    if (error !== undefined) this.fail(error);
  }

  #countActivity(): number {
    return this.#setup.sender.sends + this.#setup.inbound.handedOut;
  }

  #waitForActivity(): void {
    this.#activity = this.#countActivity();
    this.#setup.host.requestTurn();
  }
}

function closeBodyFor(error: Error | undefined, form: 'with a reason' | 'without'): CloseBody {
  if (!(error instanceof RemoteProtocolError)) return { code: CloseCode.INTERNAL_ERROR, reason: '' };
  const { closeCode: code, closeReason } = error;
  return { code, reason: form === 'without' ? '' : truncateCloseReason(closeReason) };
}
