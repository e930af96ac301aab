/** What a connection may take of a turn of the event loop, in events. */
const MAX_EVENTS = 1000;

/** Events after which the clock is looked at. */
const EVENTS_A_LOOK = 64;

/** Whoever gives a connection its turns. */
export interface TurnHost {
  /** The time in milliseconds. */
  now(): number;
  /** How long a connection may work in this turn, in milliseconds. */
  turnTime(): number;
  /** Asks for another turn, after others have had theirs. */
  requestTurn(): void;
}

/**
 * What a connection has taken of a turn of the event loop: counts events, and looks at the clock now and then.
 *
 * An event is one frame with all that is called for it, or one thing that has waited and is handed out. When too much was taken, the rest has to wait
 * for the next turn, so that a peer who sends a flood of small frames does not keep the process from all others.
 */
export class Turn {
  readonly #host: TurnHost;
  #events = 0;
  #startedAt = 0;
  #isRequested = false;
  #isOver = false;

  constructor(host: TurnHost) {
    this.#host = host;
  }

  /** Whether the connection has taken enough, and has to wait for its next turn. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Work begins, at `now`. */
  begin(now: number): void {
    if (!this.#isRequested) this.#startedAt = now;
  }

  /** Counts an event. */
  count(): void {
    this.#events++;
    if (this.#events % EVENTS_A_LOOK === 0) this.look();
  }

  /** Looks at the clock. */
  look(): void {
    // From here on it is worth knowing when the turn has ended; a few events are not.
    if (!this.#isRequested) {
      this.#isRequested = true;
      this.#host.requestTurn();
    }
    this.#isOver ||= this.#events >= MAX_EVENTS || this.#host.now() - this.#startedAt >= this.#host.turnTime();
  }

  /** A new turn has begun. */
  renew(): void {
    this.#events = 0;
    this.#isRequested = false;
    this.#isOver = false;
    this.#startedAt = this.#host.now();
  }
}
