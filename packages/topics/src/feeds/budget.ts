/** What all topics of a process may hold together. */
export class Budget {
  readonly #limit: number;
  #used = 0;

  /** @param limit - in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes a part of it, if that is left. */
  take(cost: number): boolean {
    if (this.#used > 0 && this.#used + cost > this.#limit) return false;
    this.#used += cost;
    return true;
  }

  giveBack(cost: number): void {
    this.#used -= cost;
  }
}

/** A list of one topic, bounded by what its entries cost, and by what all lists of the process cost together. */
export class BoundedList<T extends { readonly cost: number }> {
  readonly #budget: Budget;
  readonly #limit: number;
  #entries: T[] = [];
  #head = 0;
  #cost = 0;

  constructor(limit: number, budget: Budget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** Whether it has room: it takes one of any size when it is empty. */
  get hasRoom(): boolean {
    return this.size === 0 || this.#cost < this.#limit;
  }

  /** Adds an entry, unless that is too much. */
  put(entry: T): boolean {
    const { cost } = entry;
    if ((this.size > 0 && this.#cost + cost > this.#limit) || !this.#budget.take(cost)) return false;
    this.#entries.push(entry);
    this.#cost += cost;
    return true;
  }

  peek(): T | undefined {
    return this.#entries[this.#head];
  }

  take(): T | undefined {
    if (this.size === 0) return undefined;
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#cost -= entry.cost;
    this.#budget.giveBack(entry.cost);
    this.#head++;
    // What was taken is forgotten, in constant time on average.
    if (this.#head > 16 && this.#head * 2 > this.#entries.length) this.#compact();
    return entry;
  }

  /** Those behind the ones that are before something, which stand at the beginning. */
  after(isBefore: (entry: T) => boolean): T[] {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && isBefore(entry)) low = middle + 1;
      else high = middle;
    }
    return this.#entries.slice(low);
  }

  clear(): void {
    this.#budget.giveBack(this.#cost);
    this.#entries = [];
    this.#head = 0;
    this.#cost = 0;
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
