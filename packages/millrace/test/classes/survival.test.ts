import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const child = fileURLToPath(new URL('children/attacked.js', import.meta.url));

/** In milliseconds; it takes a few seconds. */
const TIME_LIMIT = 60_000;

describe('A process of servers and clients that are attacked by raw sockets', { concurrency: true }, () => {
  for (const [mode, name] of [
    ['bare', 'without a single callback'],
    ['failing', 'with callbacks that all throw or reject'],
  ] as const) {
    for (const sharedReadBuffer of ['true', 'false']) {
      it(`goes on, and ends by itself, ${name}, with sharedReadBuffer ${sharedReadBuffer}`, async () => {
        const args = ['--unhandled-rejections=strict', child, mode, sharedReadBuffer];

        const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: TIME_LIMIT });

        assert.equal(stdout, 'survived\n');
        assert.equal(stderr, '');
      });
    }
  }
});
