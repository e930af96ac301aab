// The load: raw sockets in a process of its own, cheaper than the servers that it asks. Replies are checked byte by byte.
//
// Called with a `GeneratorTask`. Sends its parent a `Measurement`; for connections that are held, `{ held: connections }`, and then holds
// them until it is disconnected.

import { once } from 'node:events';

import { WORKLOADS } from '../workloads/all.ts';
import type { Exchange, Handshakes, Idle } from '../workloads/workload.ts';
import { createBroadcast, createDialog, type Conversation } from './exchange.ts';
import { startHandshakes } from './handshakes.ts';
import { Link, type LinkOptions } from './link.ts';
import { Meter } from './meter.ts';
import { parseTask, type Listening } from './task.ts';
import { createTraffic } from './traffic.ts';

/** Connections that are opened at a time. */
const OPENED_AT_A_TIME = 50;

const task = parseTask(process.argv[2] ?? '{}');
const workload = WORKLOADS.find(({ name }) => name === task.workload);
process.on('disconnect', () => process.exit(0));

if (workload === undefined || workload.kind === 'import') throw new Error(`there is no workload ${task.workload}`);
else if (workload.kind === 'idle') await hold(workload);
else if (workload.kind === 'handshakes') await shakeHands(workload);
else await converse(workload);

async function converse(exchange: Exchange): Promise<void> {
  const { outstanding, isOnce } = exchange;
  const traffic = createTraffic(exchange, task.wire);
  const { links, pid } = exchange.mode.startsWith('client-') ? await acceptClient(exchange) : await openAll(exchange);
  const meter = new Meter({ pid, durations: task.durations, isOnce });
  const options = { traffic, outstanding, meter };
  const conversations: Conversation[] =
    exchange.mode === 'broadcast'
      ? [createBroadcast(links, options)]
      : links.map((link) => createDialog(link, options));
  for (const conversation of conversations) conversation.start();

  const measurement = await meter.measurement;
  for (const link of links) link.close();
  try {
    for (const conversation of conversations) conversation.finish();
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
  }
  process.send?.(measurement);
}

async function shakeHands(handshakes: Handshakes): Promise<void> {
  const meter = new Meter({ pid: task.pid, durations: task.durations, isOnce: false });
  startHandshakes(linkOptions(handshakes), meter, handshakes.connections);
  process.send?.(await meter.measurement);
}

async function hold(idle: Idle): Promise<void> {
  const traffic = createTraffic(idle, task.wire);
  const { links } = await openAll({ ...idle, connections: task.held });
  for (const link of links) await exchangeOnce(link);
  process.send?.({ held: links.length });

  function exchangeOnce(link: Link): Promise<void> {
    const check = traffic.check();
    return new Promise((resolve) => {
      link.onData = (chunk) => {
        if (check.add(chunk) === 1) resolve();
      };
      link.send(traffic.requests(0, 1));
    });
  }
}

interface Opened {
  readonly links: readonly Link[];
  /** The process at the other end. */
  readonly pid: number;
}

async function openAll(from: Exchange | Idle): Promise<Opened> {
  const links: Link[] = [];
  while (links.length < from.connections) {
    const batch = Math.min(OPENED_AT_A_TIME, from.connections - links.length);
    links.push(...(await Promise.all(Array.from({ length: batch }, () => Link.open(linkOptions(from))))));
  }
  return { links, pid: task.pid };
}

async function acceptClient({ connections }: Exchange): Promise<Opened> {
  const pid = once(process, 'message');
  const onListening = (listening: number): void => void process.send?.({ listening } satisfies Listening);
  const links = await Link.accept(connections, onListening, fail);
  return { links, pid: Number((await pid)[0]) };
}

function linkOptions(from: Exchange | Handshakes | Idle): LinkOptions {
  return { wire: task.wire, port: task.port, workload: from, fail };
}

function fail(error: Error): never {
  console.error(error.message);
  process.exit(1);
}
