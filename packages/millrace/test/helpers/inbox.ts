/** Hands over what was put in, in order, to whoever waits for it. */
export class Inbox<Item> {
  #items: Item[] = [];
  #taken = 0;
  readonly #waiting: { resolve: (item: Item) => void; reject: (error: Error) => void }[] = [];
  #end: Error | undefined;

  /** How many items nobody has taken. */
  get size(): number {
    return this.#items.length - this.#taken;
  }

  /** Adds an item. */
  put(item: Item): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** Tells that nothing more comes: with nothing left, {@link take} rejects with `error`. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Takes the oldest item, waiting for it if there is none. */
  take(): Promise<Item> {
    const item = this.#items[this.#taken];
    if (item !== undefined) {
      this.#taken++;
      if (this.size === 0) {
        this.#items = [];
        this.#taken = 0;
      }
      return Promise.resolve(item);
    }
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Takes `count` items. */
  async takeAll(count: number): Promise<Item[]> {
    const taken: Item[] = [];
    while (taken.length < count) taken.push(await this.take());
    return taken;
  }
}
