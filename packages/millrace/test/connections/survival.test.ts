import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const child = fileURLToPath(new URL('children/attacked.js', import.meta.url));

/** In milliseconds; it takes a few seconds. */
const TIME_LIMIT = 60_000;

describe('A process of serve and connect that raw sockets attack', { concurrency: true }, () => {
  for (const sharedReadBuffer of ['true', 'false']) {
    it(`goes on, and ends by itself, whatever handlers do, with sharedReadBuffer ${sharedReadBuffer}`, async () => {
      const args = ['--unhandled-rejections=strict', child, sharedReadBuffer];

      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: TIME_LIMIT });

      assert.equal(stdout, 'survived\n');
      assert.equal(stderr, '');
    });
  }
});
