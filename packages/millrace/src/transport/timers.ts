/** The longest time that `setTimeout` takes, in milliseconds: 24 days. */
export const MAX_TIMEOUT: number = 2 ** 31 - 1;

/** A clock that rings. */
export interface AlarmClock {
  /** The time in milliseconds; it never goes back. */
  readonly now: number;
  /**
   * Has `ring` called once, when the clock shows `time`.
   *
   * @returns a function that cancels it
   */
  setAlarm(time: number, ring: () => void): () => void;
}

/** The clock of the process. */
export const systemClock: AlarmClock = {
  get now(): number {
    return performance.now();
  },
  setAlarm(time: number, ring: () => void): () => void {
    // A timer may run out a little too early.
    const delay = Math.min(Math.max(Math.ceil(time - performance.now()), 0), MAX_TIMEOUT);
    const timer = setTimeout(ring, delay);
    return () => clearTimeout(timer);
  },
};
