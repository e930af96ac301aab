/** What a server answers to a row: messages as `text 2` or `binary 300`, with their size in bytes; a Close with its code, or without one. */
export type Ruling = string;

/**
 * What a client sends to a server after the opening handshake, and what the server makes of it at level 1 with its defaults.
 *
 * All frames are masked with `01 02 03 04`, where they are.
 */
export const FRAME_VECTORS: readonly (readonly [name: string, bytes: string, ruling: Ruling])[] = [
  ['valid text', '81 82 01 02 03 04 69 6b', 'text 2'],
  ['unmasked client frame', '81 02 68 69', 'close 1002'],
  ['non-minimal 16-bit len=2', '81 fe 00 02 01 02 03 04 69 6b', 'close 1002'],
  ['non-minimal 64-bit len=2', '81 ff 00 00 00 00 00 00 00 02 01 02 03 04 69 6b', 'close 1002'],
  [
    'non-minimal 64-bit len=300',
    '82 ff 00 00 00 00 00 00 01 2c 01 02 03 04' + ' 01 02 03 04'.repeat(300).slice(0, 900),
    'close 1002',
  ],
  ['64-bit len MSB set', '82 ff 80 00 00 00 00 00 00 00 01 02 03 04', 'close 1002'],
  ['64-bit len 2^63-1', '82 ff 7f ff ff ff ff ff ff ff 01 02 03 04', 'close 1009'],
  ['64-bit len 2^55+1 (undici CVE-2026-1528 shape)', '82 ff 00 80 00 00 00 00 00 01 01 02 03 04', 'close 1009'],
  ['announce 64MiB then silence', '82 ff 00 00 00 00 04 00 00 00 01 02 03 04', 'close 1009'],
  ['RSV1 no ext', 'c1 82 01 02 03 04 69 6b', 'close 1002'],
  ['RSV2', 'a1 82 01 02 03 04 69 6b', 'close 1002'],
  ['RSV3', '91 82 01 02 03 04 69 6b', 'close 1002'],
  ['reserved opcode 3', '83 80 01 02 03 04', 'close 1002'],
  ['reserved opcode 0xB', '8b 80 01 02 03 04', 'close 1002'],
  ['control FIN=0', '09 80 01 02 03 04', 'close 1002'],
  ['ping 126', '89 fe 00 7e 01 02 03 04' + ' 01 02 03 04'.repeat(126).slice(0, 378), 'close 1002'],
  ['continuation w/o start', '80 82 01 02 03 04 69 6b', 'close 1002'],
  ['interleaved data', '01 82 01 02 03 04 69 6b 81 82 01 02 03 04 69 6b', 'close 1002'],
  ['invalid utf8 whole', '81 82 01 02 03 04 c2 2a', 'close 1007'],
  ['invalid utf8 first fragment FIN=0 (fail-fast?)', '01 82 01 02 03 04 c2 2a', 'close 1007'],
  ['invalid utf8 first bytes of incomplete frame', '81 fe 00 c8 01 02 03 04 fe fd', 'close 1007'],
  ['surrogate ED A0 80', '81 83 01 02 03 04 ec a2 83', 'close 1007'],
  ['truncated utf8 at end', '81 82 01 02 03 04 e3 80', 'close 1007'],
  ['utf8 split across fragments', '01 82 01 02 03 04 e3 80 80 81 01 02 03 04 ad', 'text 3'],
  ['close len 0', '88 80 01 02 03 04', 'close'],
  ['close len 1', '88 81 01 02 03 04 02', 'close 1002'],
  ['close 999', '88 82 01 02 03 04 02 e5', 'close 1002'],
  ['close 1004', '88 82 01 02 03 04 02 ee', 'close 1002'],
  ['close 1005', '88 82 01 02 03 04 02 ef', 'close 1002'],
  ['close 1006', '88 82 01 02 03 04 02 ec', 'close 1002'],
  ['close 1014', '88 82 01 02 03 04 02 f4', 'close 1014'],
  ['close 1015', '88 82 01 02 03 04 02 f5', 'close 1002'],
  ['close 1016', '88 82 01 02 03 04 02 fa', 'close 1002'],
  ['close 2999', '88 82 01 02 03 04 0a b5', 'close 1002'],
  ['close 3000', '88 82 01 02 03 04 0a ba', 'close 3000'],
  ['close 4999', '88 82 01 02 03 04 12 85', 'close 4999'],
  ['close 5000', '88 82 01 02 03 04 12 8a', 'close 1002'],
  ['close bad utf8 reason', '88 84 01 02 03 04 02 ea c0 2c', 'close 1007'],
  ['text after close', '88 82 01 02 03 04 02 ea 81 82 01 02 03 04 69 6b', 'close 1000'],
  ['pong unsolicited __proto__', '8a 89 01 02 03 04 5e 5d 73 76 6e 76 6c 5b 5e', ''],
  [
    'empty fragments x5 then FIN',
    '01 80 01 02 03 04 00 80 01 02 03 04 00 80 01 02 03 04 00 80 01 02 03 04 80 80 01 02 03 04',
    'text 0',
  ],
];
