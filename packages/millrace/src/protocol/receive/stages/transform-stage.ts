import type { MessageTransform, PulledPiece } from '../../base/transform.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import type { StreamingHandler } from '../handlers.ts';
import type { PipelineGate } from '../pipeline-gate.ts';

/** What a {@link TransformStage} works with. */
export interface TransformStageSetup {
  readonly next: StreamingHandler;
  readonly transform: MessageTransform;
  readonly gate: PipelineGate;
  /** How many such stages there are behind it. */
  readonly depth: number;
}

/** Passes the payload of messages through the transform of an extension. Limits, and the check of UTF-8, come behind it and see what comes out. */
export class TransformStage implements StreamingHandler {
  readonly #next: StreamingHandler;
  readonly #transform: MessageTransform;
  readonly #gate: PipelineGate;
  readonly #depth: number;
  #opcode = 0;
  #isFirstFrame = false;
  #isLastFrame = false;
  /** Whether the present message goes through the transform. */
  #applies = false;
  #isEnding = false;

  constructor({ next, transform, gate, depth }: TransformStageSetup) {
    this.#next = next;
    this.#transform = transform;
    this.#gate = gate;
    this.#depth = depth;
  }

  onMessageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#isFirstFrame = true;
    this.#next.onMessageBegin(opcode);
  }

  onFrameBegin(header: FrameHeader): void {
    const { reservedBits, fin } = header;
    if (this.#isFirstFrame) this.#applies = this.#transform.begin({ opcode: this.#opcode, reservedBits });
    this.#isFirstFrame = false;
    this.#isLastFrame = fin;
    this.#next.onFrameBegin(header);
  }

  onFrameData(chunk: Uint8Array): void {
    if (!this.#applies) {
      this.#next.onFrameData(chunk);
      return;
    }
    this.#transform.push(new Uint8Array(chunk));
    this.#pull();
  }

  onFrameEnd(): void {
    if (!this.#applies || !this.#isLastFrame) {
      this.#next.onFrameEnd();
      return;
    }
    // What is left of the message belongs to its last frame.
    this.#isEnding = true;
    this.#transform.end();
    this.#pull();
  }

  onMessageEnd(): void {
    this.#next.onMessageEnd();
  }

  readonly #pull = (): void => {
    while (this.#gate.mayGive(this.#depth, this.#pull)) {
      const piece = this.#gate.run((signal) => this.#transform.pull(signal), this.#takeLater);
      if (piece === 'later' || !this.#take(piece)) return;
    }
  };

  readonly #takeLater = (piece: PulledPiece): void => {
    if (this.#take(piece)) this.#pull();
  };

  /** @returns whether there may be more */
  #take(piece: PulledPiece): boolean {
    if (piece !== undefined) {
      this.#next.onFrameData(piece);
      return true;
    }
    if (this.#isEnding) {
      this.#isEnding = false;
      this.#next.onFrameEnd();
    }
    return false;
  }
}
