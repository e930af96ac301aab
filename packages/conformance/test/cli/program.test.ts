import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { generate } from 'selfsigned';
import { WebSocket, WebSocketServer } from 'ws';

import { runNaiveClient } from '../../testees/naive/client.ts';
import { startNaiveServer } from '../../testees/naive/server.ts';

const MAIN = fileURLToPath(new URL('../../../bin/millrace-conformance.js', import.meta.url));

/** Where npm links the command when it installs a clone, before anything is built. */
const LINKED = fileURLToPath(new URL('../../../../../node_modules/.bin/millrace-conformance', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command, without colour, wherever the tests run; `onOutput` sees what it says meanwhile. */
function run(args: readonly string[], onOutput?: (stderr: string) => void): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    onOutput?.(stderr);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const BAD_ARGUMENTS: readonly (readonly [args: readonly string[], words: string])[] = [
  [['bogus'], "'bogus'"],
  [['server'], "'url'"],
  [['server', 'nonsense'], "'nonsense'"],
  [['server', 'http://127.0.0.1:1'], "'http://127.0.0.1:1'"],
  [['server', 'ws://127.0.0.1:1'], 'ECONNREFUSED 127.0.0.1:1'],
  [['server', 'ws://127.0.0.1:1', '--cases', '1.1.1,99.*'], '99.*'],
  [['server', 'ws://127.0.0.1:1', '--cases', '21.*'], '21.*'],
  [['server', 'ws://127.0.0.1:1', '--exclude', '99.*=never'], '99.*'],
  [['server', 'ws://127.0.0.1:1', '--exclude', '1.*'], "'1.*'"],
  [['server', 'ws://127.0.0.1:1', '--concurrency', 'many'], "'many'"],
  [['server', 'ws://127.0.0.1:1', '--ca', 'none.pem'], 'none.pem'],
  [['server', 'ws://127.0.0.1:1', '--frob'], '--frob'],
  [['client', '--port', '70000'], "'70000'"],
  [['report', 'none.json', '--out', 'page.html'], 'none.json'],
  [['cases', '--cases', '99.*'], '99.*'],
];

function portOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? String(address.port) : '';
}

/** Calls `drive` once: when the command has said where it listens. */
function whenListening(drive: (url: string) => void): (stderr: string) => void {
  let driven = false;
  return (stderr) => {
    const url = /(ws:\S+)\/\n/.exec(stderr)?.[1];
    if (url === undefined || driven) return;
    driven = true;
    drive(url);
  };
}

/** Makes one connection of a client under test, which echoes. */
async function requestAs(agent: string, url: string): Promise<void> {
  const socket = new WebSocket(`${url}&agent=${agent}`, { perMessageDeflate: false });
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  await once(socket, 'close');
}

/** Runs case 1 twice before it says that it is done. */
async function driveTwice(url: string): Promise<void> {
  await requestAs('naive', `${url}/runCase?case=1`);
  await requestAs('naive', `${url}/runCase?case=1`);
  await requestAs('naive', `${url}/updateReports?a=b`);
}

describe('millrace-conformance', { timeout: 60_000, concurrency: 4 }, () => {
  it('is linked in a clone', () => {
    assert.equal(realpathSync(LINKED), MAIN);
  });

  it('tests a server, prints JSON and exits with 0', async () => {
    const server = await startNaiveServer({});

    const { code, stdout } = await run([
      'server',
      server.url,
      '--cases',
      '1.1.1,2.*',
      '--exclude',
      '2.5=why not',
      '--json',
      '--agent',
      'n',
    ]);

    server.close();
    assert.doesNotThrow(() => JSON.parse(stdout));
    assert.equal(code, 0);
    assert.match(stdout, /"excluded":\[\{"id":"2\.5","reason":"why not"\}\]/);
    assert.match(stdout, /"id":"1\.1\.1","verdict":"ok"/);
  });

  it('exits with 1 if a case failed, and tells which', async () => {
    const server = await startNaiveServer({ pongs: 'none' });

    const { code, stderr } = await run(['server', server.url, '--cases', '2.1', '--time-scale', '0.1']);

    server.close();
    assert.equal(code, 1);
    assert.match(stderr, /failed +2\.1 +an empty ping/);
  });

  for (const [args, words] of BAD_ARGUMENTS) {
    it(`exits with 2 and one line that names what is wrong in ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run(args);

      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: .+\n$/);
      assert.ok(stderr.includes(words), stderr);
    });
  }

  it('makes the folder of a report, and says before the run if it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
    const server = await startNaiveServer({});
    const file = join(folder, 'not/yet/there.json');

    const made = await run(['server', server.url, '--cases', '1.1.1', '--json', file]);
    const refused = await run(['server', server.url, '--cases', '1.1.1', '--report', join(file, 'page.html')]);

    server.close();
    const report = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    assert.equal(made.code, 0);
    assert.match(report, /"verdict":"ok"/);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^error: cannot write .*page\.html/);
  });

  it('asks once whether anybody speaks, and ends soon if nobody does', async () => {
    const silent = createServer(() => undefined);
    const ending = createServer((socket) => socket.end());
    await Promise.all([silent, ending].map((one) => once(one.listen(0, '127.0.0.1'), 'listening')));
    let connections = 0;
    silent.on('connection', () => connections++);

    const secure = await run(['server', `wss://127.0.0.1:${portOf(silent)}`, '--time-scale', '0.02']);
    const plain = await run(['server', `ws://127.0.0.1:${portOf(silent)}`, '--time-scale', '0.02']);
    const ended = await run(['server', `ws://127.0.0.1:${portOf(ending)}`]);

    silent.close();
    ending.close();
    assert.equal(secure.code, 2);
    assert.match(secure.stderr, /^error: cannot connect to wss:.*no connection within 200 ms\n$/);
    assert.equal(plain.code, 2);
    assert.match(plain.stderr, /^error: ws:.* accepts connections, and did not answer .* within 100 ms\n$/);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /^error: ws:.* ended the connection without an answer to the opening handshake\n$/);
    assert.equal(connections, 2);
  });

  it('says of a server that opens connections and echoes nothing that there is nothing to test', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';

    const { code, stderr } = await run(['server', `ws://127.0.0.1:${port}`, '--time-scale', '0.02']);

    server.close();
    assert.equal(code, 2);
    assert.match(stderr, /^error: ws:.* did not echo a message within 60 ms: the suite tests servers that echo\n$/);
  });

  it('writes at the time limit of the run what it has', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');

    const { code, stderr } = await run(['server', `ws://127.0.0.1:${portOf(silent)}`, '--run-limit', '1']);

    silent.close();
    assert.equal(code, 1);
    assert.match(stderr, /and \d+ more\n +not run: the run was over/);
  });

  it('tests a server behind TLS, if it may trust it', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, cert);
    const naive = await startNaiveServer({});
    const front = createTlsServer({ key, cert }, (socket) => {
      const back = connect(Number(new URL(naive.url).port), '127.0.0.1');
      socket.pipe(back).pipe(socket);
    });
    await once(front.listen(0, 'localhost'), 'listening');
    const args = ['server', `wss://localhost:${portOf(front)}`, '--cases', '1.1.2'];

    const [strange, insecure, trusted] = await Promise.all([
      run(args),
      run([...args, '--insecure']),
      run([...args, '--ca', ca]),
    ]);

    front.close();
    naive.close();
    rmSync(folder, { recursive: true });
    assert.equal(strange.code, 2);
    assert.match(strange.stderr, /self-signed certificate/);
    assert.equal(insecure.code, 0, insecure.stderr);
    assert.equal(trusted.code, 0, trusted.stderr);
  });

  it('writes what it has at Ctrl-C', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const url = `ws://127.0.0.1:${portOf(silent)}`;
    const child = spawn(process.execPath, [MAIN, 'server', url, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    silent.on('connection', () => child.kill('SIGINT'));
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));

    const code = await new Promise((resolve) => child.on('close', resolve));

    silent.close();
    assert.equal(code, 130);
    assert.doesNotThrow(() => JSON.parse(stdout));
  });

  it('goes on with a client that runs a case again, and is not held up by one that never speaks', async () => {
    const drive = whenListening((url) => {
      connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
      void driveTwice(url);
    });

    const { code, stderr } = await run(['client', '--port', '0', '--cases', '1.1.1'], drive);

    assert.equal(code, 0, stderr);
  });

  it('tests a client that follows the convention, and writes a page', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
    const page = join(folder, 'report.html');
    const drive = whenListening((url) => void runNaiveClient(url, 'naive', {}));

    const { code } = await run(['client', '--port', '0', '--cases', '1.1.*', '--report', page], drive);

    const html = readFileSync(page, 'utf8');
    rmSync(folder, { recursive: true });
    assert.equal(code, 0);
    assert.match(html, /"agent":"naive"/);
    assert.doesNotMatch(html, /(src|href)="http/);
  });

  it('ends when a client has gone without a word', async () => {
    const args = ['client', '--port', '0', '--cases', '1.1.1,1.1.2', '--time-scale', '0.02'];
    const drive = whenListening((url) => void requestAs('naive', `${url}/runCase?case=1`));

    const { code, stderr } = await run(args, drive);

    assert.equal(code, 1);
    assert.match(stderr, /failed +1\.1\.2 .*\n +the client did not run it/);
    assert.match(stderr, /error: naive has gone\n$/);
  });

  it('ends at the time limit of the run', async () => {
    const { code, stderr } = await run(['client', '--port', '0', '--cases', '1.1.1', '--run-limit', '1']);

    assert.equal(code, 2);
    assert.match(stderr, /error: the time for the run, 1 s, was over/);
  });
});
