import type { MessageBody } from './message-body.ts';

/** Reads the payload of a body as it arrives. Leaving it early discards the rest. */
export class ChunkIterator implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #body: MessageBody;

  constructor(body: MessageBody) {
    this.#body = body;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const item = this.#body.take();
      if (item instanceof Uint8Array) return { done: false, value: item };
      if (item !== undefined) continue;
      if (this.#body.isFinished) return END;
      await this.#body.wait();
    }
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#body.discard();
    return Promise.resolve(END);
  }
}

const END = { done: true, value: undefined } as const;
