import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { runNaiveClient } from '../../testees/naive/client.ts';
import { startNaiveServer } from '../../testees/naive/server.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

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

describe('millrace-conformance', { timeout: 60_000 }, () => {
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

  it('exits with 2 if no case is selected', async () => {
    const { code, stderr } = await run(['server', 'ws://127.0.0.1:1', '--cases', '99.*']);

    assert.equal(code, 2);
    assert.match(stderr, /no case is selected/);
  });

  it('tests a client that follows the convention, and writes a page', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
    const page = join(folder, 'report.html');
    let driven = false;

    const { code } = await run(['client', '--port', '0', '--cases', '1.1.*', '--report', page], (stderr) => {
      const url = /(ws:\S+)\/\n/.exec(stderr)?.[1];
      if (url === undefined || driven) return;
      driven = true;
      void runNaiveClient(url, 'naive', {});
    });

    const html = readFileSync(page, 'utf8');
    rmSync(folder, { recursive: true });
    assert.equal(code, 0);
    assert.match(html, /"agent":"naive"/);
    assert.doesNotMatch(html, /(src|href)="http/);
  });

  it('ends at the time limit of the run', async () => {
    const { code } = await run(['client', '--port', '0', '--cases', '1.1.1', '--run-limit', '1']);

    assert.equal(code, 2);
  });
});
