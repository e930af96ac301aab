import { randomFillSync } from 'node:crypto';

/** Keys that are drawn at a time. One call for each key would cost more than masking a small frame. */
const POOL_SIZE = 2048;

/**
 * Gives out masking keys that cannot be predicted, each of them once.
 *
 * @see RFC 6455 §5.3, §10.3
 */
export class MaskingKeyPool {
  readonly #keys = new Int32Array(POOL_SIZE);
  #next = POOL_SIZE;

  /** A fresh key: 32 bits of strong randomness, as a signed number. */
  next(): number {
    if (this.#next === POOL_SIZE) {
      randomFillSync(this.#keys);
      this.#next = 0;
    }
    const key = this.#keys[this.#next]!;
    // A key that was used tells nothing to whoever reads our memory later.
    this.#keys[this.#next++] = 0;
    return key;
  }
}
