import { NOTHING } from '../../base/nothing.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import type { CopyPayload, StreamingHandler, WholeMessageHandler } from '../handlers.ts';

/** How {@link WholeMessages} hands over what has not come whole. */
export interface WholeMessagesSetup {
  /** Whether its chunks are lent until the call returns. */
  readonly lends: boolean;
  /** Whether an extension may have changed the length of payload. */
  readonly isTransformed: boolean;
  /** Copies what is not lent. */
  readonly copy: CopyPayload;
}

/**
 * Hands over a message of one frame that has come in one piece as a whole, and everything else as it comes. The chunks that it gives are copies, the
 * receiver's for good, unless it lends them.
 *
 * To find out, it keeps the beginning of a message back until more comes; whoever feeds it says with {@link release} that this takes time.
 */
export class WholeMessages implements StreamingHandler {
  readonly #next: WholeMessageHandler;
  readonly #lends: boolean;
  readonly #isTransformed: boolean;
  readonly #copy: CopyPayload;
  #opcode = 0;
  /** The header of the only frame of the message, as long as nobody was told of it. */
  #header: FrameHeader | undefined;
  /** What came of its payload. */
  #payload: Uint8Array | undefined;
  /** Whether the beginning of the message is kept back. */
  #keeps = false;

  constructor(next: WholeMessageHandler, { lends, isTransformed, copy }: WholeMessagesSetup) {
    this.#next = next;
    this.#lends = lends;
    this.#isTransformed = isTransformed;
    this.#copy = copy;
  }

  /** What is kept back of its payload, in bytes. */
  get size(): number {
    return this.#payload?.length ?? 0;
  }

  onMessageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#keeps = true;
  }

  onFrameBegin(header: FrameHeader): void {
    if (this.#keeps && header.fin && this.#header === undefined) {
      this.#header = { ...header };
      return;
    }
    this.release();
    this.#next.onFrameBegin(header);
  }

  onFrameData(chunk: Uint8Array): void {
    if (this.#keeps && this.#payload === undefined && this.#mayBeWhole(chunk)) {
      this.#payload = this.#copy(chunk);
      return;
    }
    this.release();
    this.#next.onFrameData(this.#lends ? chunk : this.#copy(chunk));
  }

  /** Whether a chunk may be the whole payload: its header tells, unless an extension has changed the length. Where it is copied anyway, it is kept all the same. */
  #mayBeWhole(chunk: Uint8Array): boolean {
    return !this.#lends || this.#isTransformed || chunk.length === this.#header?.payloadLength;
  }

  onFrameEnd(): void {
    if (!this.#keeps) this.#next.onFrameEnd();
  }

  onMessageEnd(): void {
    if (!this.#keeps) {
      this.#next.onMessageEnd();
      return;
    }
    const payload = this.#payload ?? this.#copy(NOTHING);
    this.#forget();
    this.#next.onWholeMessage(payload, this.#opcode);
  }

  /** Hands over what is kept back: the rest comes later. */
  release(): void {
    if (!this.#keeps) return;
    const header = this.#header;
    const payload = this.#payload;
    this.#forget();
    this.#next.onMessageBegin(this.#opcode);
    if (header !== undefined) this.#next.onFrameBegin(header);
    if (payload !== undefined) this.#next.onFrameData(payload);
  }

  #forget(): void {
    this.#keeps = false;
    this.#header = undefined;
    this.#payload = undefined;
  }
}
