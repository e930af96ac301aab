// An echo server that compresses, in a process of its own, which tells its memory when it is asked, and compresses 8 MiB when it is told to.
import { connect, serve } from '../../src/index.ts';

const MIB = 1024 * 1024;

const server = await serve(
  { port: 0, host: '127.0.0.1', compression: true, maxMessageSize: 16 * MIB },
  {
    message: (connection, data) => void connection.send(data),
  },
);

const rows = Array.from({ length: 140_000 }, (_, id) => ({
  id,
  name: `name ${String(id * 7919)}`,
  price: (id * 31) % 997,
}));
const large = JSON.stringify(rows);

/** Sends 8 MiB of JSON to a client in this process, so that all of the work for it is seen by the others. */
async function sendLarge(): Promise<void> {
  const client = await connect(server.url, { compression: true, receive: false });
  await client.send(large);
  await client.close();
  process.send?.({ done: true });
}

process.on('message', (what) => {
  if (what === 'send') {
    void sendLarge();
    return;
  }
  globalThis.gc?.();
  process.send?.({ rss: process.memoryUsage.rss(), open: server.connections.size });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: server.url });
