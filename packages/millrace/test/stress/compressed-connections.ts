import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { connect, type ServeOptions, type WebSocketConnection } from '../../src/index.ts';
import { MIB, type Claim, type Measurement } from './claim.ts';
import { compressedFrames, connectCompressing, createJson, deflateMessage } from './compressed-peer.ts';

const ROUNDS = 10;

/** Connections of a round: ten thousand, unless the machine allows fewer; a process has two sockets for each. */
const CONNECTIONS = Number(process.env['MILLRACE_STRESS_CONNECTIONS'] ?? 10_000);

/** A text `large`, masked with zeros. */
const ASK_FOR_LARGE = Buffer.from('\x81\x85\0\0\0\0large', 'latin1');

/** How often a large message comes while round trips are measured. */
const TIMES = 5;

/** Connections that are opened at once. */
const AT_ONCE = 100;

const TEXT = JSON.stringify(
  Array.from({ length: 20 }, (_, id) => ({ id, name: `name ${String(id)}`, price: id * 31 })),
);

/** What the server says of itself. */
interface Report {
  /** Resident memory, and the most that it ever was, in bytes. */
  readonly rss: number;
  readonly peakRss: number;
  readonly open: number;
  /** Codes that it has closed with, and the most that it has decompressed on one connection, in bytes: where it has a limit. */
  readonly codes: readonly number[];
  readonly decompressed: number;
  /** The longest that its event loop was at work without a turn for others, in milliseconds of processor time, since it was asked last. */
  readonly longestStall: number;
}

/** A server that compresses, in a process of its own; see compression-server.ts. */
export class CompressionServer {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(options: ServeOptions = {}): Promise<CompressionServer> {
    const child = fork(new URL('compression-server.js', import.meta.url), [JSON.stringify(options)], {
      execArgv: ['--expose-gc'],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new CompressionServer(child, port);
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.port)}`;
  }

  /** Its figures. */
  report(): Promise<Report> {
    const answer = this.#next('rss');
    this.#process.send('report');
    return answer;
  }

  /** Its figures when all connections have ended. */
  async settled(): Promise<Report> {
    for (;;) {
      const report = await this.report();
      if (report.open === 0) return report;
      await sleep(50);
    }
  }

  /** Resolves when it has received a message of more than 1 MiB, or sent one. */
  done(): Promise<unknown> {
    return this.#next('done');
  }

  stop(): void {
    this.#process.kill();
  }

  async #next(name: string): Promise<Report> {
    for (;;) {
      const [report] = (await once(this.#process, 'message')) as [Report];
      if (name in report) return report;
    }
  }
}

/** Connections that open, exchange compressed messages and close, ten times over. */
export const compressedConnections: Claim = {
  title: 'connections that exchange compressed messages and close, ten times over',
  async measure(): Promise<Measurement[]> {
    const server = await CompressionServer.start();
    const figures: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await exchange(server.url);
        figures.push((await server.settled()).rss);
      }
    } finally {
      server.stop();
    }
    const [first = 0] = figures;
    const last = figures.at(-1) ?? 0;
    return [
      { what: `connections in each of ${String(ROUNDS)} rounds`, measured: CONNECTIONS, unit: '' },
      { what: 'resident memory of the server after the first round', measured: first / MIB, unit: 'MiB' },
      { what: 'after the last', measured: last / MIB, limit: (first * 1.1) / MIB, unit: 'MiB' },
    ];
  },
};

/** Others are served while a large message is compressed, and while one is decompressed. */
export const compressedLatency: Claim = {
  title: 'latency of other connections while 8 MiB of JSON are compressed, and decompressed',
  async measure(): Promise<Measurement[]> {
    const server = await CompressionServer.start();
    try {
      const frames = compressedFrames(deflateMessage(createJson()));
      const connection = await connect(server.url, { compression: true });
      for (let count = 0; count < 500; count++) await roundTrip(connection);
      const quiet: number[] = [];
      const between = async (): Promise<void> => void quiet.push(...(await latencies(connection, sleep(300))));
      await server.report();
      const other = await connectCompressing(server.port);
      const compressing = await repeatedly(connection, between, () => {
        other.write(ASK_FOR_LARGE);
        return server.done();
      });
      const { longestStall: whileCompressing } = await server.report();
      const decompressing = await repeatedly(connection, between, () => {
        other.write(frames);
        return server.done();
      });
      const { longestStall: whileDecompressing } = await server.report();
      other.destroy();
      connection.drop();
      const noise = p99(quiet);
      return [
        { what: 'p99 while nothing else is done: what the machine adds', measured: noise, unit: 'ms' },
        { what: 'p99 while they are compressed and sent', measured: p99(compressing), limit: 10 + noise, unit: 'ms' },
        {
          what: 'meanwhile the event loop was at work for, in one turn',
          measured: whileCompressing,
          limit: 10,
          unit: 'ms',
        },
        {
          what: 'p99 while they are received and decompressed',
          measured: p99(decompressing),
          limit: 10 + noise,
          unit: 'ms',
        },
        {
          what: 'meanwhile the event loop was at work for, in one turn',
          measured: whileDecompressing,
          limit: 10,
          unit: 'ms',
        },
      ];
    } finally {
      server.stop();
    }
  },
};

/** Round trips during some of what takes time, each time after a while without. */
async function repeatedly(
  connection: WebSocketConnection,
  between: () => Promise<void>,
  act: () => Promise<unknown>,
): Promise<number[]> {
  const measured: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    await between();
    measured.push(...(await latencies(connection, act())));
  }
  return measured;
}

async function exchange(url: string): Promise<void> {
  for (let opened = 0; opened < CONNECTIONS; opened += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, CONNECTIONS - opened) }, async () => {
        const connection = await connect(url, { compression: true });
        for (let count = 0; count < 3; count++) await roundTrip(connection);
        await connection.close();
      }),
    );
  }
}

async function roundTrip(connection: WebSocketConnection): Promise<number> {
  const before = performance.now();
  await connection.send(TEXT);
  await (await connection.receive())?.text();
  return performance.now() - before;
}

async function latencies(connection: WebSocketConnection, until: Promise<unknown>): Promise<number[]> {
  const over = new AbortController();
  void until.then(() => over.abort());
  const measured: number[] = [];
  while (!over.signal.aborted) measured.push(await roundTrip(connection));
  return measured;
}

function p99(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? 0;
}
