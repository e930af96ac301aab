import { Opcode, isControlOpcode } from '../base/opcode.ts';
import { NOTHING } from '../base/nothing.ts';
import { createFrameHeaderBuffer, type FrameHeader } from '../wire/frame-header.ts';
import { UNOBSERVED, type FrameObserver } from '../wire/frame-observer.ts';
import type { FrameSink } from '../wire/frame-parser.ts';
import { checkFrameHeader, type ReceiveContext, type ReservedRules } from '../wire/header-rules.ts';
import type { ControlHandler, StreamingHandler } from './handlers.ts';

/** Says whether the pipeline behind a {@link FrameReader} can take more. */
export interface PipelineState {
  /** Whether a stage waits for something, or receiving has ended, so that nothing more may be told. Asked between two calls for the same frame. */
  readonly isWaiting: boolean;
  /** Called when a frame has ended, and all that is to be told of it was told. */
  onFrame(): void;
}

/** What was received so far, unfinished frames and messages included in bytes, but not in numbers. */
export interface ReceiveCounts {
  readonly framesReceived: number;
  readonly messagesReceived: number;
  /** Payload of the frames of messages, in bytes. */
  readonly dataReceived: number;
  /** Payload of control frames, in bytes. */
  readonly controlReceived: number;
}

/** What a {@link FrameReader} works for. */
export interface FrameReaderOptions {
  /** Our side. */
  readonly role: 'client' | 'server';
  readonly reserved: ReservedRules;
  readonly messages: StreamingHandler;
  readonly controls: ControlHandler;
  readonly pipeline: PipelineState;
  /** Called when a frame begins that breaks no rule, before anybody is told of it; may throw. */
  readonly onFrameBegin?: ((header: FrameHeader) => void) | undefined;
  readonly observer?: FrameObserver | undefined;
}

/** Before the first frame. */
const NO_HEADER: FrameHeader = Object.freeze(createFrameHeaderBuffer());

/**
 * Judges the frames that the parser finds, and sorts them: data frames become events of messages, control frames are
 * handed over whole.
 *
 * @see RFC 6455 §5.4, §5.5
 */
export class FrameReader implements FrameSink, ReceiveContext {
  // What its frames are judged by.
  readonly role: 'client' | 'server';
  readonly reserved: ReservedRules;
  insideMessage = false;

  #messages: StreamingHandler;
  readonly #controls: ControlHandler;
  readonly #pipeline: PipelineState;
  readonly #onFrameBegin: ((header: FrameHeader) => void) | undefined;
  readonly #observer: FrameObserver;

  /** The event that waits for the pipeline, behind another one of the same frame. */
  #waiting: 'frameBegin' | 'messageEnd' | undefined;

  /** The header of the present frame, or of the last. */
  #header: FrameHeader = NO_HEADER;
  #isControl = false;
  #control = NOTHING;
  #controlSize = 0;
  #framesReceived = 0;
  #messagesReceived = 0;
  #activity = 0;
  #dataReceived = 0;
  #controlReceived = 0;

  constructor(options: FrameReaderOptions) {
    this.#messages = options.messages;
    this.#controls = options.controls;
    this.#pipeline = options.pipeline;
    this.#onFrameBegin = options.onFrameBegin;
    this.#observer = options.observer ?? UNOBSERVED;
    this.role = options.role;
    this.reserved = options.reserved;
  }

  /** What was received so far. */
  get counts(): ReceiveCounts {
    return {
      framesReceived: this.#framesReceived,
      messagesReceived: this.#messagesReceived,
      dataReceived: this.#dataReceived,
      controlReceived: this.#controlReceived,
    };
  }

  /** How much has come of messages, in pieces and frames. */
  get activity(): number {
    return this.#activity;
  }

  /** Whether an event waits for the pipeline; see {@link proceed}. */
  get hasWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** From now on messages go to `messages`, of which it sees the rest of the present one first; control frames go on as before. */
  redirect(messages: StreamingHandler): void {
    this.#messages = messages;
    this.#waiting = undefined;
  }

  /** Tells the event that waits, if there is one. Call it when the pipeline can go on, before the parser does. */
  proceed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === 'frameBegin') this.#messages.onFrameBegin(this.#header);
    if (waiting === 'messageEnd') this.#messages.onMessageEnd();
  }

  frameBegin(header: FrameHeader): void {
    if (this.#observer.observesReceived) this.#observer.onFrameReceived(header);
    checkFrameHeader(header, this);
    this.#onFrameBegin?.(header);
    this.#header = header;
    this.#isControl = isControlOpcode(header.opcode);
    if (this.#isControl) {
      this.#control = new Uint8Array(header.payloadLength);
      this.#controlSize = 0;
      return;
    }
    this.insideMessage = true;
    if (header.opcode !== Opcode.CONTINUATION) {
      this.#messages.onMessageBegin(header.opcode);
      if (this.#pipeline.isWaiting) {
        this.#waiting = 'frameBegin';
        return;
      }
    }
    this.#messages.onFrameBegin(header);
  }

  frameData(payload: Uint8Array): void {
    if (!this.#isControl) {
      this.#activity++;
      this.#dataReceived += payload.length;
      this.#messages.onFrameData(payload);
      return;
    }
    this.#controlReceived += payload.length;
    this.#control.set(payload, this.#controlSize);
    this.#controlSize += payload.length;
  }

  frameEnd(): void {
    this.#framesReceived++;
    if (this.#isControl) this.#endControlFrame();
    else this.#endDataFrame();
    this.#pipeline.onFrame();
  }

  #endControlFrame(): void {
    const { opcode, reservedBits } = this.#header;
    const payload = this.#control;
    this.#control = NOTHING;
    this.#controls.onControlFrame(opcode, payload, reservedBits);
  }

  #endDataFrame(): void {
    const { fin } = this.#header;
    this.#activity++;
    this.insideMessage = !fin;
    this.#messages.onFrameEnd();
    if (!fin) return;
    this.#messagesReceived++;
    if (this.#pipeline.isWaiting) this.#waiting = 'messageEnd';
    else this.#messages.onMessageEnd();
  }
}
