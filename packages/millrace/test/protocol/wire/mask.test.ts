import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as mask from '../../../src/protocol/wire/mask.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { keyNumber, masked } from '../../helpers/frames.ts';
import { randomBytes } from '../../helpers/random.ts';

type MaskModule = typeof mask;

/** Loads a second copy of the module in a world whose `WebAssembly` is the one given. */
async function loadWith(webAssembly: unknown, copy: string): Promise<MaskModule> {
  const { href } = new URL(`../../../src/protocol/wire/mask.js?${copy}`, import.meta.url);
  const original: unknown = Reflect.get(globalThis, 'WebAssembly');
  Reflect.set(globalThis, 'WebAssembly', webAssembly);
  try {
    return (await import(href)) as MaskModule;
  } finally {
    Reflect.set(globalThis, 'WebAssembly', original);
  }
}

function refuse(): never {
  throw new Error('refused by a policy, or for its SIMD');
}

const without = await loadWith(undefined, 'without-webassembly');
const refused = await loadWith({ Module: refuse, Instance: refuse }, 'refused');

const MODULES: [name: string, module: MaskModule][] = [
  ['by the kernel', mask],
  ['without WebAssembly', without],
  ['where the kernel is refused', refused],
];

const KEYS = ['37 fa 21 3d', '00 00 00 00', 'ff ff ff ff', '80 00 00 01', '01 02 03 04', '00 00 00 80'];
const POSITIONS = [0, 1, 2, 3];
const ALIGNMENTS = Array.from({ length: 16 }, (_, alignment) => alignment);
const BLOCK = 64 * 1024;

interface Case {
  readonly payload: Uint8Array;
  readonly expected: Uint8Array;
  readonly key: number;
  readonly position: number;
}

/** One case for each length and position, with the key changing from one to the next. */
function casesOf(lengths: readonly number[]): Case[] {
  return lengths.flatMap((length, index) => {
    const payload = randomBytes(length, 1 + length);
    return POSITIONS.map((position) => {
      const key = KEYS[(index + position) % KEYS.length] ?? '';
      return { payload, expected: masked(payload, key, position), key: keyNumber(key), position };
    });
  });
}

const SHORT = casesOf(Array.from({ length: 301 }, (_, length) => length));
const LONG = casesOf(
  [BLOCK, 2 * BLOCK].flatMap((length) => [-48, -1, 0, 1, 3, 47, 48, 49].map((distance) => length + distance)),
);

/** Lets `run` mask the payload at each alignment within `memory`, and looks at it and at what is around. */
function maskWithin(memory: Uint8Array, { payload, expected, position }: Case, run: (bytes: Uint8Array) => void): void {
  for (const alignment of ALIGNMENTS) {
    const name = `${String(payload.length)} bytes at ${String(alignment)}, position ${String(position)}`;
    const end = alignment + payload.length;
    const bytes = memory.subarray(alignment, end);
    memory.fill(0xee, 0, end + 32);
    bytes.set(payload);

    run(bytes);

    assert.equal(Buffer.compare(bytes, expected), 0, name);
    assert.ok(isFilled(memory.subarray(0, alignment)), `${name}: wrote in front`);
    assert.ok(isFilled(memory.subarray(end, end + 32)), `${name}: wrote behind`);
  }
}

function isFilled(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0xee);
}

function receiveBuffer(): Uint8Array {
  assert.ok(mask.RECEIVE_BUFFER !== undefined, 'Node has WebAssembly and SIMD');
  return mask.RECEIVE_BUFFER;
}

for (const [name, { applyMask, maskInto }] of MODULES) {
  describe(`applyMask, ${name}`, () => {
    it('masks the example of RFC 6455 §5.7, and unmasks it again', () => {
      const bytes = hex('48 65 6c 6c 6f');

      applyMask(bytes, 0x37fa213d, 0);
      assert.equal(toHex(bytes), '7f 9f 4d 51 58');

      applyMask(bytes, 0x37fa213d, 0);
      assert.equal(toHex(bytes), '48 65 6c 6c 6f');
    });

    it('does what the naive loop does, for each length up to 300, position and alignment', () => {
      const memory = new Uint8Array(1024);
      for (const test of SHORT) {
        maskWithin(memory, test, (bytes) => applyMask(bytes, test.key, test.position));
      }
    });

    it('does what the naive loop does, for lengths around one and two blocks', () => {
      const memory = new Uint8Array(2 * BLOCK + 1024);
      for (const test of LONG) {
        maskWithin(memory, test, (bytes) => applyMask(bytes, test.key, test.position));
      }
    });

    it('counts only the last two bits of the position', () => {
      for (const position of [4, 5, 2 ** 31 + 2, 2 ** 32 + 3, 2 ** 53 - 1]) {
        for (const test of casesOf([7, 100])) {
          const expected = masked(test.payload, '37 fa 21 3d', position % 4);
          const bytes = Uint8Array.from(test.payload);

          applyMask(bytes, 0x37fa213d, position);

          assert.deepEqual(bytes, expected);
        }
      }
    });

    it('can go on where it stopped, wherever that was', () => {
      const payload = randomBytes(200, 5);
      const expected = masked(payload, '80 00 00 01', 0);

      for (let cut = 0; cut <= payload.length; cut++) {
        const bytes = Uint8Array.from(payload);
        applyMask(bytes.subarray(0, cut), keyNumber('80 00 00 01'), 0);
        applyMask(bytes.subarray(cut), keyNumber('80 00 00 01'), cut);

        assert.deepEqual(bytes, expected);
      }
    });
  });

  describe(`maskInto, ${name}`, () => {
    it('masks into other memory what the naive loop masks, and leaves the source as it was', () => {
      for (const { payload, expected, key, position } of [...SHORT, ...LONG]) {
        const source = Uint8Array.from(payload);
        const target = new Uint8Array(3 + payload.length + 8).fill(0xee);

        maskInto(source, target.subarray(3), key, position);

        assert.equal(Buffer.compare(target.subarray(3, 3 + payload.length), expected), 0);
        assert.ok(isFilled(target.subarray(0, 3)));
        assert.ok(isFilled(target.subarray(3 + payload.length)));
        assert.equal(Buffer.compare(source, payload), 0);
      }
    });

    it('masks into its own source', () => {
      for (const { payload, expected, key, position } of casesOf([0, 1, 47, 48, 300, BLOCK + 5])) {
        const bytes = Uint8Array.from(payload);

        maskInto(bytes, bytes, key, position);

        assert.equal(Buffer.compare(bytes, expected), 0);
      }
    });

    it('fills a target that is exactly as long as the source', () => {
      for (const { payload, expected, key, position } of casesOf([0, 5, 48, BLOCK, BLOCK + 1])) {
        const target = new Uint8Array(payload.length);

        maskInto(payload, target, key, position);

        assert.equal(Buffer.compare(target, expected), 0);
      }
    });
  });
}

describe('RECEIVE_BUFFER', () => {
  it('has 1 MiB', () => {
    assert.equal(receiveBuffer().length, 1024 * 1024);
  });

  it('keeps what it holds while other memory is masked', () => {
    const buffer = receiveBuffer();
    const content = randomBytes(buffer.length, 6);
    buffer.set(content);

    for (const { payload, key, position } of [...casesOf([48, 300]), ...LONG]) {
      mask.applyMask(Uint8Array.from(payload), key, position);
    }

    assert.equal(Buffer.compare(buffer, content), 0);
  });

  for (const [name, { RECEIVE_BUFFER, receiveAddress, maskAtAddress }] of MODULES.slice(1)) {
    it(`is missing ${name}, and so are all addresses`, () => {
      const bytes = hex('01 02 03 04');

      maskAtAddress(0, bytes.length, -1);

      assert.equal(RECEIVE_BUFFER, undefined);
      assert.equal(receiveAddress(bytes), undefined);
      assert.equal(receiveAddress(receiveBuffer()), undefined);
      assert.equal(toHex(bytes), '01 02 03 04');
    });
  }

  it('can be masked like any other memory', () => {
    for (const test of [...SHORT, ...LONG]) {
      maskWithin(receiveBuffer(), test, (bytes) => mask.applyMask(bytes, test.key, test.position));
    }
  });

  it('can be masked into other memory', () => {
    for (const { payload, expected, key, position } of casesOf([5, 48, 300, BLOCK + 7])) {
      const source = receiveBuffer().subarray(9, 9 + payload.length);
      const target = new Uint8Array(payload.length);
      source.set(payload);

      mask.maskInto(source, target, key, position);

      assert.equal(Buffer.compare(target, expected), 0);
      assert.equal(Buffer.compare(source, payload), 0);
    }
  });
});

describe('receiveAddress', () => {
  it('knows views on RECEIVE_BUFFER, of any kind and size', () => {
    const buffer = receiveBuffer();
    const start = mask.receiveAddress(buffer) ?? assert.fail();

    assert.equal(mask.receiveAddress(buffer.subarray(5, 9)), start + 5);
    assert.equal(mask.receiveAddress(buffer.subarray(7, 7)), start + 7);
    assert.equal(mask.receiveAddress(Buffer.from(buffer.buffer, buffer.byteOffset + 3, 4)), start + 3);
  });

  it('has no address for other memory', () => {
    assert.equal(mask.receiveAddress(new Uint8Array(8)), undefined);
    assert.equal(mask.receiveAddress(new Uint8Array(0)), undefined);
    assert.equal(mask.receiveAddress(receiveBuffer().slice(0, 8)), undefined);
  });
});

describe('maskAtAddress', () => {
  function maskThere(bytes: Uint8Array, { key, position }: Case): void {
    mask.maskAtAddress(mask.receiveAddress(bytes) ?? assert.fail(), bytes.length, mask.rotateKey(key, position));
  }

  it('does what the naive loop does, for each length up to 300, position and alignment', () => {
    for (const test of SHORT) {
      maskWithin(receiveBuffer(), test, (bytes) => maskThere(bytes, test));
    }
  });

  it('does what the naive loop does, for lengths around one and two blocks', () => {
    for (const test of LONG) {
      maskWithin(receiveBuffer(), test, (bytes) => maskThere(bytes, test));
    }
  });

  it('masks up to the last byte of the buffer, and all of it', () => {
    const buffer = receiveBuffer();
    for (const test of casesOf([1, 2, 3, 4, 15, 16, 17, 63, 64, 65, buffer.length])) {
      const bytes = buffer.subarray(buffer.length - test.payload.length);
      bytes.set(test.payload);

      maskThere(bytes, test);

      assert.equal(Buffer.compare(bytes, test.expected), 0);
    }
  });
});

describe('rotateKey', () => {
  const rotations: [key: string, position: number, rotated: string][] = [
    ['01 02 03 04', 0, '01 02 03 04'],
    ['01 02 03 04', 1, '02 03 04 01'],
    ['01 02 03 04', 2, '03 04 01 02'],
    ['01 02 03 04', 3, '04 01 02 03'],
    ['01 02 03 04', 4, '01 02 03 04'],
    ['ff 00 00 80', 1, '00 00 80 ff'],
    ['ff 00 00 80', 3, '80 ff 00 00'],
    ['80 00 00 00', 2 ** 32 + 3, '00 80 00 00'],
    ['01 02 03 04', 2 ** 53 - 1, '04 01 02 03'],
  ];
  for (const [key, position, rotated] of rotations) {
    it(`turns ${key} to ${rotated} at position ${String(position)}, a signed number again`, () => {
      assert.equal(mask.rotateKey(keyNumber(key), position), keyNumber(rotated));
    });
  }

  it('adds up', () => {
    for (const key of KEYS.map(keyNumber)) {
      for (const first of POSITIONS) {
        for (const second of POSITIONS) {
          assert.equal(mask.rotateKey(mask.rotateKey(key, first), second), mask.rotateKey(key, first + second));
        }
      }
    }
  });
});
