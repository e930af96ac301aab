import { handled } from '../../engine/deferred.ts';

/** Iterates as a generator does. Nobody has to look whether one of its promises failed. */
export class HandledIterator<Item> implements AsyncIterableIterator<Item, void> {
  readonly #source: AsyncGenerator<Item, void, undefined>;

  constructor(source: AsyncGenerator<Item, void, undefined>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, void>> {
    return handled(this.#source.next());
  }

  return(): Promise<IteratorResult<Item, void>> {
    return handled(this.#source.return());
  }
}
