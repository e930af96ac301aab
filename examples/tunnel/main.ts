// TCP through WebSocket: a server that speaks by lines, a tunnel to it, and a client of TCP that knows nothing of either.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { listenTunnel, serveTunnel } from 'millrace/tunnel';

const HERE = { host: '127.0.0.1', port: 0 };

const target = createServer((socket) => {
  createInterface({ input: socket }).on('line', (line) => {
    if (line === 'quit') socket.end('Bye\n');
    else socket.write(`${line.toUpperCase()}\n`);
  });
}).listen(HERE);
await once(target, 'listening');
const address = target.address();
if (address === null || typeof address === 'string') throw new Error('the target has no port');

const server = await serveTunnel(HERE, { host: '127.0.0.1', port: address.port });
const listener = await listenTunnel(HERE, server.url);
console.log(`TCP → ${server.url} → TCP`);

const client = connect(Number(listener.port), '127.0.0.1');
client.write('hello\nthrough the tunnel\nquit\n');
for await (const line of createInterface({ input: client })) console.log(`Received: ${line}`);
client.end();

await listener.close();
await server.close();
target.close();
