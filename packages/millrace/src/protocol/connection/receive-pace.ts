import { CloseCode } from '../base/close-code.ts';
import { LimitExceededError } from '../base/errors.ts';

/** How long is measured, in milliseconds. */
const WINDOW = 5000;

/**
 * Finds peers that send a message drop by drop, to keep memory in use and a handler busy: while a message comes in, it has to come at a minimum pace, on average over five seconds.
 * All times are milliseconds of the clock of the driver.
 */
export class ReceivePace {
  readonly #minimum: number;
  #bytes = 0;
  /** When to look; `Infinity` while no message comes in. */
  deadline: number = Infinity;

  /** @param minimum - bytes a second */
  constructor(minimum: number) {
    this.#minimum = minimum;
  }

  /** Notes what has come, and whether a message is coming in now. */
  note(now: number, size: number, isInside: boolean): void {
    if (!isInside) this.deadline = Infinity;
    else if (this.deadline === Infinity) this.restart(now);
    else this.#bytes += size;
  }

  /** Measures anew: it was our doing that nothing came. */
  restart(now: number): void {
    this.deadline = now + WINDOW;
    this.#bytes = 0;
  }

  /** Judges what has come until its {@link deadline}: gives an error where it is too little. Otherwise it is looked again. */
  judge(now: number): LimitExceededError | undefined {
    if (now < this.deadline) return undefined;
    const size = Math.floor((this.#bytes * 1000) / WINDOW);
    this.restart(now);
    if (size >= this.#minimum) return undefined;
    const advice = 'the peer sends a message too slowly';
    const unit = 'bytes a second';
    return new LimitExceededError(
      { option: 'minReceiveRate', limit: this.#minimum, size, unit, advice },
      CloseCode.POLICY_VIOLATION,
    );
  }
}
