import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { nodeTextCodec } from '../../src/transport/node-text-codec.ts';
import { createWidener } from '../../src/transport/text/utf8-widener.ts';
import { createRandom } from '../helpers/random.ts';

/** The first and the last code point of each length in UTF-8, and of what is left out between. */
const POINTS = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x1_0000, 0x10_ffff];
const CHARACTERS = POINTS.map((point) => String.fromCodePoint(point));

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

describe('nodeTextCodec', () => {
  it('decodes each kind of character at each place of a block', () => {
    for (const character of CHARACTERS) {
      for (let before = 0; before < 36; before++) {
        for (const after of [0, 1, 15, 16, 17, 40]) {
          const text = `é${'a'.repeat(before)}${character}${'b'.repeat(after)}`;
          assert.equal(nodeTextCodec.decode(encode(text)), text);
        }
      }
    }
  });

  it('decodes any mixture as the platform does', () => {
    const random = createRandom(20_261_130);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let round = 0; round < 3000; round++) {
      const length = random(200);
      const text = Array.from({ length }, () => CHARACTERS[random(CHARACTERS.length)]).join('');
      const surroundings = encode(`€${text}€`);
      // A view in the middle: what stands around it does not belong to it.
      const bytes = surroundings.subarray(3, surroundings.length - 3);

      assert.equal(nodeTextCodec.decode(bytes), decoder.decode(bytes));
    }
  });

  it('decodes one after the other, with nothing left of the last', () => {
    const long = 'ü'.repeat(1000);
    const short = `${'ä'.repeat(30)}a`;

    assert.equal(nodeTextCodec.decode(encode(long)), long);
    assert.equal(nodeTextCodec.decode(encode(short)), short);
  });

  for (const size of [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1_000_000]) {
    it(`decodes ${String(size)} bytes`, () => {
      const ascii = `é${'a'.repeat(size - 2)}`;
      const wide = `${'ü'.repeat(Math.floor(size / 2))}${'a'.repeat(size % 2)}`;

      assert.equal(nodeTextCodec.decode(encode(ascii)), ascii);
      assert.equal(nodeTextCodec.decode(encode(wide)), wide);
    });
  }
});

describe('createWidener', () => {
  it('makes one that leaves what is too long to others', () => {
    const widen = createWidener();
    assert.ok(widen !== undefined);

    assert.equal(widen(encode('é'.repeat(131_072))), 'é'.repeat(131_072));
    assert.equal(widen(encode('é'.repeat(131_073))), undefined);
  });
});
