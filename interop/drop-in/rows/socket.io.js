import { createServer } from 'node:http';

import { Server } from 'socket.io';
import { io } from 'socket.io-client';

import { listen, once, run } from '../row.js';

await run(['socket.io', 'socket.io-client'], async (check) => {
  for (const perMessageDeflate of [false, true]) {
    for (const transports of [['websocket'], ['polling', 'websocket']])
      await talk(check, transports, perMessageDeflate);
  }
});

async function talk(check, transports, perMessageDeflate) {
  const http = createServer();
  const server = new Server(http, { perMessageDeflate: perMessageDeflate && { threshold: 64 } });
  server.on('connection', (socket) => {
    socket.on('join', (room, done) => {
      void socket.join(room);
      done(`joined ${room}`);
    });
    socket.on('say', (room, text) => server.to(room).emit('said', text));
    socket.on('bytes', (bytes, done) => done(Buffer.from(bytes).reverse()));
    socket.on('ask', async (question, done) => done(await socket.emitWithAck('askBack', question)));
  });
  const port = await listen(http);
  const clients = [1, 2, 3].map(() =>
    io(`http://127.0.0.1:${port}`, { transports, perMessageDeflate: { threshold: 64 } }),
  );
  await Promise.all(clients.map((client) => once(client, 'connect')));
  const [a, b, c] = clients;
  // The client upgrades by itself when it has begun by polling.
  await Promise.all(
    clients.map((client) =>
      client.io.engine.transport.name === 'websocket' ? undefined : once(client.io.engine, 'upgrade'),
    ),
  );
  check(
    clients.map((client) => client.io.engine.transport.name),
    ['websocket', 'websocket', 'websocket'],
    'transport',
  );
  check(await a.emitWithAck('join', 'room'), 'joined room', 'acknowledgement');
  check(await b.emitWithAck('join', 'room'), 'joined room', 'acknowledgement');
  let heard = 0;
  c.on('said', () => heard++);
  const said = Promise.all([once(a, 'said'), once(b, 'said')]);
  c.emit('say', 'room', 'hello, room '.repeat(50));
  check(await said, [['hello, room '.repeat(50)], ['hello, room '.repeat(50)]], 'room');
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index & 0xff));
  check(await c.emitWithAck('bytes', bytes), Buffer.from(bytes).reverse(), 'binary');
  a.on('askBack', (question, done) => done(`${question}!`));
  check(await a.emitWithAck('ask', 'why'), 'why!', 'acknowledgement in both directions');
  check(heard, 0, 'nobody else hears a room');
  // A broadcast, which the adapter frames once.
  const all = Promise.all(clients.map((client) => once(client, 'all')));
  server.emit('all', { n: 1 });
  check(await all, [[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]], 'broadcast');
  for (const client of clients) client.close();
  await server.close();
}
