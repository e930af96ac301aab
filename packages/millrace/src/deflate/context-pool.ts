import type { Deflater, Inflater } from './codec/codec.ts';

/** Contexts that are kept for the next message at most. */
const MOST_FREE = 8;

/** Contexts of one kind: some are held by a connection, others serve one message at a time, of any connection. */
export class ContextPool<Context extends Deflater | Inflater> {
  readonly #create: () => Context;
  readonly #free: Context[] = [];
  /** How many have been free all the time since the last {@link sweep}. */
  #unused = 0;
  #size = 0;

  constructor(create: () => Context) {
    this.#create = create;
  }

  /** How many contexts there are, taken and free. */
  get size(): number {
    return this.#size;
  }

  /** Whether there is one that nobody has taken. */
  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /**
   * Takes a context without history, and makes it if none is free.
   *
   * @throws {Error} there is no memory for it
   */
  take(): Context {
    const free = this.#free.pop();
    if (free === undefined) {
      const made = this.#create();
      this.#size++;
      return made;
    }
    this.#unused = Math.min(this.#unused, this.#free.length);
    free.reset();
    return free;
  }

  /** Gives back a context that has nothing to do. */
  give(context: Context): void {
    if (this.#free.length < MOST_FREE) this.#free.push(context);
    else this.discard(context);
  }

  /** Closes a context that was taken. */
  discard(context: Context): void {
    context.close();
    this.#size--;
  }

  /** Closes the free ones that nobody has taken since the last sweep. */
  sweep(): void {
    for (const context of this.#free.splice(0, this.#unused)) this.discard(context);
    this.#unused = this.#free.length;
  }
}
