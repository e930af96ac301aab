// A client that stays connected to a server that is killed and started again, twice.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { stayConnected } from 'millrace';

const LIVES = 3;
const MESSAGES_PER_LIFE = 5;

/** Starts the server, and waits until it listens. */
async function startServer(port: number): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(new URL('server.js', import.meta.url), [String(port)]);
  const told: unknown[] = await once(child, 'message');
  return { process: child, port: Number(told[0]) };
}

/** Kills the server, in the midst of what it does, and starts it again on the same port. */
async function restart(): Promise<void> {
  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  server = await startServer(server.port);
}

let server = await startServer(0);
const seen = new Map<string, number>();
let restarting: Promise<void> = Promise.resolve();

await stayConnected(
  `ws://127.0.0.1:${server.port}`,
  {
    backoff: { initial: 50, max: 500 },
    onConnecting: ({ attempt, cause }) => console.log(`attempt ${attempt}${cause ? `, after: ${cause.message}` : ''}`),
  },
  async (connection) => {
    // A connection that is lost ends this loop, with an error that `stayConnected` knows.
    for await (const message of connection) {
      const [process = ''] = (await message.text()).split(' ');
      const count = (seen.get(process) ?? 0) + 1;
      seen.set(process, count);
      if (count !== MESSAGES_PER_LIFE) continue;

      console.log(`${count} messages from process ${process}`);
      if (seen.size === LIVES) return; // That is all: it closes the connection, and does not connect again.
      restarting = restart();
    }
  },
);

await restarting;
server.process.kill();
assert.equal(seen.size, LIVES);
