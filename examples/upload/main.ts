// A file is uploaded, its connection is lost on the way, and the upload goes on where it has stopped.
//   node examples/dist/upload/main.js --serve      keeps the server, for a browser
import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from 'millrace';
import { WebSocket } from 'millrace/web';

import { onConnect, receiveUpload } from './receive-upload.ts';
import { upload } from './upload.ts';

/** What the page consists of; `upload.js` is compiled from `upload.ts`. */
const FILES = new Map([
  ['/', { type: 'text/html; charset=utf-8', file: new URL('../../upload/page.html', import.meta.url) }],
  ['/upload.js', { type: 'text/javascript', file: new URL('upload.js', import.meta.url) }],
]);

const http = createServer((request, response) => {
  const found = FILES.get(request.url ?? '');
  if (found === undefined) return void response.writeHead(404).end();
  void readFile(found.file).then((text) => response.writeHead(200, { 'Content-Type': found.type }).end(text));
});
http.listen(process.argv.includes('--serve') ? 9000 : 0, '127.0.0.1');
await once(http, 'listening');

const folder = await mkdtemp(join(tmpdir(), 'upload-'));
const server = await serve({ server: http, path: '/upload', onConnect }, (connection) =>
  receiveUpload(connection, folder),
);

if (process.argv.includes('--serve')) {
  console.log(`Open ${server.url.replace('ws', 'http').replace('/upload', '/')}; files are stored in ${folder}.`);
} else {
  await uploadWithLoss();
  await server.close();
  http.close();
  await rm(folder, { recursive: true });
}

async function uploadWithLoss(): Promise<void> {
  const bytes = randomBytes(5_000_000);
  const id = randomUUID();
  let isLost = false;

  const sha256 = await upload(new Blob([bytes]), {
    url: server.url,
    id,
    WebSocket,
    pause: 10,
    onProgress: (stored) => {
      console.log(`${stored} bytes are stored`);
      if (isLost || stored < bytes.length / 2) return;
      isLost = true;
      for (const connection of server.connections) connection.drop();
    },
  });

  assert.equal(isLost, true);
  assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal((await stat(join(folder, id))).size, bytes.length);
  console.log(`stored, SHA-256 ${sha256}`);
}
