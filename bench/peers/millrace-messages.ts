import { createHash } from 'node:crypto';

import { serve, type ConnectionHandler, type WebSocketConnection } from 'millrace';
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
  callbacks: { message: (connection, data) => void connection.send(data) },
  async: echo,
  web: echoAsStream,
};

function handlerFor(): ConnectionHandler<undefined> {
  const handler = mode === 'echo' ? ECHOES[variant] : mode === 'hash-message' && variant === 'async' ? hash : undefined;
  return handler ?? refuseMode(mode);
}

await serve({ host: '127.0.0.1', port, maxMessageSize: 2 ** 30, maxFrameSize: 2 ** 30 }, handlerFor());
announceReady();
