// An echo server that compresses, in a process of its own, which tells its figures when it is asked, and answers the message `large` with 8 MiB. Its
// argument is options as JSON. It answers no message that is longer than 1 MiB, and says that it has it.
import { serve, type ServeOptions } from '../../src/index.ts';
import { MIB } from './claim.ts';
import { createJson } from './compressed-peer.ts';
import { Stalls, mainThreadTime } from './grid/stalls.ts';

const [json = '{}'] = process.argv.slice(2);
const options = JSON.parse(json) as ServeOptions;

const stalls = new Stalls(mainThreadTime);
const codes: number[] = [];
let decompressed = 0;

const large = createJson();

function done(): void {
  process.send?.({ done: true });
}

const server = await serve(
  { port: 0, host: '127.0.0.1', compression: true, maxMessageSize: 16 * MIB, ...options },
  {
    message(connection, data) {
      if (data === 'large') void connection.send(large).then(done);
      else if (data.length > MIB) done();
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

process.on('message', () => {
  const { longest } = stalls;
  globalThis.gc?.();
  process.send?.({
    rss: process.memoryUsage.rss(),
    peakRss: process.resourceUsage().maxRSS * 1024,
    open: server.connections.size,
    codes,
    decompressed,
    longestStall: longest,
  });
  stalls.reset();
});
process.on('disconnect', () => process.exit());
process.send?.({ port: server.port });
