// Two generations of workers on one port: the new ones listen before the old ones drain, so that no client is ever turned away.
import assert from 'node:assert/strict';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { connect, serve } from 'millrace';

const WORKERS = 2;

if (cluster.isPrimary) await runPrimary();
else await runWorker(process.env['GENERATION'] ?? '');

async function runWorker(generation: string): Promise<void> {
  const server = await serve({ port: Number(process.env['PORT']), host: '127.0.0.1' }, async (connection) => {
    await connection.send(generation);
    await connection.closed;
  });
  process.once('message', () => {
    // In a worker `keepPort` is false: whoever comes from now on finds a worker of the new generation.
    void server.close({ drain: 200, timeout: 5000 }).then(() => cluster.worker?.disconnect());
  });
  process.send?.(server.port);
}

/** Starts workers, and waits until they listen. */
function startWorkers(generation: string, port: number): Promise<Worker[]> {
  return Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const worker = cluster.fork({ GENERATION: generation, PORT: String(port) });
      await once(worker, 'message');
      return worker;
    }),
  );
}

/** A port that is free: with 0, each generation would get its own. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function runPrimary(): Promise<void> {
  cluster.on('exit', (_, code) => (process.exitCode ||= code));
  const port = await findFreePort();
  const old = await startWorkers('old', port);
  const url = `ws://127.0.0.1:${port}/`;
  const clients = await Promise.all(Array.from({ length: 20 }, () => connect(url)));

  const fresh = await startWorkers('new', port);
  const exits = old.map((worker) => once(worker, 'exit'));
  for (const worker of old) worker.send('drain');

  // Each client comes back as soon as it is told to go.
  const answers = await Promise.all(
    clients.map(async (client) => {
      const before = await (await client.receive())?.text();
      const { code } = await client.closed;
      const again = await connect(url);
      const after = await (await again.receive())?.text();
      void again.close();
      return `${before} worker, ${code}, ${after} worker`;
    }),
  );
  await Promise.all(exits);
  console.log(`${answers.length} clients: ${[...new Set(answers)].join('; ')}`);
  assert.deepEqual(new Set(answers), new Set(['old worker, 1001, new worker']));

  for (const worker of fresh) worker.send('drain');
}
