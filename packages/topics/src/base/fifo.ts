/** Below so many taken entries, nothing is moved. */
const LEAST_WASTE = 32;

/** A queue that adds and takes in constant time, on average, and forgets at once what was taken. */
export class Fifo<T> {
  #entries: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#entries.length - this.#head;
  }

  put(entry: T): void {
    this.#entries.push(entry);
  }

  /** The oldest; `undefined` where there is none. */
  peek(): T | undefined {
    return this.#entries[this.#head];
  }

  /** Takes the oldest. */
  take(): T | undefined {
    const entry = this.#entries[this.#head];
    if (this.size === 0) return undefined;
    this.#entries[this.#head++] = undefined;
    if (this.#head > LEAST_WASTE && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** The entry at an index, 0 for the oldest. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#entries[this.#head + index];
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
  }
}
