import type { FrameHeader } from '../../src/protocol/wire/frame-header.ts';
import type { FrameSink } from '../../src/protocol/wire/frame-parser.ts';
import { concat } from './bytes.ts';

/** A frame that a {@link Recorder} was told of. */
export interface RecordedFrame {
  /** A copy: the parser reuses its own. */
  readonly header: FrameHeader;
  /** Copies of what `frameData` brought, call by call. */
  readonly pieces: Uint8Array[];
  /** Whether `frameEnd` was called. */
  ended: boolean;
}

/** A call of a `FrameSink`. */
export type SinkCall = 'begin' | 'data' | 'end';

/**
 * A `FrameSink` that remembers all it was told.
 *
 * It complains about calls out of order, and about empty payloads.
 */
export class Recorder implements FrameSink {
  /** The frames so far, the unfinished one included. */
  readonly frames: RecordedFrame[] = [];
  /** The calls so far, in order. */
  readonly calls: SinkCall[] = [];
  readonly #onCall: (call: SinkCall) => void;

  /** @param onCall - is told of each call when it has been recorded; may pause the parser, or throw */
  constructor(onCall: (call: SinkCall) => void = () => undefined) {
    this.#onCall = onCall;
  }

  /** How many frames have ended. */
  get ended(): number {
    return this.calls.filter((call) => call === 'end').length;
  }

  frameBegin(header: FrameHeader): void {
    if (this.frames.at(-1)?.ended === false) throw new Error('frameBegin inside a frame');
    this.frames.push({ header: { ...header }, pieces: [], ended: false });
    this.#called('begin');
  }

  frameData(payload: Uint8Array): void {
    if (payload.length === 0) throw new Error('frameData without payload');
    this.#frame().pieces.push(Uint8Array.from(payload));
    this.#called('data');
  }

  frameEnd(): void {
    this.#frame().ended = true;
    this.#called('end');
  }

  /** The payload, as far as it came, of the frame at `index`; negative ones count from the end. */
  payload(index: number): Uint8Array {
    return concat(this.frames.at(index)?.pieces ?? []);
  }

  #frame(): RecordedFrame {
    const frame = this.frames.at(-1);
    if (frame === undefined || frame.ended) throw new Error('a call outside a frame');
    return frame;
  }

  #called(call: SinkCall): void {
    this.calls.push(call);
    this.#onCall(call);
  }
}
