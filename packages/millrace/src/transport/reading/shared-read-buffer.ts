import { once } from 'node:events';
import { Socket, connect, createServer } from 'node:net';

import { RECEIVE_BUFFER } from '../../protocol/wire/mask.ts';
import { keepFreedMemory } from './allocator.ts';

/** Size in bytes of a read at first and after a pause, so that a connection that stops reading keeps little. */
const FIRST_READ = 64 * 1024;

/** Silence after which it is given up to try whether that can be done, in milliseconds. It takes one or two. */
const TRIAL_LIMIT = 2000;

/** The buffer that all sockets of the process are read into: 1 MiB, where masked bytes are unmasked without moving them. */
const whole = RECEIVE_BUFFER ?? new Uint8Array(1024 * 1024);
const first = whole.subarray(0, FIRST_READ);

/**
 * Where `net.Socket` keeps its documented option `onread`, which only `connect` takes: the buffer, the callback after a read, and the
 * function that may bring another buffer for the next.
 *
 * These places are not documented for a socket that exists already, so {@link findOnreadPlaces} tries them before they are trusted.
 */
export interface OnreadPlaces {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly next: symbol;
}

/** Takes what was read. */
export interface Reader {
  /** Whether the next read may be as large as the last ones were filled; otherwise it is a small one. */
  readonly takesLargeReads: boolean;
  /** Bytes that a read takes at most; there are 1 MiB. */
  readonly largestRead: number;
  /** @param chunk - lent until the call returns */
  receive(chunk: Uint8Array): void;
}

/** The part of the buffer for the next read of the socket that was just read, if it is another. */
let nextTarget: Uint8Array | undefined;

/** Brings the buffer for the next read. Node asks right after the callback, so that one function does for all sockets. */
function takeNextTarget(): Uint8Array | undefined {
  return nextTarget;
}

/**
 * Reads a socket into the buffer that it shares with all others in the process.
 *
 * A read takes up to 64 KiB; more after one that was filled, as long as the reader takes that.
 */
export function readIntoSharedBuffer(socket: Socket, places: OnreadPlaces, reader: Reader): void {
  Reflect.set(socket, READER, reader);
  Reflect.set(socket, places.buffer, first);
  Reflect.set(socket, places.callback, onRead);
  Reflect.set(socket, places.next, takeNextTarget);
  useBuffer(socket, first);
}

/** Where a socket has whoever takes what is read. */
const READER: unique symbol = Symbol('millrace reader');

/** Called by Node as a method of the socket, so that one function does for all: a connection keeps none. */
function onRead(this: { readonly [READER]: Reader }, size: number, target: Uint8Array): boolean {
  const reader = this[READER];
  const isFilled = size === target.length;
  reader.receive(isFilled ? target : target.subarray(0, size));
  const wanted = !reader.takesLargeReads ? first : isFilled ? startOfBuffer(reader.largestRead) : target;
  nextTarget = wanted === target ? undefined : wanted;
  return true;
}

/** Views of the shared buffer from its start on, by their size: one for all sockets. */
const starts = new Map<number, Uint8Array>();

function startOfBuffer(size: number): Uint8Array {
  const start = starts.get(size) ?? whole.subarray(0, size);
  starts.set(size, start);
  return start;
}

let places: Promise<OnreadPlaces | undefined> | undefined;

/**
 * Finds out whether sockets can be read into the shared buffer, by trying it once in the process on a loopback connection: bytes arrive, a
 * pause holds, the end arrives.
 *
 * @returns where a socket keeps its buffer, or `undefined` if `'data'` events are the way
 */
export function findOnreadPlaces(): Promise<OnreadPlaces | undefined> {
  if (places === undefined) {
    keepFreedMemory();
    places = tryOnread().catch(() => undefined);
  }
  return places;
}

async function tryOnread(): Promise<OnreadPlaces | undefined> {
  const server = createServer();
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') return undefined;
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const near = connect(address.port, address.address).on('error', ignore);
    near.setTimeout(TRIAL_LIMIT, () => near.destroy());
    const far = await Promise.race([accepted, failure(near)]);
    try {
      return await tryOnreadOn(near, far);
    } finally {
      near.destroy();
      far.destroy();
    }
  } finally {
    server.close();
  }
}

async function tryOnreadOn(near: Socket, far: Socket): Promise<OnreadPlaces | undefined> {
  const found = onreadPlaces(far);
  if (found === undefined) return undefined;
  const received: number[] = [];
  far.on('error', ignore);
  far.setTimeout(TRIAL_LIMIT, () => far.destroy());
  const end = new Promise((resolve) => far.once('end', resolve));
  const error = failure(far);
  let arrived: () => void = () => undefined;
  const arrival = (): Promise<void> => {
    const arriving = Promise.race([new Promise<void>((resolve) => (arrived = resolve)), error]);
    arriving.catch(ignore);
    return arriving;
  };

  let arriving = arrival();
  readIntoSharedBuffer(far, found, {
    takesLargeReads: false,
    largestRead: FIRST_READ,
    receive: (chunk) => {
      received.push(...chunk);
      far.pause();
      arrived();
    },
  });
  far.resume();
  near.write(Uint8Array.of(1, 2, 3));
  await arriving;

  // Paused: what comes now must wait. Sockets are read between one turn and the next.
  near.end(Uint8Array.of(4));
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  const held = received.length === 3;
  arriving = arrival();
  far.resume();
  await arriving;
  far.resume();
  await Promise.race([end, error]);
  return held && received.join() === '1,2,3,4' ? found : undefined;
}

/** Rejects when the socket is closed. */
async function failure(socket: Socket): Promise<never> {
  await new Promise((resolve) => socket.once('close', resolve));
  throw new Error('the socket was closed');
}

function ignore(): void {
  // What becomes of an error is in the 'close' event.
}

function onreadPlaces(socket: Socket): OnreadPlaces | undefined {
  const find = (name: string): symbol | undefined =>
    Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === name);
  const [buffer, callback, next] = [find('kBuffer'), find('kBufferCb'), find('kBufferGen')];
  return buffer === undefined || callback === undefined || next === undefined ? undefined : { buffer, callback, next };
}

/** Tells the handle beneath the socket where to read into, once; later buffers are what the function in `next` brings. */
function useBuffer(socket: Socket, target: Uint8Array): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new Error('the socket has no handle');
  const method: unknown = Reflect.get(handle, 'useUserBuffer');
  if (typeof method !== 'function') throw new Error('the handle takes no buffer');
  Reflect.apply(method, handle, [target]);
}
