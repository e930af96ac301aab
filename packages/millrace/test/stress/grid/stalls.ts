import { existsSync, readFileSync } from 'node:fs';

/** How often the event loop is looked at, in milliseconds. */
const INTERVAL = 5;

/**
 * Measures how long the event loop stands still at most, in time of the processor: on a machine that has other things to do, a process may be held up by
 * those for longer than by its own work.
 */
export class Stalls {
  readonly #workTime: () => number;
  #last = performance.now();
  #lastWork: number;
  #longest = 0;
  readonly #timer = setInterval(() => {
    this.#look();
  }, INTERVAL);

  /** @param workTime - processor time so far, in milliseconds: of all threads of the process, unless given */
  constructor(workTime: () => number = processTime) {
    this.#workTime = workTime;
    this.#lastWork = workTime();
  }

  /** The longest time between two turns so far, in milliseconds. */
  get longest(): number {
    this.#look();
    return this.#longest;
  }

  /** Begins anew. */
  reset(): void {
    this.#last = performance.now();
    this.#lastWork = this.#workTime();
    this.#longest = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const work = this.#workTime();
    this.#longest = Math.max(this.#longest, Math.min(now - this.#last - INTERVAL, work - this.#lastWork));
    this.#last = now;
    this.#lastWork = work;
  }
}

/** Says how long this thread, the first of its process, has been at work; elsewhere than on Linux, all threads together. In milliseconds. */
export function mainThreadTime(): number {
  if (!existsSync(SCHEDULING)) return processTime();
  const [nanoseconds = ''] = readFileSync(SCHEDULING, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

const SCHEDULING = '/proc/self/schedstat';

/** Processor time of this process so far, in milliseconds. */
function processTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
