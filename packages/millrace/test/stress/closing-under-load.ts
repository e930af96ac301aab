import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect, serve, type Closure, type WebSocketConnection, type WebSocketServer } from '../../src/index.ts';
import { selfSignedCertificate } from '../helpers/certificate.ts';
import type { Claim, Measurement } from './claim.ts';

/** How often a server is closed, in each way. */
const RUNS = 100;

/** Peers of each run that read, and never stop sending. */
const READERS = 4;

/** Messages that are sent to each of them before `close`. */
const MESSAGES = 40;

/** Size of a message of theirs, in bytes. */
const SIZE = 4000;

/** In milliseconds, of which peers that do not read need all. */
const TIMEOUT = 5000;

/** Each so many runs, there is such a peer. */
const RUNS_FOR_A_DEAF_PEER = 10;

const CODE = 4001;

/** What was found wrong, in all runs together. */
interface Faults {
  /** Messages whose `send` had resolved, and that did not arrive. */
  lost: number;
  /** Peers that read, and did not get our Close, or not cleanly. */
  unclean: number;
  /** Messages of peers that neither reached the handler nor were counted as discarded or unsent. */
  unaccounted: number;
  /** Runs whose result was not what it should be. */
  results: number;
  /** The longest time over the timeout, in milliseconds. */
  late: number;
}

interface Way {
  /** Options of the server. */
  readonly server: { readonly tls?: { readonly key: string; readonly cert: string } };
  /** Where peers connect to, for a server at `port`. */
  readonly urlOf: (port: number) => string;
}

/** A message that is read to its end, from the server; gives how many came. */
async function readAll(client: WebSocketConnection): Promise<number> {
  let count = 0;
  try {
    for await (const message of client) {
      if ((await message.text()).startsWith(`${String(count)} `)) count++;
    }
  } catch {
    // 4001 is no normal end.
  }
  return count;
}

/** Sends until the connection ends; gives how many messages were accepted. */
async function sendOn(client: WebSocketConnection): Promise<number> {
  const message = new Uint8Array(SIZE);
  for (let count = 0; ; count++) {
    try {
      await client.send(message);
    } catch {
      return count;
    }
  }
}

/** A server, and what it knows of its peers, by their paths. */
interface Observed {
  readonly server: WebSocketServer<string>;
  readonly received: Map<string, number>;
  readonly closures: Map<string, Closure>;
}

async function startServer(port: number, way: Way): Promise<Observed> {
  const received = new Map<string, number>();
  const closures = new Map<string, Closure>();
  const server = await serve(
    { port, host: '127.0.0.1', ...way.server, onConnect: ({ path }) => ({ context: path }) },
    {
      message: ({ context }) => void received.set(context, (received.get(context) ?? 0) + 1),
      close: ({ context }, closure) => void closures.set(context, closure),
    },
  );
  return { server, received, closures };
}

/** Sends to all peers, and waits until that is accepted; to those that do not read, more than fits in between. */
async function sendToAll({ connections }: WebSocketServer<string>): Promise<void> {
  const sending = [...connections].map(async (connection) => {
    if (connection.context === '/deaf') {
      void connection.send(new Uint8Array(12_000_000)).catch(() => undefined);
      return;
    }
    for (let count = 0; count < MESSAGES; count++) await connection.send(`${String(count)} ${'x'.repeat(count * 50)}`);
  });
  await Promise.all(sending);
}

async function run(port: number, way: Way, count: number, faults: Faults): Promise<void> {
  const observed = await startServer(port, way);
  const url = way.urlOf(port);
  const tls = way.server.tls === undefined ? {} : { tls: { rejectUnauthorized: false } };
  const readers = await Promise.all(
    Array.from({ length: READERS }, (_, index) => connect(`${url}${String(index)}`, tls)),
  );
  const deaf = count % RUNS_FOR_A_DEAF_PEER === 0 ? await connect(`${url}deaf`, tls) : undefined;
  const arrived = readers.map(readAll);
  const sent = readers.map(sendOn);
  await sendToAll(observed.server);

  const begun = performance.now();
  const { clean, dropped, unsentBytes, handlersRunning } = await observed.server.close({
    code: CODE,
    drain: 20,
    timeout: TIMEOUT,
  });
  faults.late = Math.max(faults.late, performance.now() - begun - TIMEOUT);
  const expected = [READERS, deaf === undefined ? 0 : 1, deaf !== undefined, 0];
  if ([clean, dropped, unsentBytes > 0, handlersRunning].join() !== expected.join()) faults.results++;
  for (const [index, client] of readers.entries()) {
    const { code, wasClean, unsentBytes: unsent } = await client.closed;
    if (!wasClean || code !== CODE) faults.unclean++;
    faults.lost += MESSAGES - ((await arrived[index]) ?? 0);
    const known = countKnown(observed, `/${String(index)}`) + unsent / SIZE;
    faults.unaccounted += Math.max(0, ((await sent[index]) ?? 0) - Math.ceil(known));
  }
  deaf?.drop();
}

/** Messages of a peer that have reached the handler, or were counted as discarded. */
function countKnown({ received, closures }: Observed, path: string): number {
  return (received.get(path) ?? 0) + (closures.get(path)?.discardedBytes ?? 0) / SIZE;
}

async function measureWay(way: Way, port: number): Promise<Measurement[]> {
  const faults: Faults = { lost: 0, unclean: 0, unaccounted: 0, results: 0, late: -TIMEOUT };
  for (let count = 0; count < RUNS; count++) await run(port, way, count, faults);
  return [
    { what: 'messages that were lost', measured: faults.lost, limit: 0, unit: 'messages' },
    { what: 'peers that read without our Close', measured: faults.unclean, limit: 0, unit: 'peers' },
    { what: 'messages of peers that nobody knows of', measured: faults.unaccounted, limit: 0, unit: 'messages' },
    { what: 'results that are wrong', measured: faults.results, limit: 0, unit: 'runs' },
    { what: 'longest time over the timeout', measured: faults.late, limit: 250, unit: 'ms' },
  ];
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function claimFor(title: string, measure: () => Promise<readonly Measurement[]>): Claim {
  return { title: `server.close() under load, ${String(RUNS)} times, ${title}`, measure };
}

const direct: Claim = claimFor('direct', async () =>
  measureWay({ server: {}, urlOf: (port) => `ws://127.0.0.1:${String(port)}/` }, await findFreePort()),
);

const overTls: Claim = claimFor('over TLS', async () => {
  const { key, cert } = await selfSignedCertificate();
  const way = { server: { tls: { key, cert } }, urlOf: (port: number) => `wss://127.0.0.1:${String(port)}/` };
  return measureWay(way, await findFreePort());
});

async function waitForPort(port: number): Promise<void> {
  for (;;) {
    const socket = connectTcp(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
  }
}

async function startHaproxy(folder: string, front: number, back: number): Promise<ChildProcess> {
  const config = join(folder, 'haproxy.cfg');
  const lines = [
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    '  timeout tunnel 60s',
    'frontend web',
    `  bind 127.0.0.1:${String(front)}`,
    '  default_backend servers',
    'backend servers',
    `  server one 127.0.0.1:${String(back)}`,
    '',
  ];
  writeFileSync(config, lines.join('\n'));
  const haproxy = spawn('haproxy', ['-f', config, '-db'], { stdio: 'ignore' });
  await once(haproxy, 'spawn');
  await waitForPort(front);
  return haproxy;
}

const throughHaproxy: Claim = claimFor('through haproxy (Debian package haproxy)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-haproxy-'));
  const [front, back] = [await findFreePort(), await findFreePort()];
  const haproxy = await startHaproxy(folder, front, back);
  try {
    return await measureWay({ server: {}, urlOf: () => `ws://127.0.0.1:${String(front)}/` }, back);
  } finally {
    haproxy.kill();
    rmSync(folder, { recursive: true });
  }
});

/** That a shutdown loses nothing, and ends in time. */
export const closingUnderLoad: readonly Claim[] = [direct, overTls, throughHaproxy];
