import { ConnectionDeny, HandshakeError, connect, serve } from 'millrace';
import type { ConnectionRequest } from 'millrace';

const users = new Map([['Bearer secret', 'Ada']]);

// #region
function authenticate(request: ConnectionRequest): { context: string } {
  const user = users.get(request.headers['authorization'] ?? '');
  if (user === undefined) throw new ConnectionDeny(401, 'who are you?', { 'WWW-Authenticate': 'Bearer' });
  return { context: user };
}

const server = await serve(
  { port: 0, onConnect: authenticate },
  {
    open: (connection) => connection.send(`Hello, ${connection.context}`),
  },
);
// #endregion

await connect(server.url).catch((error: unknown) => {
  if (error instanceof HandshakeError) console.log(error.status);
});
const ada = await connect(server.url, { headers: { Authorization: 'Bearer secret' } });
console.log(await (await ada.receive())?.text());
await ada.close();
await server.close();
