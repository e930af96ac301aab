import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { connect, type WebSocketConnection } from '../../src/index.ts';
import { MIB, type Claim, type Measurement } from './claim.ts';

const ROUNDS = 10;

/** Connections of a round: ten thousand, unless the machine allows fewer; a process has two sockets for each. */
const CONNECTIONS = Number(process.env['MILLRACE_STRESS_CONNECTIONS'] ?? 10_000);

/** Connections that are opened at once. */
const AT_ONCE = 100;

const TEXT = JSON.stringify(
  Array.from({ length: 20 }, (_, id) => ({ id, name: `name ${String(id)}`, price: id * 31 })),
);

interface Report {
  readonly rss: number;
  readonly open: number;
}

/** Connections that open, exchange compressed messages and close, ten times over. */
export const compressedConnections: Claim = {
  title: 'connections that exchange compressed messages and close, ten times over',
  async measure(): Promise<Measurement[]> {
    const { server, url } = await startServer();
    const figures: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await exchange(url);
        figures.push(await settledMemory(server));
      }
    } finally {
      server.kill();
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

/** Others are served while a large message is compressed. */
export const compressedLatency: Claim = {
  title: 'latency of other connections while 8 MiB of JSON are compressed',
  async measure(): Promise<Measurement[]> {
    const { server, url } = await startServer();
    try {
      const connection = await connect(url, { compression: true });
      for (let count = 0; count < 200; count++) await roundTrip(connection);
      const quiet = await latencies(connection, sleep(500));
      const done = nextReport(server, 'done');
      server.send('send');
      const busy = await latencies(connection, done);
      connection.drop();
      return [
        { what: 'p99 while nothing else is done', measured: p99(quiet), unit: 'ms' },
        { what: 'p99 meanwhile', measured: p99(busy), limit: 10, unit: 'ms' },
      ];
    } finally {
      server.kill();
    }
  },
};

async function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const server = fork(new URL('compression-server.js', import.meta.url), { execArgv: ['--expose-gc'] });
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  return { server, url };
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

/** Memory when all connections have ended. */
async function settledMemory(server: ChildProcess): Promise<number> {
  for (;;) {
    const answer = nextReport(server, 'rss');
    server.send('report');
    const report = await answer;
    if (report.open === 0) return report.rss;
    await sleep(50);
  }
}

async function nextReport(server: ChildProcess, name: string): Promise<Report> {
  for (;;) {
    const [report] = (await once(server, 'message')) as [Report];
    if (name in report) return report;
  }
}
