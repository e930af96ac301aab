import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { listHeaderFields, readHeaderFields } from '../../../../src/protocol/handshake/rules/header-fields.ts';
import type { HeaderFieldsInit } from '../../../../src/protocol/handshake/rules/header-fields.ts';

const NO_LIMITS = { maxHeaderSize: Infinity, maxHeaderCount: Infinity };

describe('readHeaderFields', () => {
  it('gives names in lower case, and joins what came more than once', () => {
    const raw = ['Host', 'a', 'X-One', '1', 'COOKIE', 'a=1', 'x-one', '2', 'Cookie', 'b=2'];

    const { fields, repeated, exceeded, invalid } = readHeaderFields(raw, NO_LIMITS);

    assert.deepEqual({ ...fields }, { host: 'a', 'x-one': '1, 2', cookie: 'a=1; b=2' });
    assert.deepEqual([...repeated], ['x-one', 'cookie']);
    assert.equal(exceeded, undefined);
    assert.equal(invalid, undefined);
    assert.ok(Object.isFrozen(fields));
  });

  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    it(`V001: takes ${name} for a name like any other`, () => {
      const { fields } = readHeaderFields([name, '1', name, '2'], NO_LIMITS);

      assert.deepEqual(Object.entries(fields), [[name.toLowerCase(), '1, 2']]);
      assert.equal(Object.getPrototypeOf(fields), null);
    });
  }

  const invalid: [name: string, raw: string[]][] = [
    ['an empty name (V011)', ['', 'x']],
    ['a name that is no token', ['a b', 'x']],
    ['NUL in a value', ['a', 'x\0']],
    ['a line break in a value', ['a', 'x\r\ny']],
  ];
  for (const [name, raw] of invalid) {
    it(`tells of ${name}`, () => {
      assert.match(readHeaderFields(['ok', '1', ...raw, 'b', '2'], NO_LIMITS).invalid ?? '', /invalid header field/);
    });
  }

  const limits: [name: string, raw: string[], limit: object, exceeded: RegExp | undefined][] = [
    ['as many lines as allowed', ['a', '1', 'b', '2'], { maxHeaderCount: 2 }, undefined],
    ['one line more', ['a', '1', 'b', '2', 'c', '3'], { maxHeaderCount: 2 }, /maxHeaderCount, 2/],
    [
      'one line more of the same name (V010)',
      ['a', '1', 'a', '2', 'a', '3'],
      { maxHeaderCount: 2 },
      /maxHeaderCount, 2/,
    ],
    ['as many bytes as allowed', ['ab', '1234'], { maxHeaderSize: 10 }, undefined],
    ['one byte more', ['ab', '12345'], { maxHeaderSize: 10 }, /11 bytes exceed maxHeaderSize, 10/],
  ];
  for (const [name, raw, limit, expected] of limits) {
    it(`${expected === undefined ? 'accepts' : 'tells of'} ${name}`, () => {
      const { exceeded, fields } = readHeaderFields(raw, { ...NO_LIMITS, ...limit });

      if (expected === undefined) assert.equal(exceeded, undefined);
      else assert.match(exceeded ?? '', expected);
      assert.equal(Object.keys(fields).length === 0, expected !== undefined);
    });
  }
});

describe('listHeaderFields', () => {
  const none = new Set<string>();

  const rows: [name: string, init: HeaderFieldsInit | undefined, list: [string, string][]][] = [
    ['nothing', undefined, []],
    [
      'an object',
      { A: '1', b: '2' },
      [
        ['A', '1'],
        ['b', '2'],
      ],
    ],
    [
      'an object with lists',
      { 'Set-Cookie': ['a', 'b'] },
      [
        ['Set-Cookie', 'a'],
        ['Set-Cookie', 'b'],
      ],
    ],
    [
      'pairs',
      [
        ['a', '1'],
        ['a', '2'],
      ],
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a Map', new Map([['a', '1']]), [['a', '1']]],
    ['Headers', new Headers({ a: '1' }), [['a', '1']]],
    ['Latin-1', { a: 'caf\u00e9\t\u00ff' }, [['a', 'caf\u00e9\t\u00ff']]],
  ];
  for (const [name, init, list] of rows) {
    it(`takes ${name}`, () => {
      assert.deepEqual(listHeaderFields(init, none), list);
    });
  }

  const values: unknown[] = [
    'a\r\nb',
    'a\nb',
    'a\rb',
    'a\0',
    '\u007f',
    '\u0100',
    1,
    null,
    undefined,
    {},
    ['a', 'b\r\n'],
    [1],
  ];
  for (const value of [...values, { toString: () => 'a\r\nb' }]) {
    it(`V007: refuses the value ${JSON.stringify(value)}`, () => {
      assert.throws(() => listHeaderFields({ 'X-Name': value as string }, none), {
        name: 'LocalUsageError',
        message: /header X-Name/,
      });
    });
  }

  for (const init of ['X: 1', 1, null, true]) {
    it(`refuses ${String(init)} in place of headers`, () => {
      assert.throws(() => listHeaderFields(init as HeaderFieldsInit, none), {
        name: 'LocalUsageError',
        message: /^headers are .*, expected an object or pairs$/,
      });
    });
  }

  it('refuses a list of anything but pairs', () => {
    assert.throws(() => listHeaderFields(['X-A: 1'] as unknown as HeaderFieldsInit, none), {
      name: 'LocalUsageError',
      message: /^headers have .*, expected \[name, value\]$/,
    });
  });

  for (const name of ['', 'a b', 'a:', 'a\r\nb', 'é', '\0']) {
    it(`V007: refuses the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => listHeaderFields([[name, 'x']], none), { name: 'LocalUsageError', message: /header name/ });
    });
  }

  it('refuses a name that is no string', () => {
    assert.throws(() => listHeaderFields([[1 as unknown as string, 'x']], none), { name: 'LocalUsageError' });
  });

  it('refuses reserved names in any case', () => {
    assert.throws(() => listHeaderFields({ UPGRADE: 'x' }, new Set(['upgrade'])), {
      name: 'LocalUsageError',
      message: /UPGRADE.*opening handshake/,
    });
  });
});
