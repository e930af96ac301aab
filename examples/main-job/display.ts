import { createLogUpdate } from 'log-update';

import type { Progress } from './run-stream.ts';
import type { StreamSource, Variant } from './run.ts';

/** In milliseconds: how often a log gets a line about a stream that goes on. */
const LOG_INTERVAL = 5000;

const BAR_WIDTH = 30;

/** Which of the streams it is. */
export interface Title {
  readonly index: number;
  readonly count: number;
  readonly variant: Variant;
  readonly source: StreamSource;
}

/** Shows how it goes on. */
export interface Display {
  /** Shows progress; is called some ten times a second. */
  show(title: Title, progress: Progress): void;
  /** Takes away what is not to stay. */
  close(): void;
}

/** A display for a terminal, or for a log. */
export function createDisplay(stream: NodeJS.WriteStream): Display {
  return stream.isTTY ? new TerminalDisplay(stream) : new LogDisplay(stream);
}

/** Two lines that change. */
class TerminalDisplay implements Display {
  readonly #log: ReturnType<typeof createLogUpdate>;

  constructor(stream: NodeJS.WriteStream) {
    this.#log = createLogUpdate(stream);
  }

  show(title: Title, progress: Progress): void {
    const fraction = fractionOf(title, progress);
    const done = Math.round(BAR_WIDTH * fraction);
    const bar = '█'.repeat(done) + '░'.repeat(BAR_WIDTH - done);
    const percent = `${Math.floor(100 * fraction)}%`.padStart(4);
    this.#log(`${labelOf(title).padEnd(33)} ${bar} ${percent}\n${detailsOf(title, progress)}`);
  }

  close(): void {
    this.#log.clear();
    this.#log.done();
  }
}

/** A line when a stream begins and ends, and now and then between. */
class LogDisplay implements Display {
  readonly #stream: NodeJS.WriteStream;
  #index = -1;
  #nextAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(title: Title, progress: Progress): void {
    const now = performance.now();
    const isDone = progress.client.state === 'done';
    if (title.index === this.#index && now < this.#nextAt && !isDone) return;

    this.#index = title.index;
    this.#nextAt = now + LOG_INTERVAL;
    this.#stream.write(`${labelOf(title)}: ${detailsOf(title, progress)}\n`);
  }

  close(): void {}
}

function labelOf({ index, count, variant, source }: Title): string {
  return `[${index + 1}/${count}] ${variant}, ${source.kind}`;
}

function detailsOf({ source }: Title, { server, client }: Progress): string {
  const rate = client.seconds > 0 ? client.bytes / client.seconds : 0;
  const amount = `${megabytes(client.bytes, 1)} of ${megabytes(source.size, 1)} MB, ${megabytes(rate, 0)} MB/s`;
  return `${amount}; memory: server ${mebibytes(server.rss)} MiB, client ${mebibytes(client.rss)} MiB`;
}

function fractionOf({ source }: Title, { client }: Progress): number {
  if (source.size === 0) return client.state === 'done' ? 1 : 0;
  return client.bytes / source.size;
}

function megabytes(bytes: number, digits: number): string {
  return (bytes / 1e6).toFixed(digits);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
