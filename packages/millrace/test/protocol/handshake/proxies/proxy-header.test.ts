import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { crc32c } from '../../../../src/protocol/handshake/proxies/crc32c.ts';
import { readProxyHeader } from '../../../../src/protocol/handshake/proxies/proxy-header.ts';
import { hex } from '../../../helpers/bytes.ts';

const SIGNATURE = '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a';
const V4 = 'c0 00 02 01 c0 00 02 02 c3 50 01 bb'; // 192.0.2.1:50000 → 192.0.2.2:443
const V6 = `20 01 0d b8 ${'00 '.repeat(11)}01 ${'00 '.repeat(15)}01 c3 50 01 bb`;

const OF_V4 = { address: '192.0.2.1', port: 50_000, isEncrypted: false };

/** With a checksum in it, right or wrong. */
function withCrc(xor = 0): Uint8Array {
  const bytes = hex(`${SIGNATURE} 21 11 00 13 ${V4} 03 00 04 00 00 00 00`);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(bytes.length - 4, (crc32c(bytes) ^ xor) >>> 0);
  return bytes;
}

const VALID: [name: string, bytes: Uint8Array, source: object | undefined][] = [
  ['v1, TCP4', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n'), OF_V4],
  [
    'v1, TCP6',
    Buffer.from('PROXY TCP6 2001:db8::1 ::1 50000 443\r\n'),
    { address: '2001:db8::1', port: 50_000, isEncrypted: false },
  ],
  ['v1, UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['v1, UNKNOWN with anything behind it', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['v2, IPv4', hex(`${SIGNATURE} 21 11 00 0c ${V4}`), OF_V4],
  [
    'v2, IPv6',
    hex(`${SIGNATURE} 21 21 00 24 ${V6}`),
    { address: '2001:db8:0:0:0:0:0:1', port: 50_000, isEncrypted: false },
  ],
  ['v2, LOCAL', hex(`${SIGNATURE} 20 00 00 00`), undefined],
  ['v2, LOCAL with addresses, which mean nothing', hex(`${SIGNATURE} 20 11 00 0c ${V4}`), undefined],
  ['v2, UNSPEC', hex(`${SIGNATURE} 21 00 00 00`), undefined],
  ['v2, a Unix domain socket', hex(`${SIGNATURE} 21 31 00 d8 ${'00 '.repeat(216)}`), undefined],
  ['v2, additions', hex(`${SIGNATURE} 21 11 00 13 ${V4} 04 00 01 00 ea 00 00`), OF_V4],
  [
    'v2, TLS with the proxy',
    hex(`${SIGNATURE} 21 11 00 14 ${V4} 20 00 05 01 00 00 00 00`),
    { ...OF_V4, isEncrypted: true },
  ],
  ['v2, no TLS with the proxy', hex(`${SIGNATURE} 21 11 00 14 ${V4} 20 00 05 00 00 00 00 00`), OF_V4],
  ['v2, a checksum', withCrc(), OF_V4],
];

const INVALID: [name: string, bytes: Uint8Array][] = [
  ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a TLS client', hex('16 03 01 02 00')],
  ['v1 in lower case', Buffer.from('proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n')],
  ['v1, 108 bytes', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`)],
  ['v1 without end', Buffer.from(`PROXY TCP6 ${'f'.repeat(200)}`)],
  ['v1, TCP4 with an address of IPv6', Buffer.from('PROXY TCP4 ::1 ::1 1 1\r\n')],
  ['v1, TCP6 with an address of IPv4', Buffer.from('PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n')],
  ['v1, an address that is none', Buffer.from('PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n')],
  ['v1, a port that is none', Buffer.from('PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n')],
  ['v1, a port with a leading zero', Buffer.from('PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n')],
  ['v1, a word too few', Buffer.from('PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n')],
  ['v1, two spaces', Buffer.from('PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n')],
  ['v1, another protocol', Buffer.from('PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n')],
  ['v2, another signature', hex(`${SIGNATURE.slice(0, -2)} 0b 21 11 00 0c ${V4}`)],
  ['v2, a signature that goes on otherwise', hex('0d 0a 0d 0b')],
  ['v2, another version', hex(`${SIGNATURE} 11 11 00 0c ${V4}`)],
  ['v2, another command', hex(`${SIGNATURE} 22 11 00 0c ${V4}`)],
  ['v2, another family', hex(`${SIGNATURE} 21 41 00 0c ${V4}`)],
  ['v2, too short for its addresses', hex(`${SIGNATURE} 21 11 00 0b ${V4}`)],
  ['v2, too long', hex(`${SIGNATURE} 21 11 10 01 ${V4}`)],
  ['v2, additions that do not fit', hex(`${SIGNATURE} 21 11 00 10 ${V4} 04 00 02 00`)],
  ['v2, half an addition', hex(`${SIGNATURE} 21 11 00 0e ${V4} 04 00`)],
  ['v2, a wrong checksum', withCrc(1)],
  ['v2, a checksum that is none', hex(`${SIGNATURE} 21 11 00 11 ${V4} 03 00 02 00 00`)],
];

describe('readProxyHeader', () => {
  for (const [name, bytes, source] of VALID) {
    it(`reads ${name}, however much of it and behind it is there`, () => {
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(readProxyHeader(bytes.subarray(0, length)), undefined, String(length));
      }
      const behind = Buffer.concat([bytes, Buffer.from('PROXY GET')]);

      assert.deepEqual(readProxyHeader(bytes), { length: bytes.length, source });
      assert.deepEqual(readProxyHeader(behind), { length: bytes.length, source });
    });
  }

  for (const [name, bytes] of INVALID) {
    it(`refuses ${name}, as soon as it can be seen and however much is there`, () => {
      const results = Array.from({ length: bytes.length + 1 }, (_, length) =>
        readProxyHeader(bytes.subarray(0, length)),
      );

      assert.equal(results.at(-1), 'invalid');
      assert.equal(
        results.every((result) => result === undefined || result === 'invalid'),
        true,
      );
    });
  }
});
