import { ENTRY_COST } from '../base/costs.ts';
import { LocalUsageError } from '../base/errors.ts';
import { Countdown, checkFrameLength } from '../base/length.ts';
import { Opcode } from '../base/opcode.ts';
import { NOTHING } from '../base/nothing.ts';
import { firstHeaderByte } from '../wire/frame-header.ts';
import type { FrameObserver } from '../wire/frame-observer.ts';
import { FrameEncoder, type FrameEncoderHost, type SendCounts } from './frame-encoder.ts';
import { OutputQueue, type OutputState } from './output-queue.ts';
import { ImmediateOutput, type FrameFormat, type GivenFormat, type MessageOutput } from './message-output.ts';
import type { MessageFormat, PreparedMessage } from './prepared-message.ts';
import type { SchedulerListener, SchedulerSetup } from './scheduler-setup.ts';

/**
 * Owns the wire: whatever its callers do, what it writes is a valid sequence of frames.
 *
 * ground ──beginMessage──▶ message ──beginFrame──▶ frame
 *    ▲                      │    ▲                   │
 *    └──────endMessage──────┘    └──frameData (last)─┘
 *
 * Control frames wait for the end of a frame, and overtake what the transport does not take yet.
 *
 * @see RFC 6455 §5.4, §6.1
 */
export class Scheduler extends ImmediateOutput implements MessageOutput {
  readonly #host: FrameEncoderHost;
  readonly #fragmentSize: number;
  readonly #listener: SchedulerListener;
  readonly #output = new OutputQueue();
  readonly #observer: FrameObserver | undefined;
  readonly #encoder: FrameEncoder;
  /** For messages that are not masked as the role has it. */
  #otherEncoder: FrameEncoder | undefined;

  #state: 'ground' | 'message' | 'frame' = 'ground';
  /** Whether the last message was ended by a frame that said `final`, so that `endMessage` has nothing left to do. */
  #endedByFrame = false;
  /** Opcode of the next frame of the open message. */
  #opcode: number = Opcode.CONTINUATION;
  /** What is missing of the open frame. */
  readonly #missing = new Countdown();
  #frameIsFinal = false;

  /** Control frames that wait for the end of a frame. */
  #urgent: Uint8Array[] | undefined;
  /** The pong that was sent for a ping by itself, and waits with them; only the newest is worth sending (RFC 6455 §5.5.3). */
  #pong: Uint8Array | undefined;
  /** What these cost in memory, in bytes. */
  #urgentSize = 0;
  /** The body of the Close frame that waits for the end of the open frame. */
  #close: Uint8Array | undefined;

  #messagesSent = 0;

  constructor({ role, host, fragmentSize, listener, observer }: SchedulerSetup) {
    super();
    this.#host = host;
    this.#fragmentSize = fragmentSize;
    this.#listener = listener;
    this.#observer = observer;
    this.#encoder = this.#createEncoder(role === 'client');
  }

  /** What may leave now. */
  get output(): OutputState {
    return this.#output;
  }

  /** Visits what may leave as it was given, and others may hold, too. */
  visitShared(visit: (bytes: Uint8Array) => void): void {
    this.#output.visitShared(visit);
  }

  /** Bytes of the control frames that wait for the end of the open frame. */
  get waitingControlSize(): number {
    return this.#urgentSize + (this.#pong?.length ?? 0);
  }

  /** What these frames cost in memory, in bytes. */
  get waitingControlCost(): number {
    const count = (this.#urgent?.length ?? 0) + (this.#pong === undefined ? 0 : 1);
    return this.waitingControlSize + count * ENTRY_COST;
  }

  /** Whether a message is open. */
  get insideMessage(): boolean {
    return this.#state !== 'ground';
  }

  /** Whether a frame is open, so that nothing but its payload can be sent. */
  get insideFrame(): boolean {
    return this.#state === 'frame';
  }

  /** Whether a frame is open that nobody will ever finish, so that no other can follow: 2^53 bytes or more are missing. */
  get insideEndlessFrame(): boolean {
    return this.#state === 'frame' && this.#missing.endless;
  }

  /** Bytes missing of the open frame; above 2^53 rounded. */
  get missing(): number {
    return this.#state === 'frame' ? this.#missing.remaining : 0;
  }

  /** Whether the next frame is the first of the open message. */
  get isFirstFrame(): boolean {
    return this.#opcode !== Opcode.CONTINUATION;
  }

  /** What was sent, or is on its way. */
  get counts(): SendCounts & { readonly messagesSent: number } {
    const { framesSent, dataSent, controlSent } = this.#encoder.counts;
    const other = this.#otherEncoder?.counts ?? { framesSent: 0, dataSent: 0 };
    return {
      framesSent: framesSent + other.framesSent,
      dataSent: dataSent + other.dataSent,
      controlSent,
      messagesSent: this.#messagesSent,
    };
  }

  /** How many messages were sent, or are on their way. */
  get messagesSent(): number {
    return this.#messagesSent;
  }

  /** Sends a message, cut into frames of `fragmentSize`. No message may be open. */
  sendMessage(payload: string | Uint8Array, format: GivenFormat): undefined {
    this.#messagesSent++;
    const { fragmentSize = this.#fragmentSize, onTaken, onFramed, masks } = format;
    const encoder = masks === undefined ? this.#encoder : this.#encoderFor(masks);
    if (typeof payload !== 'string') {
      this.#writeFragments(encoder, payload, format);
    } else if (encoder.isShortText(payload) && 3 * payload.length <= fragmentSize) {
      encoder.writeShortText(firstHeaderByte(true, format.reservedBits ?? 0, format.opcode), payload);
    } else {
      this.#writeFragments(encoder, this.#host.text.encode(payload), format);
    }
    onTaken?.();
    onFramed?.();
  }

  /** Sends a message that was framed before. No message may be open. */
  sendPreparedMessage(message: PreparedMessage): undefined {
    if (this.#encoder.masks) {
      this.sendMessage(message.payload, message.format);
      return;
    }
    this.#messagesSent++;
    this.#encoder.writeEncoded(message.frame);
  }

  /**
   * Opens a message, whose frames follow.
   *
   * @throws {LocalUsageError} one is open already
   */
  beginMessage(opcode: number): void {
    if (this.#state !== 'ground') throw misuse('beginMessage', 'a message is open: endMessage comes first');
    this.#state = 'message';
    this.#opcode = opcode;
    this.#endedByFrame = false;
  }

  /**
   * Opens a frame of exactly `length` bytes, which follow; one of length 0 is complete at once.
   *
   * @throws {LocalUsageError} no message is open, a frame is open, or the length is not one
   */
  beginFrame(length: number | bigint, format: FrameFormat = {}): void {
    this.expectMessage('beginMessageFrame');
    checkFrameLength(length);
    this.#frameIsFinal = format.final ?? false;
    this.#encoder.beginFrame(this.#firstByte(format), length);
    this.#missing.setLength(length);
    this.#state = 'frame';
    if (this.#missing.done) this.#endFrame();
  }

  /**
   * Sends payload of the open frame.
   *
   * @returns how many bytes are missing to complete the frame; negative when it is complete and that many bytes of
   *   `payload` were not taken
   *
   * @throws {LocalUsageError} no frame is open
   */
  sendFrameData(payload: Uint8Array): number {
    this.expectFrame();
    const fitting = this.#missing.fitting(payload.length);
    if (fitting === 0) return this.#missing.remaining;
    this.#missing.take(fitting);
    const complete = this.#missing.done;
    this.#encoder.writeFrameData(fitting === payload.length ? payload : payload.subarray(0, fitting), complete);
    if (!complete) return this.#missing.remaining;
    this.#endFrame();
    return fitting - payload.length;
  }

  /**
   * Sends a whole frame of the open message.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  sendFrame(payload: Uint8Array, format: FrameFormat = {}): void {
    this.expectMessage('sendMessageFrame');
    this.#frameIsFinal = format.final ?? false;
    this.#encoder.writeFrame(this.#firstByte(format), payload);
    format.onFramed?.();
    this.#endFrame();
  }

  /**
   * Ends the open message: by an empty final frame, unless its last frame was final.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  endMessage(): void {
    if (this.#state === 'ground' && this.#endedByFrame) {
      this.#endedByFrame = false;
      return;
    }
    this.sendFrame(NOTHING, { final: true });
    this.#endedByFrame = false;
  }

  /**
   * Checks that a frame can begin.
   *
   * @param method - who asks, for the error
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  expectMessage(method: string): void {
    if (this.#state === 'ground') throw misuse(method, 'no message is open: beginMessage comes first');
    if (this.#state === 'frame') {
      const missing = String(this.#missing.remaining);
      throw misuse(method, `a frame is open, and ${missing} bytes of its payload are missing`);
    }
  }

  /** @throws {LocalUsageError} no frame is open */
  expectFrame(): void {
    if (this.#state === 'frame') return;
    throw misuse('sendMessageFrameData', 'no frame is open: beginMessageFrame comes first');
  }

  /** Sends a control frame other than Close at the next end of a frame. */
  sendControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void {
    const byte0 = firstHeaderByte(true, reservedBits, opcode);
    if (!this.#mustOvertake()) {
      this.#encoder.writeFrame(byte0, payload);
      return;
    }
    const frame = this.#encoder.encodeControlFrame(byte0, payload);
    (this.#urgent ??= []).push(frame);
    this.#urgentSize += frame.length;
  }

  /** Answers a Ping at the next end of a frame; such an answer that still waits there is replaced (RFC 6455 §5.5.3). */
  sendAutomaticPong(payload: Uint8Array): void {
    const byte0 = firstHeaderByte(true, 0, Opcode.PONG);
    if (this.#mustOvertake()) this.#pong = this.#encoder.encodeControlFrame(byte0, payload);
    else this.#encoder.writeFrame(byte0, payload);
  }

  /**
   * Sends Close at the end of the present frame, abandoning the open message.
   *
   * @returns `false` if the frame will never end ({@link insideEndlessFrame}), so that no Close can be sent
   */
  abandon(body: Uint8Array): boolean {
    if (this.insideEndlessFrame) return false;
    if (this.#state === 'frame') this.#close = body;
    else this.#writeClose(body);
    return true;
  }

  /**
   * Gives up the message that is open, and the frame of it that is not complete.
   *
   * @returns whether another frame can follow; not if a part of that frame has left already
   */
  cutOpenFrame(): boolean {
    this.#state = 'ground';
    this.#close = undefined;
    const mayFollow = this.#output.cutOpenFrame();
    if (!mayFollow) this.#forgetUrgent();
    return mayFollow;
  }

  /** Sends Close now. No message may be open. */
  sendClose(body: Uint8Array): void {
    this.#writeClose(body);
  }

  /** Gives up what the transport has not taken, from the next end of a frame on, and what waits there. */
  giveUpOutput(): void {
    this.#output.truncate();
    this.#forgetUrgent();
  }

  /** Takes out what is to be written, in order, until it has `limit` bytes. */
  takeOutput(limit: number): Uint8Array[] {
    this.#insertUrgent();
    return this.#output.take(limit);
  }

  /** Says, once, that a payload was detached or shrunk before it was taken; see {@link OutputQueue.takeLostPayload}. */
  takeLostPayload(): number | undefined {
    return this.#output.takeLostPayload();
  }

  /** Whether {@link takeOutput} has something to give. */
  get hasOutput(): boolean {
    return this.#output.size > 0 || (this.#hasUrgent() && this.#state !== 'frame');
  }

  #firstByte(format: FrameFormat): number {
    const byte0 = firstHeaderByte(this.#frameIsFinal, format.reservedBits ?? 0, this.#opcode);
    this.#opcode = Opcode.CONTINUATION;
    return byte0;
  }

  #endFrame(): void {
    this.#state = this.#frameIsFinal ? 'ground' : 'message';
    this.#endedByFrame = this.#frameIsFinal;
    if (this.#frameIsFinal) this.#messagesSent++;
    this.#insertUrgent();
    if (this.#close !== undefined) this.#writeClose(this.#close);
    else if (this.#frameIsFinal) this.#listener.onMessageSent();
  }

  /** The encoder for messages that are masked, or are not. */
  #encoderFor(masks: boolean): FrameEncoder {
    if (masks === this.#encoder.masks) return this.#encoder;
    return (this.#otherEncoder ??= this.#createEncoder(masks));
  }

  #createEncoder(masks: boolean): FrameEncoder {
    return new FrameEncoder({ output: this.#output, host: this.#host, masks, observer: this.#observer });
  }

  #writeFragments(encoder: FrameEncoder, payload: Uint8Array, format: MessageFormat): void {
    const { fragmentSize = this.#fragmentSize } = format;
    let { opcode, reservedBits = 0 } = format;
    let start = 0;
    while (payload.length - start > fragmentSize) {
      encoder.writeFrame(firstHeaderByte(false, reservedBits, opcode), payload.subarray(start, start + fragmentSize));
      start += fragmentSize;
      opcode = Opcode.CONTINUATION;
      reservedBits = 0;
    }
    const last = start === 0 ? payload : payload.subarray(start);
    encoder.writeFrame(firstHeaderByte(true, reservedBits, opcode), last);
  }

  #writeClose(body: Uint8Array): void {
    this.#insertUrgent();
    this.#close = undefined;
    this.#state = 'ground';
    this.#encoder.writeFrame(firstHeaderByte(true, 0, Opcode.CLOSE), body);
    this.#listener.onCloseSent();
  }

  /** Whether a control frame cannot just follow what was written before. */
  #mustOvertake(): boolean {
    if (this.#state === 'frame' || this.#hasUrgent()) return true;
    return this.#output.size > PLENTY || this.#isBlocked();
  }

  /** Whether the transport has not written yet what it was given. */
  #isBlocked(): boolean {
    return this.#host.transportBufferedAmount() > 0;
  }

  #hasUrgent(): boolean {
    return this.#pong !== undefined || this.#urgent !== undefined;
  }

  #insertUrgent(): void {
    if (!this.#hasUrgent()) return;
    const frames = [...(this.#urgent ?? []), ...(this.#pong === undefined ? [] : [this.#pong])];
    if (this.#output.insert(frames)) this.#forgetUrgent();
  }

  #forgetUrgent(): void {
    this.#urgent = undefined;
    this.#urgentSize = 0;
    this.#pong = undefined;
  }
}

/** Output in bytes above which control frames do not queue behind it, so that a flood of pings is answered by one pong. */
const PLENTY = 64 * 1024;

function misuse(method: string, problem: string): LocalUsageError {
  return new LocalUsageError(`${method}: ${problem}`);
}
