import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { crc32c } from '../../../../src/protocol/handshake/proxies/crc32c.ts';

describe('crc32c', () => {
  // RFC 3720 §B.4, and the check value that catalogues of checksums give.
  const rows: [name: string, bytes: Uint8Array, crc: number][] = [
    ['nothing', new Uint8Array(0), 0],
    ['the digits', Buffer.from('123456789'), 0xe306_9283],
    ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes 0xff', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['32 bytes that count', Uint8Array.from({ length: 32 }, (_, n) => n), 0x46dd_794e],
  ];
  for (const [name, bytes, crc] of rows) {
    it(`of ${name}`, () => {
      assert.equal(crc32c(bytes), crc);
    });
  }
});
