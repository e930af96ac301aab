import { createHash } from 'node:crypto';

import { broadcast, serve, type ConnectionHandler, type WebSocketConnection } from 'millrace';
import { webSocketStreamOf } from 'millrace/web';

import { announceReady, readPeerArguments, refuseMode } from './support.ts';

const { port, mode, variant } = readPeerArguments();

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

const ECHOES: Readonly<Record<string, ConnectionHandler<undefined>>> = {
  callbacks: { message: (connection, data) => connection.send(data) },
  async: echo,
  web: echoAsStream,
};

const BROADCAST: ConnectionHandler<undefined> = {
  message: (_connection, data) => void broadcast(server.connections, data),
};

function handlerFor(): ConnectionHandler<undefined> {
  if (mode === 'broadcast' && variant === 'callbacks') return BROADCAST;
  const handler = mode === 'echo' ? ECHOES[variant] : mode === 'hash-message' && variant === 'async' ? hash : undefined;
  return handler ?? refuseMode(mode);
}

const server = await serve({ host: '127.0.0.1', port, maxMessageSize: 2 ** 30, maxFrameSize: 2 ** 30 }, handlerFor());
announceReady();
