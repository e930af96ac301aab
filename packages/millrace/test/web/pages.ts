import type { TestContext } from 'node:test';

import { WebSocket, type CloseEvent, type WebSocketOptions } from '../../src/web/index.ts';
import { Journal } from '../helpers/journal.ts';
import { listenRaw, type RawListenOptions, type RawPeer } from '../helpers/raw-peer.ts';

/** What ours and undici's `WebSocket` have in common. */
export interface Page extends EventTarget {
  readonly url: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly extensions: string;
  binaryType: string;
  send(data: unknown): void;
  close(code?: number, reason?: string): void;
}

/** Writes down the events of a `WebSocket`: `close clean 1000 bye`. */
export function record(socket: EventTarget, journal: Journal = new Journal()): Journal {
  socket.addEventListener('open', () => journal.write('open'));
  socket.addEventListener('error', () => journal.write('error'));
  socket.addEventListener('message', (event) => journal.write(`message ${describeData(Reflect.get(event, 'data'))}`));
  socket.addEventListener('close', (event) => journal.write(describeClose(event)));
  return journal;
}

/** Writes data of a message: text in quotes, else its kind and size. */
export function describeData(data: unknown): string {
  if (typeof data === 'string') return JSON.stringify(data);
  if (data instanceof ArrayBuffer) return `ArrayBuffer ${Buffer.from(data).toString('hex')}`;
  if (data instanceof Blob) return `Blob of ${String(data.size)}`;
  return typeof data;
}

/** Writes a `CloseEvent`, of whatever library. */
export function describeClose(event: Event | CloseEvent): string {
  const { wasClean, code, reason } = { wasClean: false, code: 0, reason: '', ...membersOf(event) };
  return `close ${wasClean ? 'clean' : 'unclean'} ${String(code)} ${reason}`.trimEnd();
}

function membersOf(event: Event): object {
  return Object.fromEntries(['wasClean', 'code', 'reason'].map((name) => [name, Reflect.get(event, name) as unknown]));
}

/** A page that is connected to a peer who speaks in bytes. */
export interface OpenPage {
  readonly socket: WebSocket;
  readonly journal: Journal;
  readonly peer: RawPeer;
}

/** Opens a `WebSocket` for the time of a test, and waits for `open`. */
export async function openPage(
  t: TestContext,
  options: WebSocketOptions & { readonly server?: RawListenOptions } = {},
): Promise<OpenPage> {
  const { server, ...own } = options;
  const { url, peers } = await listenRaw(t, server);
  const socket = new WebSocket(url, own);
  const journal = record(socket);
  const peer = await peers.take();
  await journal.has('open');
  return { socket, journal, peer };
}
