import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import webpack from 'webpack';
import WebpackDevServer from 'webpack-dev-server';
import WebSocket from 'ws';

import { run } from '../row.js';

await run(['webpack-dev-server', 'webpack'], async (check) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-webpack-'));
  const entry = join(folder, 'index.js');
  await writeFile(entry, 'export const value = 1;\n');
  const compiler = webpack({
    mode: 'development',
    context: folder,
    entry,
    stats: 'none',
    infrastructureLogging: { level: 'none' },
  });
  const server = new WebpackDevServer(
    { port: 0, host: '127.0.0.1', hot: true, static: false, client: false, setupExitSignals: false },
    compiler,
  );
  await server.start();
  const { port } = server.server.address();
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`, { origin: `http://127.0.0.1:${port}` });
  const types = [];
  const next = (wanted) =>
    new Promise((resolve) => {
      client.on('message', function look(data) {
        const message = JSON.parse(String(data));
        types.push(message.type);
        if (message.type !== wanted) return;
        client.off('message', look);
        resolve(message);
      });
    });
  await next('ok');
  check(types.includes('hot') && types.includes('hash'), true, 'what the dev server tells at first');
  const changed = next('ok');
  await writeFile(entry, 'export const value = 2;\n');
  check((await changed).type, 'ok', 'an update');
  client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
