import { createHash, type Hash } from 'node:crypto';

const MIB = 1024 * 1024;

/** A running SHA-256 that tells its value after each MiB. */
export class RunningHash {
  readonly #hash: Hash = createHash('sha256');
  readonly #tell: (digest: string) => void;
  #missing = MIB;

  constructor(tell: (digest: string) => void) {
    this.#tell = tell;
  }

  /** Adds `bytes`. */
  update(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length >= this.#missing) {
      this.#hash.update(rest.length === this.#missing ? rest : rest.subarray(0, this.#missing));
      rest = rest.subarray(this.#missing);
      this.#missing = MIB;
      this.#tell(this.#hash.copy().digest('hex'));
    }
    if (rest.length === 0) return;
    this.#hash.update(rest);
    this.#missing -= rest.length;
  }
}
