import { CpuClock } from '../measure/process-figures.ts';
import { Latencies } from './latencies.ts';

/** What was measured in one round. */
export interface Measurement {
  readonly replies: number;
  readonly seconds: number;
  /** CPU time of the server, in seconds. */
  readonly serverCpu: number;
  /** CPU time of the generator, in seconds. */
  readonly generatorCpu: number;
  /** What half of the latencies, and what 99 % of them do not exceed, in milliseconds. */
  readonly latency50: number;
  readonly latency99: number;
}

/** How long a round takes, in seconds of CPU time of the server, so that it says as much on a machine that has other work. */
export interface Durations {
  /** From the first request on, not measured: the server compiles, buffers grow. */
  readonly warmUp: number;
  readonly measured: number;
}

/** How often it looks at the clocks, in milliseconds. */
const INTERVAL = 20;

/** Times the CPU time that is wanted, the longest time to wait for it. */
const PATIENCE = 10;

interface Reading {
  readonly time: number;
  readonly replies: number;
  readonly serverCpu: number;
  readonly generatorCpu: number;
}

/** What a {@link Meter} is made for. */
export interface MeterOptions {
  /** The process that is measured. */
  readonly pid: number;
  readonly durations: Durations;
  /** Whether it measures from the beginning until the first reply. */
  readonly isOnce: boolean;
}

/** Counts replies, and measures from one of them to another. */
export class Meter {
  /** Settled with what was measured. */
  readonly measurement: Promise<Measurement>;

  readonly #clock: CpuClock;
  readonly #durations: Durations;
  readonly #resolve: (measurement: Measurement) => void;
  #replies = 0;
  readonly #start: Reading;
  #begin: Reading | undefined;
  #next = 0;
  readonly #latencies = new Latencies();

  constructor({ pid, durations, isOnce }: MeterOptions) {
    this.#clock = new CpuClock(pid);
    this.#durations = isOnce ? { warmUp: 0, measured: 0 } : durations;
    this.#start = this.#read();
    if (isOnce) this.#begin = this.#start;
    const { promise, resolve } = withResolvers<Measurement>();
    this.measurement = promise;
    this.#resolve = resolve;
  }

  /** Counts the latency of a reply, in milliseconds, if it is measured. */
  addLatency(milliseconds: number): void {
    if (this.#begin !== undefined) this.#latencies.add(milliseconds);
  }

  /** Counts `count` replies more. */
  add(count: number): void {
    this.#replies += count;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL;
    const reading = this.#read();
    if (this.#begin === undefined) {
      if (isOver(this.#start, reading, this.#durations.warmUp)) this.#begin = reading;
    } else if (isOver(this.#begin, reading, this.#durations.measured)) {
      this.#next = Infinity;
      this.#resolve({
        ...difference(this.#begin, reading),
        latency50: this.#latencies.quantile(0.5),
        latency99: this.#latencies.quantile(0.99),
      });
    }
  }

  #read(): Reading {
    const { user, system } = process.cpuUsage();
    const serverCpu = this.#clock.seconds();
    return { time: performance.now(), replies: this.#replies, serverCpu, generatorCpu: (user + system) / 1e6 };
  }
}

/** Whether the server has had its CPU time, or will not get it. */
function isOver(begin: Reading, now: Reading, cpuTime: number): boolean {
  return now.serverCpu - begin.serverCpu >= cpuTime || now.time - begin.time >= 1000 * PATIENCE * cpuTime;
}

function difference(begin: Reading, end: Reading): Omit<Measurement, 'latency50' | 'latency99'> {
  return {
    replies: end.replies - begin.replies,
    seconds: (end.time - begin.time) / 1000,
    serverCpu: end.serverCpu - begin.serverCpu,
    generatorCpu: end.generatorCpu - begin.generatorCpu,
  };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
