import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { OutputQueue } from '../../../src/protocol/send/output-queue.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { keyNumber, masked } from '../../helpers/frames.ts';
import { createRandom } from '../../helpers/random.ts';

/** Packs `bytes` as small frames are packed. */
function pack(queue: OutputQueue, bytes: string, endsFrame = true): void {
  const source = hex(bytes);
  const start = queue.reserve(source.length);
  queue.packing.set(source, start);
  queue.commit(start + source.length, endsFrame);
}

function takeAll(queue: OutputQueue, limit = Infinity): string {
  return toHex(concat(queue.take(limit)));
}

describe('OutputQueue', () => {
  it('gives out what was put in, in order, and counts it', () => {
    const queue = new OutputQueue();

    pack(queue, '01 02');
    queue.push(hex('03'), true);
    pack(queue, '04');
    assert.equal(queue.size, 4);

    assert.equal(takeAll(queue), '01 02 03 04');
    assert.equal(queue.size, 0);
    assert.deepEqual(queue.take(100), []);
  });

  it('packs small frames into one piece', () => {
    const queue = new OutputQueue();

    pack(queue, '01');
    pack(queue, '02 03');
    pack(queue, '04');

    assert.deepEqual(queue.take(Infinity).map(toHex), ['01 02 03 04']);
  });

  it('gives out pieces until the limit is reached', () => {
    const queue = new OutputQueue();
    for (let byte = 0; byte < 6; byte++) queue.push(Uint8Array.of(byte, byte), true);

    assert.equal(takeAll(queue, 0), '');
    assert.equal(takeAll(queue, 1), '00 00');
    assert.equal(takeAll(queue, 3), '01 01 02 02');
    assert.equal(takeAll(queue, 4), '03 03 04 04');
    assert.equal(queue.size, 2);
  });

  it('never writes again what it gave out, whoever packs next', () => {
    const queues = [new OutputQueue(), new OutputQueue()] as const;
    const random = createRandom(5);
    const given: [piece: Uint8Array, copy: string][] = [];

    for (let round = 0; round < 3000; round++) {
      const queue = queues[random(2)]!;
      pack(queue, `${'ab '.repeat(random(40))} ${round % 2 === 0 ? '01' : '02'}`);
      if (random(3) === 0)
        given.push(...queue.take(Infinity).map((piece): [Uint8Array, string] => [piece, toHex(piece)]));
    }

    for (const [piece, copy] of given) assert.equal(toHex(piece), copy);
  });

  it('packs for several queues in turn, each in its own order', () => {
    const one = new OutputQueue();
    const other = new OutputQueue();

    pack(one, '01');
    pack(other, 'f1');
    pack(one, '02');
    pack(other, 'f2');

    assert.equal(takeAll(one), '01 02');
    assert.equal(takeAll(other), 'f1 f2');
  });

  it('takes a new slab when the old one is full', () => {
    const queue = new OutputQueue();
    const large = 'cd '.repeat(8000);

    for (let count = 0; count < 5; count++) pack(queue, large);

    assert.equal(takeAll(queue), large.repeat(5).trim());
  });

  it('masks what was pushed with a key into a copy, when it is taken', () => {
    const queue = new OutputQueue();
    const payload = hex('01 02 03 04 05');
    queue.push(payload, true, keyNumber('a0 b0 c0 d0'));

    const [piece] = queue.take(Infinity);

    assert.deepEqual(piece, masked(payload, 'a0 b0 c0 d0', 0));
    assert.equal(toHex(payload), '01 02 03 04 05');
  });

  it('gives out large payloads by reference where they are not masked', () => {
    const queue = new OutputQueue();
    const payload = hex('01 02');

    queue.push(payload, true);

    assert.equal(queue.take(Infinity)[0], payload);
  });

  describe('insert', () => {
    it('puts frames in front of what waits, if nothing of it has begun', () => {
      const queue = new OutputQueue();
      pack(queue, '01', false);

      assert.equal(queue.insert([hex('f1'), hex('f2')]), true);

      assert.equal(queue.size, 3);
      assert.equal(takeAll(queue), 'f1 f2 01');
    });

    it('puts frames behind the frame that has begun', () => {
      const queue = new OutputQueue();
      for (const [byte, endsFrame] of [
        ['01', false],
        ['02', false],
        ['03', true],
        ['04', true],
      ] as const) {
        queue.push(hex(byte), endsFrame);
      }
      queue.take(1);

      assert.equal(queue.insert([hex('f1')]), true);

      assert.equal(takeAll(queue), '02 03 f1 04');
    });

    it('puts frames behind those that were inserted before', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), false);
      queue.push(hex('02'), true);
      queue.push(hex('03'), true);
      queue.take(1);

      queue.insert([hex('f1'), hex('f2')]);
      queue.insert([hex('f3')]);

      assert.equal(takeAll(queue), '02 f1 f2 f3 03');
    });

    it('finds no place inside a frame whose end is not there', () => {
      const queue = new OutputQueue();
      pack(queue, '01', false);
      queue.take(1);
      pack(queue, '02', false);

      assert.equal(queue.insert([hex('f1')]), false);
      assert.equal(takeAll(queue), '02');

      pack(queue, '03', true);
      assert.equal(queue.insert([hex('f1')]), true);
      assert.equal(takeAll(queue), '03 f1');
    });

    it('finds a place in an empty queue, at the end of a frame', () => {
      const queue = new OutputQueue();

      assert.equal(queue.insert([hex('f1')]), true);
      assert.equal(takeAll(queue), 'f1');
    });
  });

  describe('truncate', () => {
    it('gives up everything, if nothing of it has begun', () => {
      const queue = new OutputQueue();
      pack(queue, '01');
      queue.push(hex('02'), true);

      assert.equal(queue.truncate(), true);

      assert.equal(queue.size, 0);
      assert.equal(takeAll(queue), '');
    });

    it('keeps the rest of the frame that has begun', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), false);
      queue.push(hex('02'), true);
      queue.push(hex('03 03'), true);
      queue.take(1);

      assert.equal(queue.truncate(), true);

      assert.equal(queue.size, 1);
      pack(queue, '88 00');
      assert.equal(takeAll(queue), '02 88 00');
    });

    it('gives up a frame that has only begun here, if it was sealed off', () => {
      const queue = new OutputQueue();
      pack(queue, '81 00');
      queue.take(Infinity);
      pack(queue, '82 00');
      queue.seal();
      pack(queue, '02 7f', false);

      assert.equal(queue.truncate(), true);
      assert.equal(queue.size, 0);
    });

    it('gives up nothing inside a frame whose end is not there', () => {
      const queue = new OutputQueue();
      pack(queue, '01', false);
      queue.take(1);
      pack(queue, '02', false);

      assert.equal(queue.truncate(), false);
      assert.equal(takeAll(queue), '02');
    });
  });
});
