import { Countdown } from '../../protocol/base/length.ts';
import type { Room } from './chunk-encoder.ts';
import { attempt } from '../../engine/deferred.ts';
import type { EngineConnection } from '../../engine/engine-connection.ts';
import type { Chunk } from './sendable.ts';

/** What a {@link FrameWriter} works with. */
export interface FrameWriting {
  readonly engine: EngineConnection;
  readonly length: number | bigint;
  /** Whether the message ends with the frame. */
  readonly final: boolean;
  /** Encodes the next piece of the message. */
  readonly encode: (chunk: Chunk, room: Room) => Uint8Array;
  /** Called when the frame is complete. */
  readonly onComplete: () => void;
}

/** Sends the payload of one frame, whose length was announced. */
export class FrameWriter {
  readonly #writing: FrameWriting;
  readonly #missing = new Countdown();

  /** @internal */
  constructor(writing: FrameWriting) {
    this.#writing = writing;
    this.#missing.setLength(writing.length);
  }

  /** Bytes that are still to be written; above 2^53 rounded. At 0 the frame is complete. */
  get remaining(): number {
    return this.#missing.remaining;
  }

  /**
   * Sends the next piece of the frame. Resolves when no more than `highWaterMark` bytes are on their way.
   *
   * @throws {LocalUsageError} it is longer than what remains, or no piece: nothing of it was sent
   * @throws {ConnectionClosedError} the connection has ended
   */
  write(chunk: Chunk): Promise<void> {
    return attempt(() => {
      const { engine, final, encode, onComplete } = this.#writing;
      const { sender } = engine.connection;
      const before = sender.givenReferences;
      if (!sender.canSend && this.remaining > 0) return engine.ended();
      const bytes = encode(chunk, { size: this.remaining, endsMessage: final });
      if (bytes.length > 0) {
        sender.sendFrameData(bytes);
        this.#missing.take(bytes.length);
        if (this.#missing.done) onComplete();
      }
      return engine.sent(before);
    });
  }
}
