// Hono serves HTTP, Millrace the path /live, both on one port. Whether a client may connect is asked of Hono.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

import { ConnectionDeny, serve } from 'millrace';
import type { ConnectionRequest } from 'millrace';

import { tryOut } from './support/try-out.ts';

const sessions = new Map<string, string>();

const app = new Hono();
app.post('/login/:user', (context) => {
  const id = randomUUID();
  sessions.set(id, context.req.param('user'));
  setCookie(context, 'session', id, { httpOnly: true, sameSite: 'Strict' });
  return context.text(`Welcome, ${context.req.param('user')}`);
});
app.get('/me', (context) => {
  const user = sessions.get(getCookie(context, 'session') ?? '');
  return user === undefined ? context.text('log in first', 403) : context.text(user);
});
const listener = getRequestListener(app.fetch);
const httpServer = createServer((request, response) => void listener(request, response));
httpServer.listen(0);
await once(httpServer, 'listening');

/** Asks a route of Hono, with its middleware, within the process. */
async function authenticate(request: ConnectionRequest): Promise<{ context: string }> {
  const answer = await app.request('/me', { headers: { cookie: request.headers['cookie'] ?? '' } });
  const text = await answer.text();
  if (!answer.ok) throw new ConnectionDeny(answer.status, text);
  return { context: text };
}

const server = await serve(
  { server: httpServer, path: '/live', onConnect: authenticate },
  {
    message: (connection, data) => connection.send(`${connection.context} says ${String(data)}`),
  },
);

await tryOut(httpServer);
await server.close();
httpServer.close();
httpServer.closeAllConnections();
