import { exitWith } from '../support/program.ts';
import { MemorySampler } from './memory-sampler.ts';
import { sendReport } from './report.ts';
import type { Report } from './report.ts';

/** In milliseconds. */
const REPORT_INTERVAL = 100;

/** What a child process does beside its work: it reports to its parent, and does not outlive it. */
export class ChildReporter {
  readonly #details: () => Partial<Report>;
  #memory: MemorySampler | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDone = false;

  /** @param details what to report in addition, asked for at each report */
  constructor(details: () => Partial<Report> = () => ({})) {
    this.#details = details;
    // Ctrl-C goes to the whole group of processes, and is the parent's to judge.
    process.on('SIGINT', () => {});
    process.on('disconnect', () => process.exit(this.#isDone ? 0 : 1));
  }

  /** The connection is open: from here on memory is watched. */
  start(): void {
    this.#memory = new MemorySampler();
    this.#timer = setInterval(() => void this.#report('streaming'), REPORT_INTERVAL);
    void this.#report('streaming');
  }

  /** The work is done, the process ends. */
  finish(): void {
    this.#isDone = true;
    clearInterval(this.#timer);
    this.#memory?.stop();
    this.#report('done').then(() => process.disconnect(), exitWith);
  }

  async #report(state: Report['state']): Promise<void> {
    await sendReport({ ...this.#details(), state, rss: this.#memory?.rss ?? 0, rssGrowth: this.#memory?.growth ?? 0 });
  }
}
