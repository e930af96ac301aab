import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** In milliseconds; it takes less than one second. */
const TIME_LIMIT = 30_000;

async function run(name: string, debug?: string): Promise<{ stdout: string; lines: string[] }> {
  const child = fileURLToPath(new URL(`children/${name}.js`, import.meta.url));
  const env = { ...process.env, MILLRACE_DEBUG: debug };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [child], { env, timeout: TIME_LIMIT });
  return { stdout, lines: stderr.split('\n').filter((line) => line !== '') };
}

/** A line without what differs from run to run: its time, ports, durations. */
function plain(line: string): string {
  return line
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, '')
    .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')
    .replace(/\d+\.\d+ (ms|s)\b/, 'TIME');
}

describe('MILLRACE_DEBUG', { concurrency: true }, () => {
  it('writes nothing where it is not set', async () => {
    assert.deepEqual((await run('logged')).lines, []);
    assert.deepEqual((await run('logged', '')).lines, []);
  });

  it('says what it knows, where it is asked for something else', async () => {
    const { lines } = await run('logged', 'frame, toString');

    assert.deepEqual(lines, [
      'MILLRACE_DEBUG has "frame", expected frames, handshake, closing',
      'MILLRACE_DEBUG has "toString", expected frames, handshake, closing',
    ]);
  });

  it('logs frames', async () => {
    const { lines } = await run('logged', 'frames');

    assert.deepEqual(
      lines.map(plain).filter((line) => line.includes(' client ')),
      [
        'millrace:frames #1 client "ADDRESS" out TEXT fin masked 14 bytes',
        'millrace:frames #1 client "ADDRESS" in  TEXT fin 14 bytes',
        'millrace:frames #1 client "ADDRESS" out CLOSE fin masked 15 bytes',
        'millrace:frames #1 client "ADDRESS" in  CLOSE fin 15 bytes',
      ],
    );
  });

  it('logs handshakes, those that are refused, too', async () => {
    const lines = (await run('logged', 'handshake')).lines.map(plain);

    const accepted = lines.find((line) => line.includes(' server ') && line.includes(' 101 '));
    assert.match(accepted ?? '', /^millrace:handshake server "ADDRESS" "\/\?…" 101 in TIME host="ADDRESS" /);
    assert.match(accepted ?? '', / x-api-key=\*\*\* authorization=\*\*\*| authorization=\*\*\* x-api-key=\*\*\*/);
    const refused = lines.find((line) => line.includes(' server ') && line.includes(' 403 '));
    assert.match(refused ?? '', /"\/no\?…" 403 error="[^"]*not\\u009b you" host="ADDRESS"/);
    assert.ok(lines.includes('millrace:handshake client "ADDRESS" "ws://ADDRESS/?…" 101 in TIME'));
  });

  it('logs how connections end, with what peers say escaped', async () => {
    const lines = (await run('logged', 'closing')).lines.map(plain);

    const how = (who: string): string =>
      String.raw`1000 "bye\u001b[31m\u009b\u202e" clean by ${who} unsent=0 discarded=0 after TIME`;
    assert.deepEqual(lines.sort(), [
      `millrace:closing #1 server "ADDRESS" ${how('remote')}`,
      `millrace:closing #2 client "ADDRESS" ${how('application')}`,
    ]);
  });

  it('never writes a secret or a payload, and nothing but printable text', async () => {
    const { lines } = await run('logged', 'frames,handshake,closing');

    assert.ok(lines.length > 10);
    for (const line of lines) {
      assert.ok(!line.includes('s3cret'), line);
      assert.ok(!/[\p{C}]/u.test(line), line);
    }
  });
});

describe('Subscribers that throw', () => {
  it('hurt no connection', async () => {
    const { stdout } = await run('throwing-subscribers');

    assert.deepEqual(JSON.parse(stdout), { reply: 'a', code: 1011, missing: [] });
  });
});
