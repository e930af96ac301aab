import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  connect,
  connectWS,
  type WebSocketConnection,
} from 'millrace';
import { webSocketStreamOf } from 'millrace/web';

import { announceReady, readPeerArguments, refuseMode, UNLIMITED } from '../support.ts';
import { createClientWork } from './client-work.ts';

const args = readPeerArguments();
const url = `ws://127.0.0.1:${String(args.port)}`;

class Client extends WebSocketClientProtocol {
  readonly #work = createClientWork(args, (data) => this.sendMessage(data));
  override onMessage(): void {
    this.#work();
  }
}

async function runClasses(): Promise<void> {
  await connectWS(new WebSocketClientFactory(url, { ...UNLIMITED, protocol: Client }));
  announceReady();
}

async function runCallbacks(): Promise<void> {
  let work: () => void = () => undefined;
  const connection = await connect(url, UNLIMITED, { message: () => work() });
  work = createClientWork(args, (data) => connection.send(data));
  announceReady();
}

/** Waits for what it sends, as such a loop does. */
async function runAsync(): Promise<void> {
  const connection: WebSocketConnection = await connect(url, UNLIMITED);
  announceReady();
  let sent: Promise<void> | undefined;
  const work = createClientWork(args, (data) => (sent = connection.send(data)));
  for await (const message of connection) {
    await message.bytes();
    work();
    await sent;
  }
}

async function runWeb(): Promise<void> {
  const connection = await connect(url, UNLIMITED);
  const { readable, writable } = await webSocketStreamOf(connection).opened;
  announceReady();
  const writer = writable.getWriter();
  let written: Promise<void> | undefined;
  const work = createClientWork(args, (data) => (written = writer.write(data)));
  const reader = readable.getReader();
  while (!(await reader.read()).done) {
    work();
    await written;
  }
}

const FORMS: Readonly<Record<string, () => Promise<void>>> = {
  classes: runClasses,
  callbacks: runCallbacks,
  async: runAsync,
  web: runWeb,
};

await (FORMS[args.variant] ?? ((): never => refuseMode(args.variant)))();
