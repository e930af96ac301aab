/** An item in a {@link Fifo}, by which it can be removed. */
export class FifoEntry<Item> {
  readonly item: Item;
  /** The entries beside it, for the list that it is in. */
  previous: FifoEntry<Item> | undefined;
  next: FifoEntry<Item> | undefined;
  /** The list that it is in; `undefined` when it was taken out. */
  list: Fifo<Item> | undefined;

  constructor(item: Item, list: Fifo<Item>) {
    this.item = item;
    this.list = list;
  }
}

/** A queue whose entries can also be removed from the middle. Every method takes constant time, and nothing is kept of what was taken out. */
export class Fifo<Item> {
  #first: FifoEntry<Item> | undefined;
  #last: FifoEntry<Item> | undefined;
  #size = 0;

  /** How many items are in it. */
  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end. */
  put(item: Item): FifoEntry<Item> {
    const entry = new FifoEntry(item, this);
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size++;
    return entry;
  }

  /** The first item, which stays; `undefined` if there is none. */
  peek(): Item | undefined {
    return this.#first?.item;
  }

  /** All items, the first one first. None may be taken out meanwhile. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (let entry = this.#first; entry !== undefined; entry = entry.next) yield entry.item;
  }

  /** Takes the first item out; `undefined` if there is none. */
  take(): Item | undefined {
    const entry = this.#first;
    if (entry === undefined) return undefined;
    this.remove(entry);
    return entry.item;
  }

  /**
   * Takes an entry out, wherever it stands.
   *
   * @returns whether it was still in this list
   */
  remove(entry: FifoEntry<Item>): boolean {
    if (entry.list !== this) return false;
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // An entry that somebody still holds keeps no others alive.
    entry.previous = undefined;
    entry.next = undefined;
    entry.list = undefined;
    this.#size--;
    return true;
  }

  /** Takes out all items, or those that `isWanted` says; the first one first. */
  takeAll(isWanted: (item: Item) => boolean = () => true): Item[] {
    const taken: Item[] = [];
    let entry = this.#first;
    while (entry !== undefined) {
      const { item, next } = entry;
      if (isWanted(item)) {
        this.remove(entry);
        taken.push(item);
      }
      entry = next;
    }
    return taken;
  }
}
