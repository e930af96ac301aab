import { Duplex } from 'node:stream';

/** A transport in memory: what is written is kept, what arrives is what a test says. */
export class FakeSocket extends Duplex {
  /** What was written, one entry for each write that would have been a system call. */
  readonly writes: Buffer[] = [];
  /** While it is set, writes do not end. */
  isBlocked = false;
  #finish: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  /** All that was written. */
  get written(): Buffer {
    return Buffer.concat(this.writes);
  }

  /** Has bytes arrive; they stay the caller's. */
  arrive(bytes: Uint8Array): void {
    this.push(bytes);
  }

  /** Has the other side end. */
  arriveEnd(): void {
    this.push(null);
  }

  /** Ends the write that was held up, and all that follow. */
  unblock(): void {
    this.isBlocked = false;
    this.finishWrite();
  }

  /** Ends the write that was held up. */
  finishWrite(): void {
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.();
  }

  override _read(): void {
    // It arrives by itself.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(Buffer.from(chunk));
    this.#end(done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    this.#end(done);
  }

  #end(done: () => void): void {
    if (this.isBlocked) this.#finish = done;
    else done();
  }
}
