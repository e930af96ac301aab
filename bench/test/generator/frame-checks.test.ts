import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, createDeflateRaw } from 'node:zlib';

import { CompressedFrames, MaskedFrames } from '../../generator/frame-checks.ts';
import { frame, masked } from '../../generator/frames.ts';
import type { ReplyCheck } from '../../generator/reply-checks.ts';

const BINARY = 2;

function maskedFrame(payload: Uint8Array, key: number): Uint8Array {
  return frame({ opcode: BINARY, fin: true, key: Uint8Array.of(key, 2, 3, key) }, payload);
}

/** The count of replies, for every way to cut the bytes in two, and byte by byte. */
function countAtEveryCut(create: () => ReplyCheck, bytes: Uint8Array): Set<number> {
  const counts = new Set<number>();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const check = create();
    counts.add(check.add(bytes.subarray(0, cut)) + check.add(bytes.subarray(cut)));
    check.finish();
  }
  const check = create();
  counts.add([...bytes].reduce((sum, byte) => sum + check.add(Uint8Array.of(byte)), 0));
  check.finish();
  return counts;
}

describe('masked', () => {
  for (const length of [0, 1, 3, 4, 5, 8, 63]) {
    it(`gives the same as byte by byte for ${String(length)} bytes`, () => {
      const payload = Uint8Array.from({ length }, (_, index) => index * 7);
      const key = Uint8Array.of(1, 20, 77, 200);

      assert.deepEqual(
        [...masked(payload, key)],
        [...payload].map((byte, index) => byte ^ key[index % 4]!),
      );
    });
  }
});

describe('MaskedFrames', () => {
  const payload = Uint8Array.from({ length: 200 }, (_, index) => index);

  it('counts batches, at every cut', () => {
    const bytes = Buffer.concat([1, 2, 3, 4, 5].map((key) => maskedFrame(payload, key)));

    assert.deepEqual(
      countAtEveryCut(() => new MaskedFrames(BINARY, payload, 2), bytes),
      new Set([2]),
    );
  });

  it('takes frames of one byte', () => {
    const one = Uint8Array.of(33);
    const bytes = Buffer.concat([1, 2, 3].map((key) => maskedFrame(one, key)));

    assert.deepEqual(
      countAtEveryCut(() => new MaskedFrames(BINARY, one, 1), bytes),
      new Set([3]),
    );
  });

  it('notices a wrong header and a wrong byte', () => {
    for (const at of [0, 1, 3, 10, 40]) {
      const bytes = Buffer.from(maskedFrame(payload, 9));
      bytes[at]! ^= 1;

      assert.throws(() => new MaskedFrames(BINARY, payload, 1).add(bytes), /wrong/, String(at));
    }
  });
});

describe('CompressedFrames', () => {
  const payloads = ['{"first":1,"and":"so on"}', '{"second":2,"and":"so on"}'].map((text) => Buffer.from(text));

  async function compress(texts: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const deflate = createDeflateRaw();
    const frames: Uint8Array[] = [];
    for (const text of texts) {
      deflate.write(text);
      const bytes = await new Promise<Buffer>((resolve) => {
        deflate.flush(constants.Z_SYNC_FLUSH, () => {
          const read: unknown = deflate.read();
          resolve(read instanceof Buffer ? read : Buffer.alloc(0));
        });
      });
      frames.push(frame({ opcode: 1, fin: true, isCompressed: true, key: undefined }, bytes.subarray(0, -4)));
    }
    return frames;
  }

  it('counts frames and compares what they stand for, at every cut', async () => {
    const bytes = Buffer.concat(await compress([...payloads, ...payloads]));

    assert.deepEqual(
      countAtEveryCut(() => new CompressedFrames(payloads), bytes),
      new Set([4]),
    );
  });

  it('notices another payload', async () => {
    const check = new CompressedFrames(payloads);
    check.add(Buffer.concat(await compress([payloads[0]!, payloads[0]!])));

    assert.throws(() => check.finish(), /wrong/);
  });

  it('notices a reply that is not compressed, or masked', () => {
    const plain = frame({ opcode: 1, fin: true, key: undefined }, payloads[0]!);

    assert.throws(() => new CompressedFrames(payloads).add(plain), /not compressed/);
    assert.throws(() => new CompressedFrames(payloads).add(maskedFrame(payloads[0]!, 1)), /masked/);
  });
});
