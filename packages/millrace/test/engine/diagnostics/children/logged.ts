// Some of everything that can be logged: one connection, one refusal, secrets and tricky strings on the way.

import { ConnectionDeny, connect, serve } from '../../../../src/index.ts';

const onConnect = ({ path }: { path: string }): void => {
  if (path === '/no') throw new ConnectionDeny(403, 'not\u009b you');
};
const server = await serve(
  { port: 0, host: '127.0.0.1', onConnect },
  { message: (connection, data) => connection.send(data) },
);
const url = server.url.replace('localhost', '127.0.0.1');
const headers = { Authorization: 'Bearer s3cret', 'X-Api-Key': 's3cret', Cookie: 's3cret' };
const connection = await connect(`${url.replace('//', '//user:s3cret@')}?token=s3cret`, {
  headers: { 'X-Api-Key': 's3cret' },
});
await connection.send('s3cret payload');
await (await connection.receive())?.text();
await connect(`${url}no?token=s3cret`, { headers }).catch(() => undefined);
await connection.close(1000, 'bye\u001b[31m\u009b\u202e');
await server.close();
