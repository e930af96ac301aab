/** Taken items after which the room that they had is given back. */
const SHRINK_AFTER = 1024;

/** A queue. Taking costs the same however long it is, which `Array.shift` does not promise. */
export class Fifo<Item> {
  #items: Item[] = [];
  #taken = 0;

  /** How many items are in it. */
  get size(): number {
    return this.#items.length - this.#taken;
  }

  /** Adds an item at the end. */
  put(item: Item): void {
    this.#items.push(item);
  }

  /** The first item, which stays; `undefined` if there is none. */
  peek(): Item | undefined {
    return this.#items[this.#taken];
  }

  /** Takes the first item out; `undefined` if there is none. */
  take(): Item | undefined {
    const item = this.#items[this.#taken];
    if (this.size > 0) this.#taken++;
    if (this.size === 0) {
      this.#items = [];
      this.#taken = 0;
    } else if (this.#taken >= SHRINK_AFTER && this.#taken * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
