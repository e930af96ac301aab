import { createHash } from 'node:crypto';

import { broadcast, serve, type ConnectionHandler, type WebSocketConnection } from 'millrace';
import { webSocketStreamOf } from 'millrace/web';

import { announceReady, compressionOptions, readPeerArguments, refuseMode, UNLIMITED } from './support.ts';

const args = readPeerArguments();
const { port, mode, variant, tls } = args;

async function echo(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) {
    await connection.send(message.type === 'text' ? await message.text() : await message.bytes());
  }
}

async function echoAsStream(connection: WebSocketConnection): Promise<void> {
  const { readable, writable } = await webSocketStreamOf(connection).opened;
  await readable.pipeTo(writable);
}

/** Collects nothing. */
async function hash(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) {
    const sha256 = createHash('sha256');
    for await (const chunk of message) sha256.update(chunk);
    await connection.send(sha256.digest('hex'));
  }
}

type Handlers = Readonly<Record<string, ConnectionHandler<undefined> | undefined>>;

const ECHOES: Handlers = {
  callbacks: { message: (connection, data) => connection.send(data) },
  async: echo,
  web: echoAsStream,
};

const HASHES: Handlers = {
  callbacks: { message: (connection, data) => connection.send(createHash('sha256').update(data).digest('hex')) },
  async: hash,
};

const BROADCASTS: Handlers = {
  callbacks: { message: (_connection, data) => void broadcast(server.connections, data) },
};

const HANDLERS: Readonly<Record<string, Handlers>> = {
  echo: ECHOES,
  handshake: ECHOES,
  'hash-message': HASHES,
  broadcast: BROADCASTS,
};

const handler = HANDLERS[mode]?.[variant] ?? refuseMode(mode);
const options = { ...UNLIMITED, host: '127.0.0.1', port, compression: compressionOptions(args) };
const server = await serve(tls === undefined ? options : { ...options, tls }, handler);
announceReady();
