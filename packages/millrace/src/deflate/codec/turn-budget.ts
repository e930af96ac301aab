/** What may be done synchronously in one turn of the event loop, in bytes; about a millisecond's work. */
const BUDGET = 65_536;

/** Spent bytes from which on it is seen to that the next turn begins anew. Below, small messages cost no timer. */
const NOTICED = 16_384;

/** Holds one connection to its share of a turn of the event loop. */
export class TurnBudget {
  #spent = 0;
  #isRenewing = false;

  /** Says that what is left to do must wait for the next turn. */
  get isExhausted(): boolean {
    return this.#spent >= BUDGET;
  }

  /** Counts work that was done. */
  spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent < NOTICED || this.#isRenewing) return;
    this.#isRenewing = true;
    setImmediate(renew, this);
  }

  /** Begins anew: a turn has passed. */
  renew(): void {
    this.#spent = 0;
    this.#isRenewing = false;
  }
}

function renew(budget: TurnBudget): void {
  budget.renew();
}

/** Settles in the next turn of the event loop, after budgets were renewed. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
