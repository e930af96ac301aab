import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  addressOf,
  seeThroughProxies,
  type ForwardingRules,
} from '../../../../src/protocol/handshake/proxies/forwarded.ts';
import { parseAddressRange } from '../../../../src/protocol/handshake/proxies/ip-address.ts';

type Fields = Readonly<Record<string, readonly string[]>>;

const SEEN = { peer: '10.0.0.1:4000', scheme: 'http', authority: 'internal' } as const;

function rules(changes: Partial<ForwardingRules> = {}): ForwardingRules {
  const ranges = ['10.0.0.0/8', '2001:db8:1::/48'].map((text) => parseAddressRange(text) ?? assert.fail());
  return {
    ranges,
    trustsUnix: false,
    hops: Infinity,
    headers: 'x-forwarded',
    fields: new Set(['for', 'proto']),
    ...changes,
  };
}

const ALL = { fields: new Set(['for', 'proto', 'host', 'port'] as const) };
const RFC = { headers: 'forwarded' as const, ...ALL };

const ROWS: [
  name: string,
  fields: Fields,
  expected: Partial<typeof SEEN | object>,
  changes?: Partial<ForwardingRules>,
  peer?: string,
][] = [
  [
    'one proxy',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-proto': ['https'] },
    { peer: '192.0.2.1', scheme: 'https' },
  ],
  [
    'one proxy, as IPv4 in IPv6',
    { 'x-forwarded-for': ['192.0.2.1'] },
    { peer: '192.0.2.1' },
    {},
    '[::ffff:10.0.0.1]:4000',
  ],
  ['a client with a port', { 'x-forwarded-for': ['192.0.2.1:50000'] }, { peer: '192.0.2.1:50000' }],
  ['a client of IPv6', { 'x-forwarded-for': ['2001:db8::7'] }, { peer: '[2001:db8::7]' }],
  ['a client of IPv6 with a port', { 'x-forwarded-for': ['[2001:db8::7]:1'] }, { peer: '[2001:db8::7]:1' }],
  ['what a client has put in front', { 'x-forwarded-for': ['1.1.1.1, 192.0.2.1'] }, { peer: '192.0.2.1' }],
  [
    'what a client has put in front, in a line of its own',
    { 'x-forwarded-for': ['1.1.1.1', '192.0.2.1'] },
    { peer: '192.0.2.1' },
  ],
  ['two proxies', { 'x-forwarded-for': ['1.1.1.1, 192.0.2.1, 10.9.9.9'] }, { peer: '192.0.2.1' }],
  [
    'two proxies, of which one counts',
    { 'x-forwarded-for': ['192.0.2.1, 10.9.9.9'] },
    { peer: '10.9.9.9' },
    { hops: 1 },
  ],
  ['no hops', { 'x-forwarded-for': ['192.0.2.1'] }, {}, { hops: 0 }],
  ['only proxies', { 'x-forwarded-for': ['10.1.1.1, 10.2.2.2'] }, { peer: '10.1.1.1' }],
  [
    'another peer',
    { 'x-forwarded-for': ['1.1.1.1'], 'x-forwarded-proto': ['https'] },
    { peer: '192.0.2.9:1' },
    {},
    '192.0.2.9:1',
  ],
  ['no header', {}, {}],
  ['nothing that is an address', { 'x-forwarded-for': ['192.0.2.1, garbage'] }, {}],
  ['an unknown client', { 'x-forwarded-for': ['unknown'], 'x-forwarded-proto': ['https'] }, { scheme: 'https' }],
  ['a protocol alone', { 'x-forwarded-proto': ['https'] }, { scheme: 'https' }],
  [
    'a protocol that is none',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-proto': ['gopher'] },
    { peer: '192.0.2.1' },
  ],
  [
    'protocols of two proxies',
    { 'x-forwarded-for': ['192.0.2.1, 10.2.2.2'], 'x-forwarded-proto': ['https, http'] },
    { peer: '192.0.2.1', scheme: 'https' },
  ],
  [
    'a protocol that a client has put in front',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-proto': ['https, http'] },
    { peer: '192.0.2.1' },
  ],
  [
    'one protocol for two proxies',
    { 'x-forwarded-for': ['192.0.2.1, 10.2.2.2'], 'x-forwarded-proto': ['wss'] },
    { peer: '192.0.2.1', scheme: 'https' },
  ],
  [
    'a host that was not asked for',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-host': ['evil.com'] },
    { peer: '192.0.2.1' },
  ],
  [
    'a host and a port',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-host': ['example.com:1'], 'x-forwarded-port': ['8443'] },
    { peer: '192.0.2.1', authority: 'example.com:8443' },
    ALL,
  ],
  [
    'a port for a host of IPv6',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-host': ['[::1]'], 'x-forwarded-port': ['8443'] },
    { peer: '192.0.2.1', authority: '[::1]:8443' },
    ALL,
  ],
  ['a port that is none', { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-port': ['x'] }, { peer: '192.0.2.1' }, ALL],
  [
    'protocol only',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-proto': ['https'] },
    { scheme: 'https' },
    { fields: new Set(['proto'] as const) },
  ],
  [
    'address only',
    { 'x-forwarded-for': ['192.0.2.1'], 'x-forwarded-proto': ['https'] },
    { peer: '192.0.2.1' },
    { fields: new Set(['for'] as const) },
  ],
  ['the other family', { forwarded: ['for=1.1.1.1;proto=https'] }, {}],
  ['the other family, the other way round', { 'x-forwarded-for': ['1.1.1.1'] }, {}, RFC],
  [
    'Forwarded',
    { forwarded: ['for=192.0.2.1;proto=https;host=example.com'] },
    { peer: '192.0.2.1', scheme: 'https', authority: 'example.com' },
    RFC,
  ],
  [
    'Forwarded, quoted, in any case',
    { forwarded: ['For="[2001:db8::7]:4711" ; PROTO="https"'] },
    { peer: '[2001:db8::7]:4711', scheme: 'https' },
    RFC,
  ],
  [
    'Forwarded, of two proxies',
    { forwarded: ['for=1.1.1.1, for=192.0.2.1;proto=https', 'for=10.1.1.1;proto=http'] },
    { peer: '192.0.2.1', scheme: 'https' },
    RFC,
  ],
  [
    'Forwarded, a separator in quotes',
    { forwarded: [String.raw`for="1.1.1.1, \"for=2.2.2.2", for=192.0.2.1`] },
    { peer: '192.0.2.1' },
    RFC,
  ],
  ['Forwarded, a name that hides', { forwarded: ['for=_hidden;proto=https'] }, { scheme: 'https' }, RFC],
  ['Forwarded, a name twice', { forwarded: ['for=1.1.1.1;for=2.2.2.2;proto=https'] }, {}, RFC],
  ['Forwarded, a quote without end', { forwarded: ['for="192.0.2.1'] }, { peer: '192.0.2.1' }, RFC],
  ['Forwarded, garbage', { forwarded: ['";;,,=="'] }, {}, RFC],
  [
    'more elements than any chain has',
    { 'x-forwarded-for': [`${'10.0.0.2, '.repeat(500)}10.0.0.2`] },
    { peer: '10.0.0.2' },
  ],
];

describe('seeThroughProxies', () => {
  for (const [name, fields, expected, changes, peer = SEEN.peer] of ROWS) {
    it(`sees ${name}`, () => {
      const seen = { ...SEEN, peer };

      assert.deepEqual(seeThroughProxies(seen, fields, rules(changes)), { ...seen, ...expected });
    });
  }

  it('trusts what comes by a Unix domain socket if it is told to', () => {
    const fields = { 'x-forwarded-for': ['192.0.2.1'] };
    const seen = { ...SEEN, peer: '' };

    assert.equal(seeThroughProxies(seen, fields, rules()).peer, '');
    assert.equal(seeThroughProxies(seen, fields, rules({ trustsUnix: true })).peer, '192.0.2.1');
  });
});

describe('addressOf', () => {
  for (const [node, address] of [
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3.4:5', '1.2.3.4'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['[::1]:5', '::1'],
    ['[::1', ''],
  ] as const) {
    it(`takes the address out of ${node}`, () => {
      assert.equal(addressOf(node), address);
    });
  }
});
