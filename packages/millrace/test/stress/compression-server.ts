// An echo server that compresses, in a process of its own, which tells its figures when it is asked, and compresses 8 MiB when it is told to. Its argument is
// options as JSON. It answers no message that is longer than 1 MiB, and says that it has it.
import { connect, serve, type ServeOptions } from '../../src/index.ts';
import { MIB } from './claim.ts';

const [json = '{}'] = process.argv.slice(2);
const options = JSON.parse(json) as ServeOptions;

const codes: number[] = [];
let decompressed = 0;

const server = await serve(
  { port: 0, host: '127.0.0.1', compression: true, maxMessageSize: 16 * MIB, ...options },
  {
    message(connection, data) {
      if (data.length > MIB) process.send?.({ done: true });
      else void connection.send(data);
    },
    close(connection, { sent }) {
      if (options.maxMessageSize === undefined) return;
      codes.push(sent?.code ?? 0);
      decompressed = Math.max(decompressed, connection.stats.messageBytesReceived);
    },
    error: () => undefined,
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
}

process.on('message', (what) => {
  if (what === 'send') {
    void sendLarge();
    return;
  }
  globalThis.gc?.();
  process.send?.({
    rss: process.memoryUsage.rss(),
    peakRss: process.resourceUsage().maxRSS * 1024,
    open: server.connections.size,
    codes,
    decompressed,
  });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: server.port });
