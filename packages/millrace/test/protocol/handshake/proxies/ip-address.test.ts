import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';

import {
  formatNetwork,
  isInRanges,
  parseAddressRange,
  parseIpAddress,
} from '../../../../src/protocol/handshake/proxies/ip-address.ts';

const ADDRESSES = [
  '0.0.0.0',
  '192.0.2.255',
  '::',
  '::1',
  '2001:db8::',
  '2001:DB8::a:b',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '::ffff:192.0.2.1',
  '64:ff9b::192.0.2.33',
];

const NO_ADDRESSES = [
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.0x4',
  '1.2.3.4 ',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  'g::',
  '[::1]',
  '::1:',
  '::256.0.0.1',
  'unknown',
  '_hidden',
  '1'.repeat(100),
];

describe('parseIpAddress', () => {
  for (const text of ADDRESSES) {
    it(`reads ${text}`, () => {
      assert.equal(parseIpAddress(text)?.length, 8);
      assert.notEqual(isIP(text), 0);
    });
  }

  for (const text of NO_ADDRESSES) {
    it(`does not take ${JSON.stringify(text.slice(0, 40))}, as Node does not`, () => {
      assert.equal(parseIpAddress(text), undefined);
      assert.equal(isIP(text), 0);
    });
  }

  it('reads groups', () => {
    assert.deepEqual(parseIpAddress('2001:db8::a'), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 10]);
    assert.deepEqual(parseIpAddress('fe80::1%eth0'), [0xfe80, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual(parseIpAddress('::ffff:1.2.3.4'), parseIpAddress('1.2.3.4'));
  });
});

describe('isInRanges', () => {
  const rows: [range: string, inside: string[], outside: string[]][] = [
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.0', '9.255.255.255', '::10.0.0.1']],
    ['192.0.2.1', ['192.0.2.1', '::ffff:192.0.2.1'], ['192.0.2.2']],
    ['172.16.0.0/12', ['172.16.0.1', '172.31.255.255'], ['172.32.0.0', '172.15.255.255']],
    ['0.0.0.0/0', ['1.2.3.4', '255.255.255.255'], ['2001:db8::1']],
    ['::/0', ['1.2.3.4', '2001:db8::1'], []],
    ['fd00::/8', ['fd00::1', 'fdff::'], ['fe00::', 'fc00::']],
    ['2001:db8::/33', ['2001:db8:7fff::'], ['2001:db8:8000::']],
    ['::1/128', ['::1'], ['::2']],
  ];
  for (const [range, inside, outside] of rows) {
    it(`knows what is in ${range}`, () => {
      const parsed = parseAddressRange(range);
      assert.ok(parsed);
      for (const one of inside) assert.equal(isInRanges(parseIpAddress(one) ?? [], [parsed]), true, one);
      for (const one of outside) assert.equal(isInRanges(parseIpAddress(one) ?? [], [parsed]), false, one);
    });
  }
});

describe('parseAddressRange', () => {
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/08', '::/129', 'a/8', '10.0.0.0/8/8', '']) {
    it(`does not take ${JSON.stringify(text)}`, () => {
      assert.equal(parseAddressRange(text), undefined);
    });
  }
});

describe('formatNetwork', () => {
  const rows: [address: string, network: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
  ];
  for (const [address, network] of rows) {
    it(`writes ${network} for ${address}`, () => {
      assert.equal(formatNetwork(parseIpAddress(address) ?? []), network);
    });
  }
});
