// Express serves HTTP, Millrace the path /live, both on one port. Who has logged in by HTTP is known to the connection.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import express from 'express';

import { ConnectionDeny, serve } from 'millrace';
import type { ConnectionRequest } from 'millrace';

import { tryOut } from './support/try-out.ts';

const sessions = new Map<string, string>();

const app = express();
app.post('/login/:user', (request, response) => {
  const id = randomUUID();
  sessions.set(id, request.params.user);
  response.cookie('session', id, { httpOnly: true, sameSite: 'strict' }).send(`Welcome, ${request.params.user}`);
});
const httpServer = app.listen(0);
await once(httpServer, 'listening');

/** Middleware of Express does not see this request: what it would look up is looked up here. */
function authenticate(request: ConnectionRequest): { context: string } {
  const [, id = ''] = /(?:^|; )session=([^;]*)/.exec(request.headers['cookie'] ?? '') ?? [];
  const user = sessions.get(id);
  if (user === undefined) throw new ConnectionDeny(ConnectionDeny.FORBIDDEN, 'log in first');
  return { context: user };
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
