// Starts Chromium with a page that fetches its tasks from here, and posts its reports.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import type { Hello } from './convention.ts';

const [, , , profile = ''] = process.argv;

const PAGE = '<!doctype html><title>Interop</title><script type="module" src="/chromium-page.js"></script>';

const FLAGS = [
  '--headless',
  '--no-sandbox', // as root there is no other way
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  `--user-data-dir=${profile}`,
  '--remote-debugging-pipe', // when the pipe breaks, because this program has ended in whatever way, so does Chromium
];

const CHROMIUM = '/usr/bin/chromium';

let isGreeted = false;
const tasks: string[] = [];
const waiting: ServerResponse[] = [];

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.writeHead(500).end();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

const chromium = spawn(CHROMIUM, [...FLAGS, `http://127.0.0.1:${port}/`], {
  stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
});
chromium.once('exit', (code) => process.exit(code ?? 1));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    tasks.push(line);
    handOut();
  })
  .on('close', () => {
    chromium.removeAllListeners('exit').once('exit', () => process.exit());
    chromium.kill('SIGKILL');
  });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '' } = request;
  if (url === '/task') {
    sayHello();
    waiting.push(response);
    handOut();
  } else if (url === '/report') {
    process.stdout.write(`${await text(request)}\n`);
    response.writeHead(204).end();
  } else if (/^\/[\w-]+\.js$/.test(url)) {
    const script = readFileSync(new URL(`.${url}`, import.meta.url));
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
  } else if (url === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE);
  } else {
    response.writeHead(404).end();
  }
}

/** The page is there. */
function sayHello(): void {
  if (isGreeted) return;
  isGreeted = true;
  const [version = '?'] = /[\d.]+/.exec(execFileSync(CHROMIUM, ['--version'], { encoding: 'utf8' })) ?? [];
  const hello: Hello = { versions: { Chromium: version } };
  process.stdout.write(`${JSON.stringify(hello)}\n`);
}

function handOut(): void {
  const task = tasks.shift();
  if (task === undefined) return;

  const response = waiting.shift();
  if (response === undefined) tasks.unshift(task);
  else response.writeHead(200, { 'Content-Type': 'application/json' }).end(task);
}
