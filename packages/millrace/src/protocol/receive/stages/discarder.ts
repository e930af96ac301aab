import type { StreamingHandler } from '../handlers.ts';

/** Takes messages that nobody will be given, and counts their payload. */
export class Discarder implements StreamingHandler {
  #size = 0;

  /** Payload so far, in bytes. */
  get size(): number {
    return this.#size;
  }

  onFrameData(chunk: Uint8Array): void {
    this.#size += chunk.length;
  }

  onMessageBegin(): void {}
  onFrameBegin(): void {}
  onFrameEnd(): void {}
  onMessageEnd(): void {}
}
