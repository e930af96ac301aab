interface Alarm {
  readonly time: number;
  readonly ring: () => void;
}

/** A clock that stands still until it is told to go on, for tests that do not wait. */
export class VirtualClock {
  #now: number;
  /** What is to ring, the next first. */
  #alarms: Alarm[] = [];

  /** @param start - the time that it shows at first, in milliseconds */
  constructor(start = 0) {
    this.#now = start;
  }

  /** The time, in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** When the next alarm rings, in milliseconds; `Infinity` for never. */
  get nextAlarm(): number {
    return this.#alarms[0]?.time ?? Infinity;
  }

  /**
   * Has `ring` called once, when the clock shows `time`; at the next {@link advance} if that is over, never if it is `Infinity`. Alarms of
   * the same time ring in the order in which they were set.
   *
   * @returns a function that cancels it
   */
  setAlarm(time: number, ring: () => void): () => void {
    const alarm: Alarm = { time, ring };
    if (time < Infinity) {
      const later = this.#alarms.findIndex((other) => other.time > time);
      this.#alarms.splice(later === -1 ? this.#alarms.length : later, 0, alarm);
    }
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /**
   * Goes on by `milliseconds`, and rings what becomes due on the way, in order, each at its own time; what these set meanwhile is among
   * it.
   */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let alarm = this.#takeDue(end); alarm !== undefined; alarm = this.#takeDue(end)) {
      this.#now = Math.max(this.#now, alarm.time);
      alarm.ring();
    }
    this.#now = Math.max(this.#now, end);
  }

  #takeDue(end: number): Alarm | undefined {
    return this.nextAlarm <= end ? this.#alarms.shift() : undefined;
  }
}
