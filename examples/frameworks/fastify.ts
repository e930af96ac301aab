// Fastify serves HTTP, Millrace the path /live, both on one port. Whether a client may connect is asked of Fastify.
import { randomUUID } from 'node:crypto';

import { fastify } from 'fastify';

import { ConnectionDeny, serve } from 'millrace';
import type { ConnectionRequest } from 'millrace';

import { tryOut } from './support/try-out.ts';

const sessions = new Map<string, string>();

const app = fastify();
app.post<{ Params: { user: string } }>('/login/:user', (request, reply) => {
  const id = randomUUID();
  sessions.set(id, request.params.user);
  return reply.header('set-cookie', `session=${id}; HttpOnly; SameSite=Strict`).send(`Welcome, ${request.params.user}`);
});
app.get('/me', (request, reply) => {
  const [, id = ''] = /(?:^|; )session=([^;]*)/.exec(request.headers.cookie ?? '') ?? [];
  const user = sessions.get(id);
  return user === undefined ? reply.code(403).send('log in first') : reply.send(user);
});
await app.listen({ port: 0 });

/** Asks a route of Fastify, with all of its hooks and plugins, within the process. */
async function authenticate(request: ConnectionRequest): Promise<{ context: string }> {
  const answer = await app.inject({ url: '/me', headers: { cookie: request.headers['cookie'] ?? '' } });
  if (answer.statusCode !== 200) throw new ConnectionDeny(answer.statusCode, answer.body);
  return { context: answer.body };
}

const server = await serve(
  { server: app.server, path: '/live', onConnect: authenticate },
  {
    message: (connection, data) => connection.send(`${connection.context} says ${String(data)}`),
  },
);

await tryOut(app.server);
await server.close();
await app.close();
