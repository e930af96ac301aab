// A chat: rooms with history and presence, and the page for it on the same port. Several of these processes are one chat, over Redis:
//   REDIS_URL=redis://127.0.0.1 PORT=8080 node examples/dist/chat/server.js
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createTopics, jsonEnvelope, redisBroker } from '@millrace/topics';
import { serve, type WebSocketConnection } from 'millrace';
import { createClient } from 'redis';

import { readRequest, roomOf, type Join } from './requests.ts';

const { REDIS_URL, PORT = '0' } = process.env;
const topics = createTopics<undefined>({
  broker:
    REDIS_URL === undefined ? undefined : redisBroker({ client: createClient({ url: REDIS_URL }), prefix: 'chat' }),
  topics: { 'rooms/*': { history: { messages: 200, age: 86_400_000 }, presence: true } },
  frame: jsonEnvelope,
});

const page = readFileSync(new URL('../../chat/page.html', import.meta.url));
const httpServer = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
});
httpServer.listen(Number(PORT), '127.0.0.1');
await once(httpServer, 'listening');

await serve({ server: httpServer, path: '/chat' }, async (connection: WebSocketConnection<undefined>) => {
  const first = readRequest(await (await connection.receive())?.text());
  if (first?.type !== 'join') throw new TypeError('whoever comes says first who they are, and which room they join');
  const leave = await join(connection, first);
  try {
    for await (const message of connection) {
      const request = readRequest(await message.text());
      if (request?.type !== 'say') continue;
      // Who says it is what the server knows, not what the client claims.
      await topics.publish(roomOf(first), JSON.stringify({ user: first.user, text: request.text }), {
        from: connection,
      });
    }
  } finally {
    leave();
  }
});
const address: AddressInfo | string | null = httpServer.address();
const port = typeof address === 'object' ? address?.port : undefined;
console.log(`http://127.0.0.1:${port}/`);

/** Sends what was missed, or the newest messages; then what is said, and who is there. */
async function join(connection: WebSocketConnection<undefined>, request: Join): Promise<() => void> {
  const room = roomOf(request);
  const { user, since } = request;
  const subscription = topics.subscribe(connection, room, { since, last: 50, presence: { user } });
  // Presence events are hints: each of them has the list read again.
  const tell = async (): Promise<void> => {
    const { present } = await topics.presence(room);
    await connection.send(JSON.stringify({ present: present.map((one) => one.user).sort() }));
  };
  const report = (error: unknown): void => console.error(error);
  const stop = topics.watchPresence(room, () => void tell().catch(report));
  const { recovered } = await subscription.ready;
  await connection.send(JSON.stringify({ joined: request.room, recovered }));
  await tell();
  return stop;
}
