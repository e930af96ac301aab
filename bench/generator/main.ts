// The load: raw sockets in a process of its own, cheaper than the servers that it asks. Replies are checked byte by byte.
//
// Called with the name of a workload, `websocket` or `raw`, the port and process id of the server, and the seconds to warm up and to
// measure. Sends its parent a `Measurement`; for an idle workload, called with the number of connections as well, `{ held: connections }`,
// and then holds them until it is disconnected.

import { WORKLOADS, type Exchange, type Idle } from '../workloads.ts';
import { createBroadcast, createDialog, type Conversation } from './exchange.ts';
import { Link } from './link.ts';
import { Meter, type Durations } from './meter.ts';
import { createTraffic } from './traffic.ts';

/** Connections that are opened at a time. */
const OPENED_AT_A_TIME = 50;

interface Task {
  readonly wire: 'websocket' | 'raw';
  readonly port: number;
  readonly serverPid: number;
  readonly durations: Durations;
}

const [name, wire, port, serverPid, warmUp, measured, held] = process.argv.slice(2);
const workload = WORKLOADS.find((each) => each.name === name);
if (workload === undefined) throw new Error(`there is no workload ${String(name)}`);

const task: Task = {
  wire: wire === 'raw' ? 'raw' : 'websocket',
  port: Number(port),
  serverPid: Number(serverPid),
  durations: { warmUp: Number(warmUp), measured: Number(measured) },
};
process.on('disconnect', () => process.exit(0));
if (workload.kind === 'idle') await hold({ ...workload, connections: Number(held) }, task);
else await converse(workload, task);

async function converse(exchange: Exchange, { wire, port, serverPid, durations }: Task): Promise<void> {
  const traffic = createTraffic(exchange, wire);
  const links = await openLinks(exchange.connections, wire, port);
  const meter = new Meter(serverPid, durations);
  const onReplies = (count: number): void => meter.add(count);
  const { outstanding } = exchange;
  const conversations: Conversation[] =
    exchange.mode === 'broadcast'
      ? [createBroadcast(links, traffic, outstanding, onReplies)]
      : links.map((link) => createDialog(link, traffic, outstanding, onReplies));
  for (const conversation of conversations) conversation.start();

  const measurement = await meter.measurement;
  for (const link of links) link.close();
  for (const conversation of conversations) conversation.finish();
  process.send?.(measurement);
}

async function hold(idle: Idle, { wire, port }: Task): Promise<void> {
  const traffic = createTraffic(idle, wire);
  const links = await openLinks(idle.connections, wire, port);
  for (const link of links) await exchangeOnce(link);
  process.send?.({ held: links.length });

  function exchangeOnce(link: Link): Promise<void> {
    const check = traffic.check();
    let received = 0;
    return new Promise((resolve) => {
      link.onData = (chunk) => {
        check.add(chunk);
        received += chunk.length;
        if (received === traffic.replySize) resolve();
      };
      link.send(traffic.requests(0, 1));
    });
  }
}

async function openLinks(count: number, wire: Task['wire'], port: number): Promise<Link[]> {
  const links: Link[] = [];
  while (links.length < count) {
    const batch = Math.min(OPENED_AT_A_TIME, count - links.length);
    links.push(...(await Promise.all(Array.from({ length: batch }, () => Link.open(wire, port, fail)))));
  }
  return links;
}

function fail(error: Error): never {
  console.error(error.message);
  process.exit(1);
}
