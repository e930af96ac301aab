import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** `USER_HZ`, the unit of /proc/<pid>/stat; 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

const NANOSECONDS_PER_SECOND = 1e9;

/** Whether the kernel tells the CPU time of threads to the nanosecond. */
const HAS_EXACT_TIMES = existsSync('/proc/self/schedstat');

/** CPU time of a process, user and system, all threads. */
export class CpuClock {
  readonly #pid: number;
  /** What each thread has had, by its number, in nanoseconds; that of one that has ended stays as it was last seen. */
  readonly #threads = new Map<string, number>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** The time since it began, in seconds, without threads that ended before the first call. */
  seconds(): number {
    if (!HAS_EXACT_TIMES) return secondsInTicks(this.#pid);
    const folder = `/proc/${String(this.#pid)}/task`;
    for (const thread of readdirSync(folder)) {
      const time = timeOfThread(`${folder}/${thread}/schedstat`);
      if (time !== undefined) this.#threads.set(thread, time);
    }
    let sum = 0;
    for (const time of this.#threads.values()) sum += time;
    return sum / NANOSECONDS_PER_SECOND;
  }
}

/** Resident memory of a process, in bytes: now (`VmRSS`) or at its highest (`VmHWM`). */
export function residentMemory(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
  return 1024 * Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}

/** The processors that this process may run on. */
export function allowedProcessors(): readonly number[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** In nanoseconds; `undefined` if the thread has ended. */
function timeOfThread(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'latin1').split(' ', 1)[0]);
  } catch {
    return undefined;
  }
}

/** Exact to 10 ms. */
function secondsInTicks(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  // The name of the program, in parentheses, may contain anything; utime and stime are the 12th and 13th fields behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
