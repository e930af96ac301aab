import { DONE, createDeferred } from '../engine/deferred.ts';

/** Whose turn it is to send: messages go out in the order of the calls. */
export class SendTurns {
  #last: Promise<unknown> = DONE;
  #count = 0;

  /** Whether nobody has the turn or waits for it. */
  get areFree(): boolean {
    return this.#count === 0;
  }

  /**
   * Waits for the turn.
   *
   * @returns what ends it; repeating that does nothing
   */
  async take(): Promise<() => void> {
    const before = this.#last;
    const turn = createDeferred<undefined>();
    this.#last = turn.promise;
    this.#count++;
    await before;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#count--;
      turn.resolve(undefined);
    };
  }
}
