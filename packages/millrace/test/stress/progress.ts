import { MIB } from './claim.ts';

/** Bytes that go through a long message, or a long frame. */
export const TOTAL: number = 4096 * MIB;

/** Bytes after which memory may not grow much more. */
const WARM_UP = 256 * MIB;

/** Follows the resident memory of this process, while bytes go through it. */
export class Progress {
  #bytes = 0;
  #sampledAt = 0;
  #warm = 0;
  #peak = 0;

  /** Notes `size` bytes more, and says whether all is done. */
  add(size: number): boolean {
    this.#bytes += size;
    if (this.#bytes - this.#sampledAt < 4 * MIB && this.#bytes < TOTAL) return false;
    this.#sampledAt = this.#bytes;
    const rss = process.memoryUsage.rss();
    if (this.#bytes <= WARM_UP) this.#warm = Math.max(this.#warm, rss);
    else this.#peak = Math.max(this.#peak, rss);
    return this.#bytes >= TOTAL;
  }

  /** What went through, and how far resident memory rose after the warm-up above its highest before, in bytes. */
  report(): { readonly bytes: number; readonly growth: number } {
    return { bytes: this.#bytes, growth: Math.max(this.#peak - this.#warm, 0) };
  }
}
