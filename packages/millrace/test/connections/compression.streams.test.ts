import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const FILES = ['compression.test.js', 'compression.attacks.test.js', 'compression.frames.test.js'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

describe('compression, with the documented streams of node:zlib', () => {
  it('passes the same tests', () => {
    // A test runner inside another one would report to it.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined, MILLRACE_ZLIB: 'streams' };

    const { status, stdout } = spawnSync(process.execPath, ['--test', ...FILES], { env, encoding: 'utf8' });

    assert.equal(status, 0, stdout.slice(-4000));
    assert.match(stdout, /pass [1-9]/);
  });
});
