import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { SendTransform } from '../../../src/protocol/base/transform.ts';
import { TransformChain, chainTransforms } from '../../../src/protocol/send/transform-chain.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { TestSendTransform, type TestSendTransformSetup } from '../../helpers/send-transforms.ts';
import { double, increment, tick } from '../../helpers/transforms.ts';

const MESSAGE = { opcode: 2, reservedBits: 0, compress: undefined, length: undefined };
const { signal: SIGNAL } = new AbortController();

/** Makes transforms, and a chain of them. */
function chainOf(...setups: Partial<TestSendTransformSetup>[]): {
  readonly chain: TransformChain;
  readonly transforms: TestSendTransform[];
} {
  const transforms = setups.map((setup) => new TestSendTransform({ change: increment, ...setup }));
  return { chain: new TransformChain(transforms), transforms };
}

/** Pulls all pieces, which come at once. */
function pullAll(chain: SendTransform): string[] {
  const pieces: string[] = [];
  for (let piece = chain.pull(SIGNAL); piece instanceof Uint8Array; piece = chain.pull(SIGNAL)) {
    pieces.push(toHex(piece));
  }
  return pieces;
}

/** Pulls all pieces, and ends the jobs of the transforms meanwhile. */
async function pullLater(chain: SendTransform, transforms: readonly TestSendTransform[]): Promise<string[]> {
  const pieces: string[] = [];
  const pull = async (): Promise<void> => {
    for (let piece = await chain.pull(SIGNAL); piece !== undefined; piece = await chain.pull(SIGNAL)) {
      pieces.push(toHex(piece));
    }
  };
  const nextJob = async (): Promise<TestSendTransform['jobs'][number] | undefined> => {
    await tick();
    return transforms.flatMap(({ jobs }) => jobs)[0];
  };
  const pulled = pull();
  for (let job = await nextJob(); job !== undefined; job = await nextJob()) job.finish();
  await pulled;
  return pieces;
}

describe('TransformChain', () => {
  it('joins the bits of all transforms, and tells each those of the ones before', () => {
    const { chain, transforms } = chainOf({ bits: 0b010 }, { bits: 0b001 });

    assert.equal(chain.begin({ ...MESSAGE, reservedBits: 0b100, compress: true, length: 7 }), 0b111);

    assert.deepEqual(transforms.map(({ messages }) => messages), [
      [{ opcode: 2, reservedBits: 0b100, compress: true, length: 7 }],
      [{ opcode: 2, reservedBits: 0b110, compress: true, length: 7 }],
    ]); // prettier-ignore
  });

  it('passes a message by that none of them changes', () => {
    const { chain } = chainOf({ applies: () => false }, { applies: () => false });

    assert.equal(chain.begin(MESSAGE), undefined);
    chain.push(hex('01'));
    chain.end();

    assert.deepEqual(pullAll(chain), []);
  });

  it('has a message go through those alone that change it, each message anew', () => {
    const onlyText = ({ opcode }: { opcode: number }): boolean => opcode === 1;
    const { chain, transforms } = chainOf({}, { applies: onlyText, bits: 0b001 }, { change: double, bits: 0b100 });

    assert.equal(chain.begin(MESSAGE), 0b110);
    chain.push(hex('01'));
    chain.end();
    assert.deepEqual(pullAll(chain), ['02 02']);
    assert.deepEqual(transforms[1]?.calls, []);

    assert.equal(chain.begin({ ...MESSAGE, opcode: 1 }), 0b111);
    chain.push(hex('01'));
    chain.end();
    assert.deepEqual(pullAll(chain), ['03 03']);
  });

  it('tells the end to each when the one before it has given all', () => {
    const { chain, transforms } = chainOf({ keeps: true, pieceSize: 2 }, { change: double });
    chain.begin(MESSAGE);

    chain.push(hex('01 02 03'));
    assert.deepEqual(pullAll(chain), []);
    chain.end();
    assert.deepEqual(transforms[1]?.calls, [], 'it has not been told yet');

    assert.deepEqual(pullAll(chain), ['02 02 03 03', '04 04']);
    assert.deepEqual(transforms[0]?.calls, ['push 3', 'end']);
    assert.deepEqual(transforms[1].calls, ['push 2', 'push 1', 'end']);
  });

  it('has each give what it keeps when it is flushed, time and again', () => {
    const { chain, transforms } = chainOf({ keeps: true }, { change: double, keeps: true });
    chain.begin(MESSAGE);

    for (const [payload, given] of [
      ['01', '02 02'],
      ['05 06', '06 06 07 07'],
    ] as const) {
      chain.push(hex(payload));
      assert.deepEqual(pullAll(chain), []);
      chain.flush();
      assert.deepEqual(pullAll(chain), [given]);
    }
    chain.end();

    assert.deepEqual(pullAll(chain), []);
    assert.deepEqual(transforms[1]?.calls, ['push 1', 'flush', 'push 2', 'flush', 'end']);
  });

  it('pulls no more of one than the next can use', () => {
    const { chain, transforms } = chainOf({ pieceSize: 1 }, { pieceSize: 1 });
    chain.begin(MESSAGE);
    chain.push(hex('01 02 03'));

    assert.deepEqual(chain.pull(SIGNAL), hex('03'));

    assert.deepEqual(transforms[1]?.calls, ['push 1']);
  });

  for (const who of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
    it(`does the same where transforms ${who.join(' and ')} of three take time`, async () => {
      const isLater = (index: number) => (): boolean => who.includes(index);
      const { chain, transforms } = chainOf(
        { isLater: isLater(0), pieceSize: 2 },
        { isLater: isLater(1), change: double, keeps: true, pieceSize: 3 },
        { isLater: isLater(2) },
      );
      chain.begin(MESSAGE);

      chain.push(hex('01 02 03'));
      assert.deepEqual(await pullLater(chain, transforms), []);
      chain.end();

      assert.deepEqual(await pullLater(chain, transforms), ['03 03 04', '04 05 05']);
      assert.deepEqual(transforms[1]?.calls, ['push 2', 'push 1', 'end']);
      assert.deepEqual(transforms[2]?.calls, ['push 3', 'push 3', 'end']);
    });
  }

  it('gives each transform memory of its own, though others share that of a piece', () => {
    const pieces = [hex('00 01 02 03').subarray(1, 3)];
    const given: Uint8Array[] = [];
    const base = { begin: () => 0, flush: () => undefined, end: () => undefined };
    const first = { ...base, push: () => undefined, pull: () => pieces.pop() };
    const second = { ...base, push: (chunk: Uint8Array) => void given.push(chunk), pull: () => undefined };
    const chain = new TransformChain([first, second]);

    chain.begin(MESSAGE);
    chain.push(hex('00'));

    assert.deepEqual(pullAll(chain), []);
    assert.deepEqual(given, [hex('01 02')]);
    assert.equal(given[0]?.buffer.byteLength, 2);
  });

  it('hands the signal on, and what a job fails with', async () => {
    const { chain, transforms } = chainOf({ isLater: () => true }, {});
    chain.begin(MESSAGE);
    chain.push(hex('01'));

    const pulled = chain.pull(SIGNAL);
    const [job] = transforms[0]?.jobs ?? [];
    assert.equal(job?.signal, SIGNAL);
    job.fail(new Error('broken'));

    await assert.rejects(Promise.resolve(pulled), new Error('broken'));
  });
});

describe('chainTransforms', () => {
  it('makes nothing of none, and leaves one alone', () => {
    const transform = new TestSendTransform({ change: increment });

    assert.equal(chainTransforms(), undefined);
    assert.equal(chainTransforms([]), undefined);
    assert.equal(chainTransforms([transform]), transform);
  });

  it('joins several, in their order', () => {
    const first = new TestSendTransform({ change: (bytes) => bytes.map((byte) => byte * 2) });
    const second = new TestSendTransform({ change: increment });
    const chain = chainTransforms([first, second]);

    assert.ok(chain instanceof TransformChain);
    chain.begin(MESSAGE);
    chain.push(hex('05'));

    assert.deepEqual(pullAll(chain), ['0b']);
  });
});
