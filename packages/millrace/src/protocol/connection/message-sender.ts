import { ENTRY_COST } from '../base/costs.ts';
import { NOTHING } from '../base/nothing.ts';
import type { Claims } from '../extension/claims.ts';
import type { FrameFormat, MessageOutput, OpenFormat, QueuedEntry } from '../send/message-output.ts';
import type { PreparedMessage } from '../send/prepared-message.ts';
import type { Scheduler } from '../send/scheduler.ts';
import type { OutgoingFormat, SendQueue, TurnHolder } from '../send/send-queue.ts';
import type { ClosingHandshake } from './closing-handshake.ts';
import { tellDrain, tellHighWater, tellProgress, tooMuchBuffered, type MessageSenderSetup } from './sender-setup.ts';
import { checkControlFrame, checkFragmentSize, checkMessageOpcode, checkReservedBits } from './send-checks.ts';

/** How often an application may send before it has to wait for the transport: little messages take time, too. */
const MAX_SENDS_AT_ONCE = 1000;

/**
 * The sending half of a connection, as an application uses it.
 *
 * When the connection is not open, nothing is sent and nothing is thrown; a message that was open may still be ended while the
 * connection closes. Bytes that are given to a send must not change until they are sent.
 */
export class MessageSender {
  readonly #setup: MessageSenderSetup;
  readonly #scheduler: Scheduler;
  readonly #messages: MessageOutput;
  /** The same where messages may have to wait in it; most connections have none. */
  readonly #pipeline: MessageOutput | undefined;
  readonly #queue: SendQueue;
  readonly #closing: ClosingHandshake;
  readonly #host: MessageSenderSetup['host'];
  #needsDrain = false;
  /** Whether no more than the mark was on its way, when something was sent or has left for the last time. */
  #wasBelowMark = true;
  #releasedReferences = 0;
  #givenUp = 0;
  /** How often something was sent. */
  #sends = 0;
  /** The same, when output has moved on for the last time. */
  #sendsBefore = 0;
  /** Tells the handler each time that all output has left, not only after the high-water mark. */
  tellsEachDrain = false;
  /** Tells the handler each time that some output has left. */
  tellsProgress = false;

  constructor(setup: MessageSenderSetup) {
    this.#setup = setup;
    this.#scheduler = setup.scheduler;
    this.#messages = setup.messages;
    this.#pipeline = setup.messages === setup.scheduler ? undefined : setup.messages;
    this.#queue = setup.queue;
    this.#closing = setup.closing;
    this.#host = setup.host;
  }

  /** Whether messages can be sent: until our Close was asked for. */
  get canSendMessages(): boolean {
    const { state } = this.#closing;
    return state === 'open' || state === 'closeReceived' || state === 'failing';
  }

  /** Whether frames of the open message can be sent: its message may still be ended while the connection closes. */
  get canSend(): boolean {
    if (this.canSendMessages) return true;
    const { state } = this.#closing;
    if (state === 'answering') return this.#messages.insideFrame;
    return state === 'closing' && this.#messages.insideMessage;
  }

  /** Whether nobody has the turn to send, or waits for it. */
  get isFree(): boolean {
    return this.#queue.isFree;
  }

  /** Whether a payload of so many bytes is dealt with at once: nobody has the turn to send, or waits for it, and it is the caller's again or counted as a reference. */
  takesAtOnce(size: number): boolean {
    return this.#queue.isFree && (this.#pipeline === undefined || this.#pipeline.takesAtOnce(size));
  }

  /** Whether a message that is sent has nothing to wait for: neither for its turn nor for extensions that are at work. */
  get sendsAtOnce(): boolean {
    return this.#queue.isFree && this.#messages.isIdle;
  }

  /** Bytes that were sent and that the transport has not written yet, wherever they wait. */
  get bufferedAmount(): number {
    const { output, waitingControlSize } = this.#scheduler;
    const waiting = (this.#pipeline?.pendingSize ?? 0) + this.#queue.waitingSize + waitingControlSize;
    return output.size + this.#host.transportBufferedAmount() + waiting;
  }

  /** What was sent and the transport has not written yet, wherever it waits, by its cost. */
  get cost(): number {
    return this.#leavingCost() + this.#queue.waitingCost + this.#scheduler.waitingControlCost;
  }

  /** Bytes that were sent and will never reach the transport, as far as that is known. */
  get unsentAmount(): number {
    const lost = this.#scheduler.output.lostSize + this.#messages.lostSize + this.#queue.lostSize;
    return this.bufferedAmount + this.#givenUp + lost;
  }

  /** Does something that gives up what waits, and keeps account of it. */
  giveUp(discard: () => void): void {
    const before = this.bufferedAmount;
    discard();
    this.#givenUp += Math.max(before - this.bufferedAmount, 0);
  }

  /** Whether more may be sent without waiting: what is on its way is not above `highWaterMark`. */
  get isBelowMark(): boolean {
    if (this.#sends - this.#sendsBefore > MAX_SENDS_AT_ONCE) return false;
    return this.#leavingCost() <= this.#setup.options.highWaterMark;
  }

  /** Whether more than `highWaterMark` bytes were on their way after some send, and have not all left since. */
  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  /** Whether more than `highWaterMark` bytes are on their way, or wait for their turn, or have not all left since. */
  get isSlow(): boolean {
    return this.#needsDrain || this.#queue.waitingCost > this.#setup.options.highWaterMark;
  }

  /** How many payloads the engine was given that it did not copy; see {@link releasedReferences}. */
  get givenReferences(): number {
    return this.#scheduler.output.referencesGiven;
  }

  /** How many of them, the first ones, it has no use for any more: their memory may change. */
  get releasedReferences(): number {
    // A client masks a copy.
    const isCopied = this.#setup.role === 'client' || this.#host.copiesOutput;
    return isCopied ? this.#scheduler.output.referencesTaken : this.#releasedReferences;
  }

  /** Whether something that was sent was given up, and will never leave; the connection has failed then. */
  get hasGivenUp(): boolean {
    return this.#scheduler.output.hasGivenUp;
  }

  /** How often something was sent since the opening handshake. */
  get sends(): number {
    return this.#sends;
  }

  /**
   * Sends a message; while another one is open, it waits for its turn.
   *
   * @returns `false` if the connection is not open, and nothing was sent; or if more than `highWaterMark` bytes are on their way
   *
   * @throws {LocalUsageError} `opcode` is none of a message, or not claimed; `fragmentSize` is not a positive integer
   */
  sendMessage(payload: string | Uint8Array, format: OutgoingFormat): boolean {
    if (!this.#mayQueue(payload.length, format)) return false;
    this.#queue.send(payload, format);
    return this.#sent();
  }

  /**
   * Does the same as {@link sendMessage}, for whoever may change their mind.
   *
   * @returns an entry to withdraw it by, if the message has to wait; `undefined` if it was sent, or nothing was, since the connection is not open
   */
  queueMessage(payload: string | Uint8Array, format: OutgoingFormat): QueuedEntry | undefined {
    if (!this.#mayQueue(payload.length, format)) return undefined;
    const entry = this.#queue.send(payload, format);
    this.#sent();
    return entry;
  }

  /**
   * Sends a message that was framed before. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} its opcode is none of a message, or not claimed
   */
  sendPreparedMessage(message: PreparedMessage): boolean {
    if (!this.#mayQueue(message.frame.length, message.format)) return false;
    this.#queue.sendPrepared(message);
    return this.#sent();
  }

  /** Does the same as {@link sendPreparedMessage}, for whoever may change their mind. Results are those of {@link queueMessage}. */
  queuePreparedMessage(message: PreparedMessage): QueuedEntry | undefined {
    if (!this.#mayQueue(message.frame.length, message.format)) return undefined;
    const entry = this.#queue.sendPrepared(message);
    this.#sent();
    return entry;
  }

  /**
   * Asks for the turn to send a message piece by piece. {@link releaseTurn} gives it back.
   *
   * @returns an entry to withdraw it by, if `holder` has to wait
   */
  takeTurn(holder: TurnHolder): QueuedEntry | undefined {
    return this.#queue.take(holder);
  }

  /** Sends the message for which `holder` has the turn, and gives the turn back. It goes out even if our Close waits behind it. */
  sendInTurn(holder: TurnHolder, payload: string | Uint8Array, opcode: number): void {
    checkMessageOpcode(this.#claims, opcode);
    this.#queue.sendInTurn(holder, payload, { opcode });
    this.#sent();
  }

  /** Gives the turn back, if `holder` has it. */
  releaseTurn(holder: TurnHolder): void {
    this.#queue.release(holder);
    this.#host.requestUpdate();
  }

  /** Takes the open message back, and says whether it could: nothing of it was given to extensions or to the transport, and no frame of it is open. */
  withdrawMessage(): boolean {
    return this.#messages.withdrawOpen();
  }

  /**
   * Opens a message, whose frames follow. Messages that are sent meanwhile wait behind it.
   *
   * @param format - what the application said of compressing it; without that, extensions decide
   *
   * @throws {LocalUsageError} a message is open, or `opcode` is none of a message
   */
  beginMessage(opcode: number, format?: OpenFormat): void {
    checkMessageOpcode(this.#claims, opcode);
    if (this.canSendMessages || this.#closing.state === 'closing') this.#messages.beginMessage(opcode, format);
  }

  /**
   * Sends a whole frame of the open message. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} no message is open, a frame is, or a reserved bit is not claimed
   */
  sendFrame(payload: Uint8Array, format: FrameFormat = {}): boolean {
    if (!this.canSend) return false;
    this.#messages.expectMessage('sendMessageFrame');
    checkReservedBits(this.#frameBits, format.reservedBits);
    if (!this.admit(payload.length)) return false;
    this.#messages.sendFrame(payload, format);
    return this.#sent();
  }

  /**
   * Sends payload of the open message, in frames of at most `fragmentSize`; an empty one is an empty frame. Results are those of {@link sendMessage}.
   *
   * It does not judge whether so much may wait: see {@link admit}.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  sendFrames(payload: Uint8Array, format: Pick<FrameFormat, 'final'> = {}): boolean {
    if (!this.canSend) return false;
    this.#messages.expectMessage('sendFrames');
    const { fragmentSize } = this.#setup.options;
    let start = 0;
    for (; payload.length - start > fragmentSize; start += fragmentSize) {
      this.#messages.sendFrame(payload.subarray(start, start + fragmentSize));
    }
    this.#messages.sendFrame(start === 0 ? payload : payload.subarray(start), format);
    return this.#sent();
  }

  /**
   * Opens a frame of exactly `length` bytes; one of length 0 is complete at once.
   *
   * @throws {LocalUsageError} no message is open, a frame is, the length is not one, or a reserved bit is not claimed
   */
  beginFrame(length: number | bigint, format: FrameFormat = {}): void {
    if (!this.canSend) return;
    checkReservedBits(this.#frameBits, format.reservedBits);
    this.#messages.beginFrame(length, format);
    this.#sent();
  }

  /**
   * Sends payload of the open frame.
   *
   * @returns bytes missing to complete the frame; negative when it is complete and that many bytes of `payload` were not taken. When
   *   nothing can be sent any more, what was missing before
   *
   * @throws {LocalUsageError} no frame is open
   */
  sendFrameData(payload: Uint8Array): number {
    if (!this.canSend) return this.#messages.missing;
    this.#messages.expectFrame();
    if (!this.admit(payload.length)) return this.#messages.missing;
    const missing = this.#messages.sendFrameData(payload);
    this.#sent();
    return missing;
  }

  /**
   * Ends the open message: by an empty final frame, unless its last frame was final.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  endMessage(): void {
    if (!this.canSend) return;
    this.#messages.endMessage();
    this.#sent();
  }

  /**
   * Sends a Ping, a Pong, or a control frame with a claimed opcode, at the next end of a frame. Of what waits, only control frames count towards
   * `maxBufferedAmount`.
   *
   * @returns `false` if nothing was sent: our Close was sent, or the connection has failed
   *
   * @throws {LocalUsageError} the payload is over 125 bytes, the opcode or a reserved bit is not claimed; a Close is for `Connection.close`
   */
  sendControlFrame(opcode: number, payload: Uint8Array = NOTHING, reservedBits = 0): boolean {
    checkControlFrame(this.#claims, { opcode, payload, reservedBits });
    if (!this.#canSendControl || !this.#admitControl(payload.length)) return false;
    this.#scheduler.sendControlFrame(opcode, payload, reservedBits);
    this.#sends++;
    this.#updateMark();
    return true;
  }

  /** Answers a Ping, at the next end of a frame. An answer that still waits there is replaced (RFC 6455 §5.5.3). */
  sendAutomaticPong(payload: Uint8Array): void {
    if (!this.#canSendControl) return;
    this.#scheduler.sendAutomaticPong(payload);
    this.#updateMark();
  }

  /**
   * Judges whether `size` bytes more may wait, and fails the connection if not. Where no more than `highWaterMark` waits, anything may: whoever waits for that
   * mark has done all that can be asked. Each send does so itself.
   *
   * @param packed - what whoever sends may have added since that mark was passed, in bytes by its cost
   */
  admit(size: number, packed = 0): boolean {
    if (this.#wasBelowMark && this.#queue.isFree) return true;
    const { cost } = this;
    return cost <= this.#setup.options.highWaterMark + packed || this.#isWithinLimit(cost + size + ENTRY_COST);
  }

  /** Takes the news that the transport has moved on: tells the handler what follows. */
  outputMoved(): void {
    this.#pipeline?.proceed();
    this.#sendsBefore = this.#sends;
    this.#wasBelowMark = this.isBelowMark;
    const isWritten = this.#host.transportBufferedAmount() === 0;
    if (isWritten) this.#releasedReferences = this.#scheduler.output.referencesTaken;
    const isLeft = this.#scheduler.output.size === 0 && (this.#pipeline?.pendingSize ?? 0) === 0;
    const isDrained = this.#needsDrain && isWritten && isLeft;
    if (isDrained) this.#needsDrain = false;
    if (this.tellsProgress) this.#setup.owner.tell(tellProgress);
    if (isDrained && this.canSend) this.#setup.owner.tell(tellDrain);
  }

  get #claims(): Claims {
    return this.#setup.options.claims;
  }

  /** The reserved bits that the next frame of the open message may have. */
  get #frameBits(): number {
    return this.#messages.isFirstFrame ? this.#claims.firstFrameBits : this.#claims.continuationBits;
  }

  get #canSendControl(): boolean {
    return this.canSendMessages || this.#closing.state === 'closing';
  }

  /** What is on its way and held up by nothing but the transport, by its cost. */
  #leavingCost(): number {
    const leaving = this.#scheduler.output.cost + this.#host.transportBufferedAmount();
    return this.#pipeline === undefined ? leaving : leaving + this.#pipeline.pendingCost;
  }

  #mayQueue(size: number, { opcode, fragmentSize }: OutgoingFormat): boolean {
    checkMessageOpcode(this.#claims, opcode);
    checkFragmentSize(fragmentSize);
    return this.canSendMessages && this.admit(size);
  }

  #admitControl(size: number): boolean {
    const { waitingControlSize, waitingControlCost } = this.#scheduler;
    return waitingControlSize === 0 || this.#isWithinLimit(waitingControlCost + size + ENTRY_COST);
  }

  #isWithinLimit(size: number): boolean {
    const limit = this.#setup.options.maxBufferedAmount;
    if (size <= limit) return true;
    this.giveUp(() => this.#scheduler.giveUpOutput());
    this.#setup.owner.fail(tooMuchBuffered(limit, size));
    return false;
  }

  /** After anything was sent: has it flushed, and looks where it stands. */
  #updateMark(): boolean {
    this.#host.requestUpdate();
    this.#wasBelowMark = this.isBelowMark;
    return this.#wasBelowMark;
  }

  /** After a send: has it flushed, and tells of the high-water mark. */
  #sent(): boolean {
    this.#sends++;
    const isBelow = this.#updateMark();
    this.#needsDrain ||= !isBelow || this.tellsEachDrain;
    if (!isBelow) this.#setup.owner.tell(tellHighWater);
    return isBelow;
  }
}
