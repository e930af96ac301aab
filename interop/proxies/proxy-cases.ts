// What is done through each proxy, as data.
import { createHash, randomBytes } from 'node:crypto';

import { connect, type ConnectionRequest, type ConnectOptions, type WebSocketConnection } from 'millrace';

/** A way to a server of ours. */
export interface ProxiedWay {
  readonly url: string;
  readonly options: ConnectOptions;
  /** How the server must see the client. */
  readonly seen: { readonly encrypted: boolean; readonly peer: RegExp };
  /** Whether the proxy stops for good when both directions are full: it reads nothing while it writes. Then a stream goes in parts that it has room for. */
  readonly readsOrWrites?: boolean | undefined;
}

/** Something to be done through a proxy. */
export interface ProxyCase {
  readonly name: string;
  /** @returns what is wrong; nothing, if it has passed */
  readonly carryOut: (way: ProxiedWay) => Promise<string[]>;
}

const STREAM_SIZE = 64 * 1024 * 1024;
const CHUNK_SIZE = 64 * 1024;
/** What sockets hold in any case, in bytes. */
const PART_SIZE = 256 * 1024;

/** What the server tells first: how it sees the client. */
export interface Greeting {
  readonly peer: string;
  readonly encrypted: boolean;
}

/** Deals with the server's side of every case. */
export async function serveCases(connection: WebSocketConnection<Greeting>): Promise<void> {
  await connection.send(`${String(connection.context.encrypted)} ${connection.context.peer}`);
  for await (const message of connection) await connection.send(message);
}

/** Notes how the server sees the client. */
export function onConnect({ peer, encrypted }: ConnectionRequest): { readonly context: Greeting } {
  return { context: { peer, encrypted } };
}

/** Every row of the table. */
export const PROXY_CASES: readonly ProxyCase[] = [
  { name: 'a message', carryOut: (way) => withConnection(way, sendMessages) },
  {
    name: 'a stream of 64 MiB, both ways',
    carryOut: (way) => withConnection(way, (connection) => sendStreams(connection, way)),
  },
  { name: 'five idle seconds', carryOut: (way) => withConnection(way, idle) },
];

/** Header fields that a client might set to be taken for somebody else. */
const SPOOFED = {
  'X-Forwarded-For': '203.0.113.66',
  'X-Forwarded-Proto': 'gopher',
  Forwarded: 'for=203.0.113.66;proto=gopher',
};

async function withConnection(
  way: ProxiedWay,
  use: (connection: WebSocketConnection) => Promise<string[]>,
): Promise<string[]> {
  // Proxies give up idle connections after 3 s here; the keepalive is what keeps them.
  const keepAlive = { interval: 1000, timeout: 30_000 };
  const connection = await connect(way.url, { keepAlive, headers: SPOOFED, ...way.options });
  const [encrypted = '', peer = ''] = (await (await connection.receive())?.text())?.split(' ') ?? [];
  const problems = [
    ...(encrypted === String(way.seen.encrypted) ? [] : [`the server sees encrypted: ${encrypted}`]),
    ...(way.seen.peer.test(peer) ? [] : [`the server sees the client at ${peer}`]),
    ...(await use(connection)),
  ];
  const { code, wasClean } = await connection.close();
  return wasClean && code === 1000 ? problems : [...problems, `closed with ${code}, clean: ${String(wasClean)}`];
}

async function sendMessages(connection: WebSocketConnection): Promise<string[]> {
  const texts = ['Grüße, 世界! 👩‍🚀', '', 'x'.repeat(100_000)];
  const problems: string[] = [];
  for (const text of texts) {
    await connection.send(text);
    if ((await (await connection.receive())?.text()) !== text)
      problems.push(`another text came back for ${text.length}`);
  }
  return problems;
}

async function sendStreams(connection: WebSocketConnection, { readsOrWrites = false }: ProxiedWay): Promise<string[]> {
  const partSize = readsOrWrites ? PART_SIZE : STREAM_SIZE;
  const problems: string[] = [];
  for (let size = 0; size < STREAM_SIZE; size += partSize) problems.push(...(await sendStream(connection, partSize)));
  return problems;
}

async function sendStream(connection: WebSocketConnection, total: number): Promise<string[]> {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const chunk = randomBytes(CHUNK_SIZE);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let size = 0; size < total; size += CHUNK_SIZE) {
      chunk.writeUInt32BE(size);
      const copy = Uint8Array.from(chunk);
      sent.update(copy);
      yield Promise.resolve(copy);
    }
  }
  const sending = connection.send(chunks());
  let size = 0;
  const message = await connection.receive();
  if (message === undefined) return ['nothing came back'];
  for await (const part of message) {
    received.update(part);
    size += part.length;
  }
  await sending;
  return size === total && sent.digest('hex') === received.digest('hex') ? [] : [`${size} other bytes came back`];
}

async function idle(connection: WebSocketConnection): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 5000));
  return sendMessages(connection);
}
