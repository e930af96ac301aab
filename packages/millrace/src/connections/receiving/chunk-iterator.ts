import { handled } from '../../engine/deferred.ts';
import type { MessageBody } from './message-body.ts';

/** Reads the payload of a body as it arrives. Leaving it early discards the rest. */
export class ChunkIterator implements AsyncIterableIterator<Uint8Array<ArrayBuffer>, undefined> {
  readonly #body: MessageBody;
  #isOver = false;

  constructor(body: MessageBody) {
    this.#body = body;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> {
    return handled(this.#next());
  }

  return(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> {
    this.#isOver = true;
    this.#body.discard();
    return Promise.resolve(END);
  }

  async #next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>> {
    try {
      while (!this.#isOver) {
        const item = this.#body.take() ?? (await this.#body.read());
        if (item instanceof Uint8Array) return { done: false, value: item };
        this.#isOver ||= item === undefined;
      }
    } catch (error) {
      // Whoever has left it does not want to know that it was discarded.
      if (!this.#isOver) throw error;
    }
    return END;
  }
}

const END = { done: true, value: undefined } as const;
