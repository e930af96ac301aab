import { Opcode, isControlOpcode } from '../base/opcode.ts';
import { MAX_CONTROL_PAYLOAD, createFrameHeaderBuffer, type FrameHeader } from '../wire/frame-header.ts';
import type { FrameSink } from '../wire/frame-parser.ts';
import { checkFrameHeader, type ReceiveContext, type ReservedRules } from '../wire/header-rules.ts';
import type { ControlHandler, StreamingHandler } from './handlers.ts';

/** Says when messages must wait. */
export interface Pausing {
  /** Whether the handler wants nothing more for now. Asked between two calls for the same frame. */
  readonly isPaused: boolean;
}

/** What a {@link FrameReader} works for. */
export interface FrameReaderOptions {
  /** Our side. */
  readonly role: 'client' | 'server';
  readonly reserved: ReservedRules;
  readonly messages: StreamingHandler;
  readonly controls: ControlHandler;
  readonly pausing: Pausing;
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
  readonly #pausing: Pausing;

  /** The event that waits, because the one before it, of the same frame, paused receiving. */
  #waiting: 'frameBegin' | 'messageEnd' | undefined;

  /** The header of the present frame, or of the last. */
  #header: FrameHeader = NO_HEADER;
  #isControl = false;
  #control: Uint8Array | undefined;
  #controlSize = 0;
  #framesReceived = 0;
  #messagesReceived = 0;

  constructor(options: FrameReaderOptions) {
    this.#messages = options.messages;
    this.#controls = options.controls;
    this.#pausing = options.pausing;
    this.role = options.role;
    this.reserved = options.reserved;
  }

  /** Complete frames and messages so far. */
  get counts(): { readonly framesReceived: number; readonly messagesReceived: number } {
    return { framesReceived: this.#framesReceived, messagesReceived: this.#messagesReceived };
  }

  /** From now on nobody is told of messages; control frames go on. */
  discardMessages(): void {
    this.#messages = DISCARD;
    this.#waiting = undefined;
  }

  /** Tells the event that waits, if there is one. Call it after a pause, before the parser goes on. */
  proceed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === 'frameBegin') this.#messages.onFrameBegin(this.#header);
    if (waiting === 'messageEnd') this.#messages.onMessageEnd();
  }

  frameBegin(header: FrameHeader): void {
    checkFrameHeader(header, this);
    this.#header = header;
    this.#isControl = isControlOpcode(header.opcode);
    if (this.#isControl) {
      this.#controlSize = 0;
      return;
    }
    this.insideMessage = true;
    if (header.opcode !== Opcode.CONTINUATION) {
      this.#messages.onMessageBegin(header.opcode);
      if (this.#pausing.isPaused) {
        this.#waiting = 'frameBegin';
        return;
      }
    }
    this.#messages.onFrameBegin(header);
  }

  frameData(payload: Uint8Array): void {
    if (!this.#isControl) {
      this.#messages.onFrameData(payload);
      return;
    }
    this.#control ??= new Uint8Array(MAX_CONTROL_PAYLOAD);
    this.#control.set(payload, this.#controlSize);
    this.#controlSize += payload.length;
  }

  frameEnd(): void {
    const { fin, opcode, reservedBits } = this.#header;
    this.#framesReceived++;
    if (this.#isControl) {
      const payload = this.#control?.slice(0, this.#controlSize) ?? new Uint8Array(0);
      this.#controls.onControlFrame(opcode, payload, reservedBits);
      return;
    }
    this.insideMessage = !fin;
    this.#messages.onFrameEnd();
    if (!fin) return;
    this.#messagesReceived++;
    if (this.#pausing.isPaused) this.#waiting = 'messageEnd';
    else this.#messages.onMessageEnd();
  }
}

function ignore(): void {
  // Nobody wants to know.
}

const DISCARD: StreamingHandler = {
  onMessageBegin: ignore,
  onFrameBegin: ignore,
  onFrameData: ignore,
  onFrameEnd: ignore,
  onMessageEnd: ignore,
};
