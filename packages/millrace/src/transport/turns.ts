import { Fifo } from '../protocol/base/fifo.ts';

/** What one connection may work in a turn of the event loop, in milliseconds. */
const CONNECTION_TIME = 2;

/** What all connections together may work in a turn before each gets but a little, in milliseconds. */
const TURN_TIME = 20;

/** What each of them still gets then, in milliseconds. */
const LITTLE_TIME = 0.2;

/** Whoever works in turns. */
export interface TurnTaker {
  /** Works on, in a new turn. */
  takeTurn(): void;
}

/**
 * Gives the connections of the process their turns, one after the other, so that none of them keeps the event loop for itself.
 *
 * Whoever has worked for a while asks for a turn; it comes when the event loop has dealt with everything else. What is not done in time goes on in the
 * turn after that.
 */
export class Turns {
  readonly #now: () => number;
  readonly #waiting = new Fifo<TurnTaker>();
  #isScheduled = false;
  /** When somebody has first asked in this turn. */
  #startedAt = 0;
  /** Whether several have asked in the last turn. */
  #isContended = false;

  /** @param now - gives the time in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether several connections have asked for a turn at the same time. */
  get isContended(): boolean {
    return this.#isContended;
  }

  /** How long a connection may work now, in milliseconds. */
  get time(): number {
    if (!this.#isScheduled) return CONNECTION_TIME;
    const left = this.#startedAt + TURN_TIME - this.#now();
    return Math.max(LITTLE_TIME, Math.min(CONNECTION_TIME, left));
  }

  /** Asks for a turn. Ask once for each. */
  request(taker: TurnTaker): void {
    this.#waiting.put(taker);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#startedAt = this.#now();
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    this.#startedAt = this.#now();
    this.#isContended = this.#waiting.size > 1;
    const end = this.#startedAt + TURN_TIME;
    try {
      // Those that ask again have their next turn after everything else.
      for (let left = this.#waiting.size; left > 0 && this.#now() < end; left--) this.#waiting.take()?.takeTurn();
    } finally {
      this.#isScheduled = this.#waiting.size > 0;
      if (this.#isScheduled) setImmediate(this.#run);
    }
  };
}

/** The turns of this process. */
export const turns: Turns = new Turns(() => performance.now());
