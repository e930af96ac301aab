import { CloseCode } from '../base/close-code.ts';
import { LimitExceededError, LocalUsageError } from '../base/errors.ts';
import { Opcode, formatOpcode, isControlOpcode } from '../base/opcode.ts';
import type { PreparedMessage } from '../send/prepared-message.ts';
import type { FrameFormat, Scheduler } from '../send/scheduler.ts';
import { MAX_CONTROL_PAYLOAD } from '../wire/frame-header.ts';
import type { ClosingHandshake } from './closing-handshake.ts';
import type { ConnectionHandler, ConnectionHost } from './host.ts';
import type { ResolvedConnectionOptions } from './options.ts';

/** Whose sending half a {@link MessageSender} is. */
export interface SenderOwner {
  /** Fails the connection. */
  fail(error: Error): void;
  /** Tells the handler something, and fails the connection if it throws. */
  tell(news: (handler: ConnectionHandler) => void): void;
}

/** What a {@link MessageSender} is made of. */
export interface MessageSenderSetup {
  readonly scheduler: Scheduler;
  readonly closing: ClosingHandshake;
  readonly options: Pick<ResolvedConnectionOptions, 'claims' | 'highWaterMark' | 'maxBufferedAmount' | 'fragmentSize'>;
  readonly host: Pick<ConnectionHost, 'requestUpdate' | 'transportBufferedAmount'>;
  readonly owner: SenderOwner;
}

/** How {@link MessageSender.sendMessage} sends. */
export interface SendMessageOptions {
  /** Longest frame in bytes; the option `fragmentSize` of the connection unless given. */
  readonly fragmentSize?: number | undefined;
  /** Whether {@link MessageSender.admit} has judged it, when it was kept back. */
  readonly isAdmitted?: boolean | undefined;
}

/**
 * The sending half of a connection, as an application uses it.
 *
 * When the connection is not open, nothing is sent and nothing is thrown; a message that was open may still be ended while the
 * connection closes. Bytes that are given to a send must not change until they are sent.
 */
export class MessageSender {
  readonly #scheduler: Scheduler;
  readonly #closing: ClosingHandshake;
  readonly #options: MessageSenderSetup['options'];
  readonly #host: MessageSenderSetup['host'];
  readonly #owner: SenderOwner;
  #needsDrain = false;
  /** Tells the handler each time that all output has left, not only after the high-water mark. */
  tellsEachDrain = false;

  constructor(setup: MessageSenderSetup) {
    this.#scheduler = setup.scheduler;
    this.#closing = setup.closing;
    this.#options = setup.options;
    this.#host = setup.host;
    this.#owner = setup.owner;
  }

  /** Whether frames can be sent: while the connection is open, and while it closes those of the message that was open before. */
  get canSend(): boolean {
    const { state } = this.#closing;
    return state === 'open' || (this.#scheduler.insideMessage && (state === 'closing' || state === 'closeReceived'));
  }

  /** Bytes that were sent and that the transport has not written yet. */
  get bufferedAmount(): number {
    return this.#leaving() + this.#scheduler.waitingSize;
  }

  /** Whether more than `highWaterMark` bytes were on their way after some send, and have not all left since. */
  get needsDrain(): boolean {
    return this.#needsDrain;
  }

  /**
   * Judges whether `size` bytes more may wait, beside the `buffered` ones that do, for `maxBufferedAmount`; fails the connection if not.
   *
   * Each send does so itself. It is for those who keep messages back to send them later.
   */
  admit(size: number, buffered: number = this.bufferedAmount): boolean {
    const { maxBufferedAmount } = this.#options;
    if (buffered === 0 || buffered + size <= maxBufferedAmount) return true;
    const advice = 'the peer reads too slowly for what is sent to it';
    const exceeded = { option: 'maxBufferedAmount', limit: maxBufferedAmount, size: buffered + size, advice };
    this.#scheduler.giveUpOutput();
    this.#owner.fail(new LimitExceededError(exceeded, CloseCode.POLICY_VIOLATION));
    return false;
  }

  /**
   * Sends a message.
   *
   * @returns `false` if the connection is not open, and nothing was sent; or if more than `highWaterMark` bytes are on their way
   *
   * @throws {LocalUsageError} `opcode` is none of a message, or not claimed; `fragmentSize` is not a positive integer
   */
  sendMessage(payload: string | Uint8Array, opcode: number, options: SendMessageOptions = {}): boolean {
    this.#checkMessageOpcode(opcode);
    checkFragmentSize(options.fragmentSize);
    if (!this.#isOpen()) return false;
    if (options.isAdmitted !== true && !this.admit(payload.length)) return false;
    this.#scheduler.sendMessage(payload, { opcode, reservedBits: 0, fragmentSize: options.fragmentSize });
    return this.#sent();
  }

  /**
   * Sends a message that was framed before. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} its opcode is none of a message, or not claimed
   */
  sendPreparedMessage(message: PreparedMessage): boolean {
    this.#checkMessageOpcode(message.format.opcode);
    if (!this.#isOpen() || !this.admit(message.frame.length)) return false;
    this.#scheduler.sendPreparedMessage(message);
    return this.#sent();
  }

  /**
   * Opens a message, whose frames follow. Messages that are sent meanwhile wait behind it.
   *
   * @throws {LocalUsageError} a message is open, or `opcode` is none of a message
   */
  beginMessage(opcode: number): void {
    this.#checkMessageOpcode(opcode);
    if (this.#isOpen()) this.#scheduler.beginMessage(opcode);
  }

  /**
   * Sends a whole frame of the open message. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} no message is open, a frame is, or a reserved bit is not claimed
   */
  sendFrame(payload: Uint8Array, format: FrameFormat = {}): boolean {
    if (!this.canSend) return false;
    this.#scheduler.expectMessage('sendMessageFrame');
    this.#checkFrameBits(format);
    if (!this.admit(payload.length)) return false;
    this.#scheduler.sendFrame(payload, format);
    return this.#sent();
  }

  /**
   * Sends payload of the open message, in frames of at most `fragmentSize`; an empty one is an empty frame. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  sendFrames(payload: Uint8Array, format: Pick<FrameFormat, 'final'> = {}): boolean {
    if (!this.canSend) return false;
    this.#scheduler.expectMessage('sendFrames');
    if (!this.admit(payload.length)) return false;
    const { fragmentSize } = this.#options;
    let start = 0;
    for (; payload.length - start > fragmentSize; start += fragmentSize) {
      this.#scheduler.sendFrame(payload.subarray(start, start + fragmentSize));
    }
    this.#scheduler.sendFrame(start === 0 ? payload : payload.subarray(start), format);
    return this.#sent();
  }

  /**
   * Opens a frame of exactly `length` bytes; one of length 0 is complete at once.
   *
   * @throws {LocalUsageError} no message is open, a frame is, the length is not one, or a reserved bit is not claimed
   */
  beginFrame(length: number | bigint, format: FrameFormat = {}): void {
    if (!this.canSend) return;
    this.#checkFrameBits(format);
    this.#scheduler.beginFrame(length, format);
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
    if (!this.canSend) return this.#scheduler.missing;
    this.#scheduler.expectFrame();
    if (!this.admit(payload.length)) return this.#scheduler.missing;
    const missing = this.#scheduler.sendFrameData(payload);
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
    this.#scheduler.endMessage();
    this.#sent();
  }

  /**
   * Sends a Ping, a Pong, or a control frame with a claimed opcode, at the next end of a frame. A Pong that still waits there is
   * replaced by a newer one (RFC 6455 §5.5.3). Of what waits, only control frames count towards `maxBufferedAmount`.
   *
   * @returns `false` if nothing was sent: the connection is neither open nor closing with our Close still to come
   *
   * @throws {LocalUsageError} the payload is over 125 bytes, the opcode or a reserved bit is not claimed; a Close is for
   *   `Connection.close`
   */
  sendControlFrame(opcode: number, payload: Uint8Array = NOTHING, reservedBits = 0): boolean {
    this.#checkControl(opcode, payload, reservedBits);
    if (!this.#isOpen() && this.#closing.state !== 'closing') return false;
    if (!this.admit(payload.length, this.#scheduler.waitingControlSize)) return false;
    if (opcode === Opcode.PONG && reservedBits === 0) this.#scheduler.sendPong(payload);
    else this.#scheduler.sendControlFrame(opcode, payload, reservedBits);
    this.#host.requestUpdate();
    return true;
  }

  /** Takes the news that the transport has written what it was given: tells the handler, if all has left. */
  outputWritten(): void {
    if (!this.#needsDrain || this.#leaving() > 0) return;
    this.#needsDrain = false;
    if (this.canSend) this.#owner.tell(tellDrain);
  }

  #isOpen(): boolean {
    return this.#closing.state === 'open';
  }

  /** Bytes that may leave now: only the transport holds them up. */
  #leaving(): number {
    return this.#scheduler.leavingSize + this.#host.transportBufferedAmount();
  }

  /** After a send: has it flushed, and tells of the high-water mark. */
  #sent(): boolean {
    this.#host.requestUpdate();
    const isBelow = this.#leaving() <= this.#options.highWaterMark;
    this.#needsDrain ||= !isBelow || this.tellsEachDrain;
    if (!isBelow) this.#owner.tell(tellHighWater);
    return isBelow;
  }

  #checkMessageOpcode(opcode: number): void {
    if (this.#options.claims.allowsMessage(opcode)) return;
    throw new LocalUsageError(
      `message type is ${String(opcode)}, expected Text (1), Binary (2) or an opcode of extensionPoints.dataOpcodes`,
    );
  }

  #checkFrameBits(format: FrameFormat): void {
    const { firstFrameBits, continuationBits } = this.#options.claims;
    checkBits(format.reservedBits ?? 0, this.#scheduler.isFirstFrame ? firstFrameBits : continuationBits);
  }

  #checkControl(opcode: number, payload: Uint8Array, reservedBits: number): void {
    const { claims } = this.#options;
    const isKnown = opcode === Opcode.PING || opcode === Opcode.PONG;
    if (!isKnown && !(isControlOpcode(opcode) && claims.allowsOpcode(opcode))) {
      throw new LocalUsageError(
        `opcode is ${formatOpcode(opcode)}, expected Ping (0x9), Pong (0xA) or one of extensionPoints.controlOpcodes`,
      );
    }
    if (payload.length > MAX_CONTROL_PAYLOAD) {
      const size = String(payload.length);
      throw new LocalUsageError(`control payload has ${size} bytes, expected at most ${String(MAX_CONTROL_PAYLOAD)}`);
    }
    checkBits(reservedBits, claims.controlBits);
  }
}

const NOTHING = new Uint8Array(0);

function tellDrain(handler: ConnectionHandler): void {
  handler.onDrain();
}

function tellHighWater(handler: ConnectionHandler): void {
  handler.onHighWater();
}

function checkFragmentSize(size: number | undefined): void {
  if (size === undefined || size === Infinity || (Number.isSafeInteger(size) && size >= 1)) return;
  throw new LocalUsageError(`fragmentSize is ${String(size)}, expected a positive integer or Infinity`);
}

function checkBits(reservedBits: number, claimed: number): void {
  if (Number.isInteger(reservedBits) && reservedBits >= 0 && (reservedBits & ~claimed) === 0) return;
  throw new LocalUsageError(
    `reserved bits are ${String(reservedBits)}, expected only bits of extensionPoints.reservedBits`,
  );
}
