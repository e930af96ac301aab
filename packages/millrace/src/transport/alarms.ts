import { MAX_TIMEOUT } from './timers.ts';

/** An alarm rings late by at most this part of the time until then. */
const PRECISION = 1 / 64;

/** How late an alarm rings at most that is set for `delay`, in milliseconds from then on, on an event loop that is not late itself. */
export function latestRing(delay: number): number {
  return delay + Math.max(delay * PRECISION, 1) + 1;
}

/** What {@link Alarms} do. */
export interface AlarmsSetup<Member> {
  /** Called for each at its time, or a little later. Must not throw. */
  readonly ring: (member: Member) => void;
  /** Whether the process goes on for them. */
  readonly keepsAlive: boolean;
}

/**
 * Wakes many up, each at about the time that it has asked for, by few timers: those whose times are near to each other share one. A member costs no more than its
 * place in a set.
 */
export class Alarms<Member> {
  readonly #setup: AlarmsSetup<Member>;
  /** By when they ring. */
  readonly #alarms = new Map<number, Alarm<Member>>();

  constructor(setup: AlarmsSetup<Member>) {
    this.#setup = setup;
  }

  /**
   * Has somebody woken up once.
   *
   * @param delay - in milliseconds
   *
   * @returns the alarm, to take it out of again
   */
  set(member: Member, delay: number): Alarm<Member> {
    const wait = Math.min(Math.max(delay, 0), MAX_TIMEOUT);
    const width = 2 ** Math.floor(Math.log2(Math.max(wait * PRECISION, 1)));
    const dueAt = Math.ceil((performance.now() + wait) / width) * width;
    const alarm = this.#alarms.get(dueAt) ?? this.#create(dueAt);
    alarm.add(member, dueAt - width);
    return alarm;
  }

  #create(dueAt: number): Alarm<Member> {
    const alarm = new Alarm(this.#setup, dueAt, () => this.#alarms.delete(dueAt));
    this.#alarms.set(dueAt, alarm);
    return alarm;
  }
}

/** A timer, and those who share it. */
export class Alarm<Member> {
  readonly #setup: AlarmsSetup<Member>;
  readonly #onOver: () => void;
  readonly #members = new Set<Member>();
  readonly #timer: NodeJS.Timeout;

  /** The earliest time that it rings for, in milliseconds of `performance.now()`. */
  #since: number;

  constructor(setup: AlarmsSetup<Member>, dueAt: number, onOver: () => void) {
    this.#setup = setup;
    this.#since = dueAt;
    this.#onOver = onOver;
    const delay = Math.min(Math.ceil(dueAt - performance.now()), MAX_TIMEOUT);
    this.#timer = setTimeout(() => this.#ring(), delay);
    if (!setup.keepsAlive) this.#timer.unref();
  }

  /** Whether it is as good as another for `time`: it rings not much before that, or later. */
  servesFor(time: number): boolean {
    return time >= this.#since;
  }

  /** @param since - the earliest time that the member may want to be woken up at */
  add(member: Member, since: number): void {
    this.#members.add(member);
    this.#since = Math.min(this.#since, since);
  }

  /** It need not be woken up any more. Repeating it does nothing. */
  remove(member: Member): void {
    // One that nobody waits for is of use for those who come next, where it does not keep the process alive.
    if (!this.#members.delete(member) || this.#members.size > 0 || !this.#setup.keepsAlive) return;
    clearTimeout(this.#timer);
    this.#onOver();
  }

  #ring(): void {
    this.#onOver();
    for (const member of this.#members) this.#setup.ring(member);
  }
}
