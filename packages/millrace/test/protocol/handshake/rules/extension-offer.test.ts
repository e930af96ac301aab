import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  formatExtensionOffers,
  parseExtensionOffers,
} from '../../../../src/protocol/handshake/rules/extension-offer.ts';
import type { ExtensionOffer } from '../../../../src/protocol/handshake/rules/extension-offer.ts';

type Parameters = [name: string, value?: string][];

function offer(name: string, parameters: Parameters = []): ExtensionOffer {
  return { name, parameters: parameters.map(([one, value]) => ({ name: one, value })) };
}

const VALID: [name: string, value: string, offers: ExtensionOffer[]][] = [
  ['an extension alone', 'foo', [offer('foo')]],
  ['parameters', 'foo; a; b=1', [offer('foo', [['a'], ['b', '1']])]],
  [
    'several extensions',
    'deflate-stream, mux; max-channels=4; flow-control, x',
    [offer('deflate-stream'), offer('mux', [['max-channels', '4'], ['flow-control']]), offer('x')],
  ],
  ['the same extension twice', 'foo; a, foo', [offer('foo', [['a']]), offer('foo')]],
  [
    'the same parameter twice',
    'foo; a=1; a=2',
    [
      offer('foo', [
        ['a', '1'],
        ['a', '2'],
      ]),
    ],
  ],
  [
    'permessage-deflate as its own parameter',
    'permessage-deflate; permessage-deflate',
    [offer('permessage-deflate', [['permessage-deflate']])],
  ],
  ['a quoted value', 'foo; a="10"', [offer('foo', [['a', '10']])]],
  ['a quoted value with escapes', String.raw`foo; a="1\0"`, [offer('foo', [['a', '10']])]],
  ['no whitespace at all', 'foo;a=1;b,bar', [offer('foo', [['a', '1'], ['b']]), offer('bar')]],
  ['whitespace everywhere', ' foo\t;  a =\t1 , bar ', [offer('foo', [['a', '1']]), offer('bar')]],
  ['empty elements', ',, foo,, bar ,', [offer('foo'), offer('bar')]],
];

const INVALID: [name: string, value: string][] = [
  ['nothing', ''],
  ['only whitespace', ' \t'],
  ['only commas', ',,'],
  ['only semicolons', ';;;'],
  ['a parameter without an extension', '; a=1'],
  ['a semicolon at the end', 'foo;'],
  ['two semicolons', 'foo;; a'],
  ['a parameter without a name', 'foo; =1'],
  ['an equals sign without a value', 'foo; a='],
  ['a value without quotes that is no token', 'foo; a=b/c'],
  ['a quoted value that is no token', 'foo; a="b c"'],
  ['an empty quoted value', 'foo; a=""'],
  ['something behind a quoted value', 'foo; a="1"b'],
  ['two words', 'foo bar'],
  ['a value for the extension', 'foo=1'],
  ['a quoted extension', '"foo"'],
  ['V003: a quote that is not closed', 'foo; a="1'],
  ['V003: an escape at the end', 'foo; a="1\\'],
  ['V003: many escapes and no closing quote', `a; b="${String.raw`\c`.repeat(8000)}`],
  ['V003: many quotes', `a; b=${'"'.repeat(8001)}`],
  ['a byte over 0x7F', 'fo\u00f6'],
  ['a character over U+FFFF', 'foo; a=\u{1f600}'],
  ['a control character', 'foo\u0000'],
];

describe('parseExtensionOffers', () => {
  for (const [name, value, offers] of VALID) {
    it(`accepts ${name}`, () => {
      assert.deepEqual(parseExtensionOffers(value), offers);
    });
  }

  for (const [name, value] of INVALID) {
    it(`refuses ${name}`, () => {
      assert.equal(parseExtensionOffers(value), undefined);
    });
  }

  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    it(`V001: takes ${name} for a name like any other`, () => {
      assert.deepEqual(parseExtensionOffers(`${name}; ${name}; ${name}=${name}`), [
        offer(name, [[name], [name, name]]),
      ]);
    });
  }

  it('freezes what it returns', () => {
    const [first] = parseExtensionOffers('foo; a') ?? [];

    assert.ok(Object.isFrozen(first));
    assert.ok(Object.isFrozen(first?.parameters));
  });
});

describe('formatExtensionOffers', () => {
  for (const [name, , offers] of VALID) {
    it(`writes ${name} so that it can be read back`, () => {
      assert.deepEqual(parseExtensionOffers(formatExtensionOffers(offers)), offers);
    });
  }

  it('writes them as RFC 6455 §9.1 does', () => {
    assert.equal(formatExtensionOffers([offer('mux', [['max', '4'], ['flow']]), offer('x')]), 'mux; max=4; flow, x');
  });
});
