import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { frame } from '../../helpers/frames.ts';
import { concat } from '../../helpers/bytes.ts';
import { KIB, MIB } from '../claim.ts';
import { acceptRaw, connectRaw } from './raw-socket.ts';
import type { Cell } from './cell.ts';
import type { GridReport } from './process.ts';

/** What was seen of a cell. */
export interface CellFigures {
  /** Messages or frames that went through, or were given away. */
  readonly count: number;
  /** What is held when nothing moves any more, above what was held before, in bytes. */
  readonly retained: number;
  /** How far resident memory rose at its peak, in bytes. */
  readonly peak: number;
  /** The longest stall of the event loop, in milliseconds. */
  readonly stall: number;
}

/** How much a peer floods with, if nobody holds it back, in bytes and in units. */
const FLOOD_BYTES = 64 * MIB;
const FLOOD_UNITS = 1_000_000;

/** How long nothing may move before it counts as standing still, in milliseconds. */
const QUIET = 200;

/** Runs one cell between this process, which is the peer, and one of its own. */
export async function measure(cell: Cell): Promise<CellFigures> {
  const listener = cell.facade === 'WebSocket' ? await listen() : undefined;
  const child = start(cell, listener);
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const before = await ask(child);
    const sockets =
      listener === undefined ? await connectAll(port, cell.connections) : [await acceptOne(child, listener)];
    if (cell.direction === 'receiving') await Promise.all(sockets.map((socket) => flood(socket, cell)));
    const after = await settle(child);
    for (const socket of sockets) socket.destroy();
    return {
      count: after.count,
      retained: Math.max(after.retained - before.retained, 0),
      peak: after.peakRss - before.peakRss,
      stall: after.stall,
    };
  } finally {
    child.kill();
    listener?.close();
  }
}

function start(cell: Cell, listener: Server | undefined): ChildProcess {
  const port = listener === undefined ? [] : [String((listener.address() as AddressInfo).port)];
  return fork(new URL('process.js', import.meta.url), [JSON.stringify(cell), ...port], { execArgv: ['--expose-gc'] });
}

async function listen(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function acceptOne(child: ChildProcess, listener: Server): Promise<Socket> {
  child.send('go');
  const [socket] = (await once(listener, 'connection')) as [Socket];
  await acceptRaw(socket);
  return socket;
}

async function connectAll(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(await connectRaw(port));
  return sockets;
}

/** Writes as much as the other side takes, up to the size of a flood, and stops when it takes nothing more for a while. */
async function flood(socket: Socket, { unit, size, facade, connections }: Cell): Promise<void> {
  const key = facade === 'WebSocket' ? '' : '00 00 00 00';
  const payload = new Uint8Array(size).fill(0x61);
  const one = frame({ byte0: unit === 'messages' ? 0x82 : 0x00, payload, key });
  const units = Math.max(1, Math.floor((64 * KIB) / one.length));
  const chunk = concat(Array<Uint8Array>(units).fill(one));
  const total = Math.min(FLOOD_BYTES / chunk.length, FLOOD_UNITS / units) / connections;
  if (unit === 'frames') socket.write(frame({ byte0: 0x02, payload, key }));
  for (let sent = 0; sent < total && !socket.destroyed; sent++) {
    if (socket.write(chunk)) continue;
    const drained = once(socket, 'drain').then(
      () => true,
      () => false,
    );
    if (!(await Promise.race([drained, sleep(5 * QUIET, false)]))) return;
  }
}

/** Waits until nothing moves any more. */
async function settle(child: ChildProcess): Promise<GridReport> {
  let stall = 0;
  let last = await ask(child);
  for (;;) {
    stall = Math.max(stall, last.stall);
    await sleep(QUIET);
    const now = await ask(child);
    if (now.count === last.count) return { ...now, stall: Math.max(stall, now.stall) };
    last = now;
  }
}

async function ask(child: ChildProcess): Promise<GridReport> {
  const answer = once(child, 'message');
  child.send('report');
  const [report] = (await answer) as [GridReport];
  return report;
}
