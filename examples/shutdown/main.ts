// What becomes of clients and of a load balancer when a server gets SIGTERM.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { connect } from 'millrace';

const CLIENTS = 20;

const server = fork(fileURLToPath(new URL('server.js', import.meta.url)));
const told: unknown[] = await once(server, 'message');
const port = Number(told[0]);
server.disconnect();

async function isReady(): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/ready`)).ok;
}

const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(`ws://127.0.0.1:${port}/`)));
assert.equal(await isReady(), true);

const exit = once(server, 'exit');
server.kill('SIGTERM');
while (await isReady()); // A load balancer asks, and sends nobody here from now on.
console.log('Not ready any more; connections go on:');
await clients[0]?.send('still here?');
console.log(`  ${await (await clients[0]?.receive())?.text()}`);

// Those who come late are accepted, until the balancer has noticed.
const late = await connect(`ws://127.0.0.1:${port}/`);

const begun = performance.now();
const ends = await Promise.all(
  [...clients, late].map(async ({ closed }) => ({ ...(await closed), at: performance.now() - begun })),
);
for (const { code, wasClean } of ends) assert.deepEqual([code, wasClean], [1001, true]);
const times = ends.map(({ at }) => at);
console.log(
  `${ends.length} clients were told to go, spread over ${Math.round(Math.max(...times) - Math.min(...times))} ms`,
);

assert.deepEqual(await exit, [0, null]);
