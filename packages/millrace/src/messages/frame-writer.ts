import { LocalUsageError } from '../protocol/base/errors.ts';
import { Countdown } from '../protocol/base/length.ts';
import { attempt } from './deferred.ts';
import type { Chunk } from './sendable.ts';
import type { MessageSession } from './session.ts';

/** Sends the payload of one frame, whose length was announced. */
export class FrameWriter {
  readonly #session: MessageSession;
  readonly #encode: (chunk: Chunk) => Uint8Array;
  readonly #missing = new Countdown();

  constructor(session: MessageSession, length: number | bigint, encode: (chunk: Chunk) => Uint8Array) {
    this.#session = session;
    this.#encode = encode;
    this.#missing.setLength(length);
  }

  /** Bytes that are still to be written; above 2^53 rounded. At 0 the frame is complete. */
  get remaining(): number {
    return this.#missing.remaining;
  }

  /**
   * Sends the next piece of the frame. Resolves when no more than `highWaterMark` bytes are on their way.
   *
   * @throws {LocalUsageError} it is longer than what remains: nothing of it was sent
   * @throws {ConnectionClosedError} the connection has ended
   */
  write(chunk: Chunk): Promise<void> {
    return attempt(() => {
      const bytes = this.#encode(chunk);
      if (this.#missing.fitting(bytes.length) < bytes.length) {
        const [given, missing] = [String(bytes.length), String(this.remaining)];
        throw new LocalUsageError(`write: ${given} bytes were given, and ${missing} remain to be written of the frame`);
      }
      if (bytes.length > 0) this.#session.connection.sender.sendFrameData(bytes);
      this.#missing.take(bytes.length);
      return this.#session.ready();
    });
  }
}
