import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  isFieldValue,
  isToken,
  isTokenCode,
  listHasToken,
  parseTokenList,
  trimWhitespace,
} from '../../../../src/protocol/handshake/rules/syntax.ts';

describe('isToken', () => {
  // RFC 9110 §5.6.2, as a naive second implementation.
  const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

  it('agrees with RFC 9110 about every character up to U+0200', () => {
    for (let code = 0; code <= 0x200; code++) {
      const character = String.fromCharCode(code);
      assert.equal(isToken(character), TOKEN.test(character), `U+${code.toString(16)}`);
      assert.equal(isTokenCode(code), TOKEN.test(character), `U+${code.toString(16)}`);
      assert.equal(
        isToken(`a${character}`),
        TOKEN.test(`a${character}`) && character !== '\n',
        `a U+${code.toString(16)}`,
      );
    }
  });

  it('refuses the empty string', () => {
    assert.equal(isToken(''), false);
  });
});

describe('isFieldValue', () => {
  it('takes tab, visible Latin-1 and spaces, and nothing else', () => {
    for (let code = 0; code <= 0x200; code++) {
      const expected = code === 0x09 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
      assert.equal(isFieldValue(`a${String.fromCharCode(code)}b`), expected, `U+${code.toString(16)}`);
    }
  });
});

describe('trimWhitespace', () => {
  const rows: [text: string, trimmed: string][] = [
    ['', ''],
    [' \t ', ''],
    ['  a b\t', 'a b'],
    ['\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['\va\f', '\va\f'],
  ];
  for (const [text, trimmed] of rows) {
    it(`makes ${JSON.stringify(trimmed)} of ${JSON.stringify(text)}`, () => {
      assert.equal(trimWhitespace(text), trimmed);
    });
  }
});

describe('parseTokenList', () => {
  const rows: [name: string, value: string, tokens: string[] | undefined][] = [
    ['one token', 'chat', ['chat']],
    ['several, in order', 'chat,  superchat\t, v2', ['chat', 'superchat', 'v2']],
    ['empty elements around them', ', chat,, v2,', ['chat', 'v2']],
    ['nothing', '', undefined],
    ['only commas', ', ,\t,', undefined],
    ['a space inside a token', 'a b', undefined],
    ['a character that no token has', 'a, b/c', undefined],
    ['a byte over 0x7F', 'a, b\u00e9', undefined],
    ['V002: many spaces inside a token', `b${' '.repeat(16_000)}x`, undefined],
    ['V002: many spaces around tokens', `b${' '.repeat(16_000)},${'\t'.repeat(16_000)}x`, ['b', 'x']],
  ];
  for (const [name, value, tokens] of rows) {
    it(`${tokens === undefined ? 'refuses' : 'accepts'} ${name}`, () => {
      assert.deepEqual(parseTokenList(value), tokens);
    });
  }
});

describe('listHasToken', () => {
  const rows: [value: string, found: boolean][] = [
    ['upgrade', true],
    ['Upgrade', true],
    ['keep-alive, Upgrade', true],
    ['keep-alive,\tUPGRADE ,x', true],
    ['notupgrade', false],
    ['upgrade-insecure-requests', false],
    ['keep-alive upgrade', false],
    ['', false],
  ];
  for (const [value, found] of rows) {
    it(`${found ? 'finds' : 'does not find'} upgrade in ${JSON.stringify(value)} (V014)`, () => {
      assert.equal(listHasToken(value, 'upgrade'), found);
    });
  }
});
