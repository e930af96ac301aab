import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RemoteProtocolError } from '../../src/index.ts';
import { decodeBase64 } from '../../src/tunnel/base64-chunks.ts';

async function* each(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}

async function decode(pieces: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decodeBase64(each(pieces))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('decodeBase64', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 6]) {
    it(`decodes ${String(length)} bytes, with and without padding, however they are cut`, async () => {
      const bytes = Buffer.from([255, 0, 128, 62, 63, 1]).subarray(0, length);
      for (const text of [bytes.toString('base64'), bytes.toString('base64').replaceAll('=', '')]) {
        for (let cut = 0; cut <= text.length; cut++) {
          assert.deepEqual(await decode([text.slice(0, cut), text.slice(cut)]), bytes);
        }
      }
    });
  }

  for (const text of ['?', 'A', 'AAAAA', 'A===', 'AA=A', 'AAA!', 'AA A', 'YQ==YQ==', '====', 'AAAA=====']) {
    it(`refuses ${text}`, async () => {
      await assert.rejects(decode([text]), (error: unknown) => {
        return error instanceof RemoteProtocolError && error.closeCode === 1007;
      });
    });
  }
});
