import type { Duplex } from 'node:stream';

import { TransportError } from '../../protocol/base/errors.ts';

/**
 * Reads from a stream just so many bytes as are wanted; the rest stays in the stream.
 *
 * One reader at a time; {@link release} ends it.
 */
export class ByteReader {
  readonly #stream: Duplex;
  #bytes = new Uint8Array(0);
  #want: ((error?: Error) => void) | undefined;
  #error: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onError);
    stream.on('close', this.#onEnd);
  }

  /** Takes `count` bytes. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length < count) await this.#more();
    return this.#cut(count);
  }

  /**
   * Takes what stands before and at `mark`.
   *
   * @throws {TransportError} there are more than `most` bytes without it
   */
  async takeThrough(mark: string, most: number): Promise<Uint8Array> {
    for (;;) {
      const at = Buffer.from(this.#bytes).indexOf(mark);
      if (at !== -1 && at + mark.length <= most) return this.#cut(at + mark.length);
      if (at !== -1 || this.#bytes.length >= most) throw new TransportError('the answer is too long');
      await this.#more();
    }
  }

  /** Gives the stream back, paused, with what was not taken. */
  release(): void {
    const stream = this.#stream;
    stream.off('data', this.#onData);
    stream.off('end', this.#onEnd);
    stream.off('error', this.#onError);
    stream.off('close', this.#onEnd);
    stream.pause();
    if (this.#bytes.length > 0) stream.unshift(this.#bytes);
  }

  #cut(count: number): Uint8Array {
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  #more(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#want = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#settle(undefined);
  };

  readonly #onEnd = (): void => this.#onError(new TransportError('the connection has ended'));

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
    this.#settle(this.#error);
  };

  #settle(error: Error | undefined): void {
    const want = this.#want;
    this.#want = undefined;
    want?.(error);
  }
}
