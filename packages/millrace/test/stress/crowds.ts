import { EventEmitter, once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';

import {
  WebSocketServerFactory,
  WebSocketServerProtocol,
  listenWS,
  type ServerFactoryOptions,
} from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { MIB, type Claim, type Measurement } from './claim.ts';
import { StressServer } from './stress-server.ts';

const PING = hex('89 80 00 00 00 00');
const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** How late a deadline may be, in milliseconds. */
const LATE = 250;

/** Is told of each connection that has ended. */
const ends = new EventEmitter();

class Silent extends WebSocketServerProtocol {
  override onClose(): void {
    ends.emit('end');
  }
}

/** A peer that makes somebody wait, and the deadline that ends it. */
interface Waiter {
  readonly what: string;
  readonly options: Partial<ServerFactoryOptions>;
  /** In milliseconds. */
  readonly deadline: number;
  /** Does what it does, from the moment on when the deadline counts. */
  readonly act: (socket: Socket) => void;
  /** Whether the opening handshake is done before. */
  readonly isOpen: boolean;
}

/** Sends a byte now and then, until the socket is gone. */
function drip(socket: Socket, byte: number, interval: number): void {
  const timer = setInterval(() => socket.write(Uint8Array.of(byte)), interval);
  socket.once('close', () => clearInterval(timer));
}

const keepAlive = { interval: 1000, timeout: 1000, midFrameTimeout: 2000 };

const WAITERS: readonly Waiter[] = [
  {
    what: 'silent in the handshake',
    options: { handshakeTimeout: 1000 },
    deadline: 1000,
    act: () => undefined,
    isOpen: false,
  },
  {
    what: 'a byte of its request every 50 ms',
    options: { handshakeTimeout: 1000 },
    deadline: 1000,
    act: (socket) => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nX: ');
      drip(socket, 0x61, 50);
    },
    isOpen: false,
  },
  { what: 'silent, answers no ping', options: { keepAlive }, deadline: 2000, act: () => undefined, isOpen: true },
  {
    what: 'silent inside a frame',
    options: { keepAlive },
    deadline: 2000,
    act: (socket) => void socket.write(hex('82 85 00 00 00 00 01')),
    isOpen: true,
  },
  {
    what: 'a byte of a frame every 50 ms',
    options: { minReceiveRate: 1000, closeTimeout: 0 },
    deadline: 5000,
    act: (socket) => {
      socket.write(hex('82 fe ff ff 00 00 00 00'));
      drip(socket, 0, 50);
    },
    isOpen: true,
  },
  {
    what: 'its Close, and no end of its side',
    options: { closeTimeout: 1000 },
    deadline: 1000,
    act: (socket) => void socket.write(hex('88 80 00 00 00 00')),
    isOpen: true,
  },
];

async function openSocket(port: number): Promise<Socket> {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function upgrade(socket: Socket): Promise<string> {
  socket.write(REQUEST);
  const [head] = (await once(socket, 'data')) as [Buffer];
  return head.toString('latin1').slice(9, 12);
}

/** How late the server is with the end of it, in milliseconds after the deadline. */
async function measureWaiter({ what, options, deadline, act, isOpen }: Waiter): Promise<Measurement> {
  const factory = new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: Silent, keepAlive: false, ...options });
  const listener = await listenWS(factory);
  const socket = await openSocket(listener.port ?? 0);
  if (isOpen) await upgrade(socket);
  const begun = performance.now();
  const ended = isOpen ? once(ends, 'end') : Promise.race([once(socket, 'end'), once(socket, 'close')]);
  socket.resume();
  act(socket);
  await ended;
  const late = performance.now() - begun - deadline;
  socket.destroy();
  await listener.close({ timeout: 0 });
  return { what: `${what}: after its deadline of ${String(deadline)} ms`, measured: late, limit: LATE, unit: 'ms' };
}

/** Dripping, silent and half-open peers. */
export const waiters: Claim = {
  title: 'peers that drip, are silent, or half-open: each is ended in time',
  async measure(): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    for (const waiter of WAITERS) measured.push(await measureWaiter(waiter));
    return measured;
  },
};

/** Pings on and on until `over`; gives the round trips, in milliseconds. */
async function pingUntil(socket: Socket, over: Promise<unknown>): Promise<number[]> {
  const trips: number[] = [];
  const state = { isOver: false };
  void over.then(() => (state.isOver = true));
  while (!state.isOver) {
    const begun = performance.now();
    socket.write(PING);
    await once(socket, 'data');
    trips.push(performance.now() - begun);
  }
  return trips.sort((one, other) => one - other);
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** Measures the memory of a server, and the round trips of one of its connections, while `crowd` does what it does. */
async function measureCrowd(
  options: Partial<ServerFactoryOptions>,
  crowd: (port: number) => Promise<number>,
): Promise<Measurement[]> {
  const stress = await StressServer.start('CollectingServer', { keepAlive: false, ...options });
  try {
    const socket = await stress.connect();
    socket.resume();
    const before = await stress.report();
    const doing = crowd(stress.port);
    const trips = await pingUntil(socket, doing);
    const after = await stress.report();
    socket.destroy();
    return [
      { what: 'of them, answered as they should be', measured: await doing, unit: '' },
      { what: 'retained after them', measured: (after.retained - before.retained) / MIB, limit: 4, unit: 'MiB' },
      { what: 'resident memory at its peak', measured: (after.peakRss - before.rss) / MIB, limit: 64, unit: 'MiB' },
      { what: 'round trip of another connection meanwhile, median', measured: percentile(trips, 0.5), unit: 'ms' },
      { what: 'round trip, 99 of 100', measured: percentile(trips, 0.99), unit: 'ms' },
    ];
  } finally {
    stress.stop();
  }
}

const REFUSED = 10_000;
const AT_A_TIME = 100;

async function comeTooMany(port: number): Promise<number> {
  let refused = 0;
  for (let count = 0; count < REFUSED; count += AT_A_TIME) {
    const sockets = await Promise.all(Array.from({ length: AT_A_TIME }, () => openSocket(port)));
    const statuses = await Promise.all(sockets.map(upgrade));
    refused += statuses.filter((status) => status === '503').length;
    for (const socket of sockets) socket.destroy();
  }
  return refused;
}

/** More connections than may be. */
export const tooMany: Claim = {
  title: '10,000 connections that are refused at the limit',
  measure: () => measureCrowd({ maxConnections: 1 }, comeTooMany),
};

const HALF = 500;

async function comeHalfSilent(port: number): Promise<number> {
  const silent = await Promise.all(Array.from({ length: HALF }, () => openSocket(port)));
  let accepted = 0;
  const open: Socket[] = [];
  for (let count = 0; count < HALF; count++) {
    const socket = await openSocket(port);
    if ((await upgrade(socket)) === '101') accepted++;
    open.push(socket);
  }
  for (const socket of [...silent, ...open]) socket.destroy();
  return accepted;
}

/** Half of those who come say nothing. */
export const halfSilent: Claim = {
  title: '1,000 connections, of which half say nothing in the handshake',
  measure: () => measureCrowd({}, comeHalfSilent),
};

/** Those who make others wait, and those who come in crowds. */
export const crowdClaims: readonly Claim[] = [waiters, tooMany, halfSilent];
