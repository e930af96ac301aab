import type { ReceivedMessage, WebSocketConnection } from 'millrace';

import { announcedLength } from './announced-length.ts';

/** Echoes each message when the whole of it is there. */
export async function echoMessages(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) {
    await connection.send(message.type === 'text' ? await message.text() : await message.bytes());
  }
}

/** Echoes each message while it comes. */
export async function echoStreams(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) await connection.send(message, { type: message.type });
}

/** Echoes each frame as it comes: announced with its length, and then chunk by chunk. */
export async function echoFrames(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) await mirror(message, connection);
}

async function mirror(message: ReceivedMessage, connection: WebSocketConnection): Promise<void> {
  const writer = await connection.beginMessage(message.type);
  for await (const received of message.frames()) {
    const frame = writer.beginFrame(announcedLength(received.length));
    for await (const chunk of received) await frame.write(chunk);
  }
  await writer.end();
}
