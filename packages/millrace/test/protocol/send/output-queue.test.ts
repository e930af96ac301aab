import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { OutputQueue } from '../../../src/protocol/send/output-queue.ts';
import { countAllocations } from '../../helpers/allocations.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { LOSSES, losablePayload } from '../../helpers/lost-payload.ts';
import { keyNumber, masked } from '../../helpers/frames.ts';
import { createRandom } from '../../helpers/random.ts';

/** A piece whose memory is the queue's, and with which a frame ends, or goes on. */
const ENDS = { endsFrame: true, isReference: false } as const;
const GOES_ON = { endsFrame: false, isReference: false } as const;

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
    queue.push(hex('03'), ENDS);
    pack(queue, '04');
    assert.equal(queue.size, 4);

    assert.equal(takeAll(queue), '01 02 03 04');
    assert.equal(queue.size, 0);
    assert.deepEqual(queue.take(100), []);
  });

  it('never writes over what another connection has packed behind, though there is another slab by now', () => {
    const [queue, behind] = [new OutputQueue(), new OutputQueue()];
    pack(queue, '01 02');
    pack(behind, '03 04 05');
    // As much as a slab and more.
    for (let count = 0; count < 3; count++) {
      const other = new OutputQueue();
      other.commit(other.reserve(8192) + 8192, true);
    }

    pack(queue, '06 07');

    assert.equal(takeAll(behind), '03 04 05');
    assert.equal(takeAll(queue), '01 02 06 07');
  });

  it('joins frames once for all queues that were given the same', () => {
    const queues = [new OutputQueue(), new OutputQueue(), new OutputQueue()];
    const frames = [hex('81 01 61'), hex('81 01 62'), hex('81 01 63')];
    for (const queue of queues) for (const frame of frames) assert.ok(queue.pushShared(frame));
    queues[2]?.pushShared(hex('81 01 64'));

    const [first, second, third] = queues.map((queue) => queue.take(Infinity));

    assert.equal(toHex(concat(first ?? [])), '81 01 61 81 01 62 81 01 63');
    assert.equal(first?.length, 1);
    assert.equal(second?.[0], first[0]);
    assert.equal(toHex(concat(third ?? [])), '81 01 61 81 01 62 81 01 63 81 01 64');
  });

  it('does not join what only looks alike', () => {
    const [one, other] = [new OutputQueue(), new OutputQueue()];
    for (const frame of ['81 01 61', '81 01 62']) one.pushShared(hex(frame));
    for (const frame of ['81 01 61', '81 01 63']) other.pushShared(hex(frame));

    assert.equal(takeAll(one), '81 01 61 81 01 62');
    assert.equal(takeAll(other), '81 01 61 81 01 63');
  });

  it('takes few frames that others may send, too, so that a slow peer keeps no piece for each', () => {
    const queue = new OutputQueue();
    const frame = hex('81 01 61');
    let taken = 0;
    while (queue.pushShared(frame)) taken++;

    assert.equal(taken, 16);
    assert.equal(takeAll(queue), Array.from({ length: 16 }, () => '81 01 61').join(' '));
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
    for (let byte = 0; byte < 6; byte++) queue.push(Uint8Array.of(byte, byte), ENDS);

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

  it('packs for several queues in turn, each in its own order, and into few pieces', () => {
    const queues = Array.from({ length: 10 }, () => new OutputQueue());

    for (let round = 0; round < 2000; round++) {
      for (const [index, queue] of queues.entries())
        pack(queue, `f${index} ${(round % 100).toString().padStart(2, '0')}`);
    }
    for (const queue of queues) assert.ok(queue.cost < 2 * queue.size + 20 * ENTRY_COST, `${queue.cost} bytes`);

    for (const [index, queue] of queues.entries()) {
      const expected = Array.from(
        { length: 2000 },
        (_, round) => `f${index} ${(round % 100).toString().padStart(2, '0')}`,
      );
      assert.equal(takeAll(queue), expected.join(' '));
    }
  });

  it('takes a new slab when the old one is full', () => {
    const queue = new OutputQueue();
    const large = 'cd '.repeat(8000);

    for (let count = 0; count < 5; count++) pack(queue, large);

    assert.equal(takeAll(queue), large.repeat(5).trim());
  });

  it('writes nothing into what others have packed behind it, also when the slab was full and another has come', () => {
    const [first, other] = [new OutputQueue(), new OutputQueue()];
    pack(first, '01 02');
    const mine = first.packing;
    pack(other, '03');
    const theirs = other.packing;
    assert.equal(mine, theirs);
    while (other.packing === theirs) pack(other, '04 '.repeat(1000).trim());

    pack(first, '05 06');

    assert.match(takeAll(other), /^03 (04 )*04$/);
    assert.equal(takeAll(first), '01 02 05 06');
  });

  it('keeps many queues apart, which pack and give out in any order', () => {
    const random = createRandom(7);
    const queues = Array.from({ length: 5 }, (_, index) => ({ queue: new OutputQueue(), index, packed: 0, taken: 0 }));
    const give = (one: (typeof queues)[number]): void => {
      for (const byte of concat(one.queue.take(5000))) {
        assert.equal(byte, (one.index * 50 + (one.taken % 50)) % 256);
        one.taken++;
      }
    };

    for (let step = 0; step < 5000; step++) {
      const one = queues[random(queues.length)]!;
      const size = 1 + random(300);
      const start = one.queue.reserve(size);
      for (let offset = 0; offset < size; offset++) {
        one.queue.packing[start + offset] = (one.index * 50 + (one.packed++ % 50)) % 256;
      }
      one.queue.commit(start + size, true);
      if (random(20) === 0) one.queue.push(new Uint8Array(0), ENDS);
      if (random(10) === 0) give(queues[random(queues.length)]!);
    }
    for (const one of queues) while (one.queue.size > 0) give(one);

    for (const { packed, taken } of queues) assert.equal(taken, packed);
  });

  it('joins small pieces that follow each other', () => {
    const queue = new OutputQueue();
    for (const size of [1, 2000, 2095, 1, 5000, 4096, 1, 1]) queue.push(new Uint8Array(size).fill(size), ENDS);

    const pieces = queue.take(Infinity);

    assert.deepEqual(
      pieces.map(({ length }) => length),
      [4096, 1, 5000, 4096, 2],
    );
    assert.deepEqual([pieces[0]?.[0], pieces[0]?.[1], pieces[0]?.[2001]], [1, 2000 % 256, 2095 % 256]);
  });

  it('joins many small pieces with little work', () => {
    const queue = new OutputQueue();
    for (let count = 0; count < 100_000; count++) queue.push(hex('07'), ENDS);

    const { bytes } = countAllocations(() => queue.take(Infinity));

    assert.ok(bytes <= 2 * 100_000, `${bytes} bytes`);
  });

  it('leaves masked pieces apart, in order', () => {
    const queue = new OutputQueue();
    queue.push(hex('01'), ENDS);
    queue.push(hex('02 03'), { ...ENDS, maskingKey: 0 });
    queue.push(hex('04'), ENDS);

    assert.deepEqual(queue.take(Infinity).map(toHex), ['01', '02 03', '04']);
  });

  it('masks what was pushed with a key into a copy, when it is taken', () => {
    const queue = new OutputQueue();
    const payload = hex('01 02 03 04 05');
    queue.push(payload, { ...ENDS, maskingKey: keyNumber('a0 b0 c0 d0'), isReference: true });

    const [piece] = queue.take(Infinity);

    assert.deepEqual(piece, masked(payload, 'a0 b0 c0 d0', 0));
    assert.equal(toHex(payload), '01 02 03 04 05');
  });

  it('gives out large payloads by reference where they are not masked', () => {
    const queue = new OutputQueue();
    const payload = hex('01 02');

    queue.push(payload, { ...ENDS, isReference: true });

    assert.equal(queue.take(Infinity)[0], payload);
  });

  it('visits what is large and was not copied, as it was given', () => {
    const queue = new OutputQueue();
    const [large, own] = [new Uint8Array(4097), new Uint8Array(4097)];
    const visited: Uint8Array[] = [];
    pack(queue, '01');
    queue.push(large, { endsFrame: true, isReference: true, maskingKey: 1 });
    queue.push(new Uint8Array(4096), { endsFrame: true, isReference: true });
    queue.push(own, ENDS);

    queue.visitShared((bytes) => visited.push(bytes));
    assert.equal(visited.length, 2);
    assert.equal(visited[0], large);
    assert.equal(visited[1], own);

    queue.take(Infinity);
    queue.visitShared(() => assert.fail('it holds nothing more'));
  });

  it('says whether something was given up, not whether it was taken', () => {
    const queue = new OutputQueue();
    pack(queue, '81 00');
    takeAll(queue);
    queue.truncate();
    queue.cutOpenFrame();
    assert.equal(queue.hasGivenUp, false, 'there was nothing to give up');

    pack(queue, '82 00 02 02', false);
    queue.seal();
    queue.cutOpenFrame();
    takeAll(queue);

    assert.equal(queue.hasGivenUp, true);
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
        queue.push(hex(byte), endsFrame ? ENDS : GOES_ON);
      }
      queue.take(1);

      assert.equal(queue.insert([hex('f1')]), true);

      assert.equal(takeAll(queue), '02 03 f1 04');
    });

    it('puts frames behind those that were inserted before', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), GOES_ON);
      queue.push(hex('02'), ENDS);
      queue.push(hex('03'), ENDS);
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

    it('puts frames between two that are packed together', () => {
      const queue = new OutputQueue();
      pack(queue, '02 02 01', false);
      queue.take(1);
      pack(queue, '02');
      pack(queue, '00 05', false);

      assert.equal(queue.insert([hex('89 00')]), true);
      pack(queue, '01', false);

      assert.equal(queue.size, 6);
      assert.equal(takeAll(queue), '02 89 00 00 05 01');
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
      queue.push(hex('02'), ENDS);

      assert.equal(queue.truncate(), true);

      assert.equal(queue.size, 0);
      assert.equal(takeAll(queue), '');
    });

    it('keeps the rest of the frame that has begun', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), GOES_ON);
      queue.push(hex('02'), ENDS);
      queue.push(hex('03 03'), ENDS);
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

  describe('cutOpenFrame', () => {
    it('gives up the frame at the end that is not complete, and keeps all before', () => {
      const queue = new OutputQueue();
      pack(queue, '81 00');
      queue.push(hex('82 00'), ENDS);
      pack(queue, '83 00');
      pack(queue, '02 05', false);
      queue.push(hex('01 02'), GOES_ON);
      pack(queue, '03', false);

      assert.equal(queue.cutOpenFrame(), true);

      assert.equal(queue.size, 6);
      pack(queue, '88 00');
      assert.equal(takeAll(queue), '81 00 82 00 83 00 88 00');
    });

    it('gives up a frame of which nothing was taken', () => {
      const queue = new OutputQueue();
      pack(queue, '81 00');
      queue.take(Infinity);
      pack(queue, '02 05 01', false);

      assert.equal(queue.cutOpenFrame(), true);

      assert.equal(queue.size, 0);
    });

    it('gives up nothing where no frame is open', () => {
      const queue = new OutputQueue();
      assert.equal(queue.cutOpenFrame(), true);
      pack(queue, '81 00');
      queue.push(hex('82 00'), ENDS);

      assert.equal(queue.cutOpenFrame(), true);

      assert.equal(takeAll(queue), '81 00 82 00');
    });

    it('gives up nothing of a frame whose beginning was taken, behind which nothing can follow', () => {
      const queue = new OutputQueue();
      pack(queue, '81 00 02 05', false);
      queue.take(Infinity);
      pack(queue, '01 02', false);

      assert.equal(queue.cutOpenFrame(), false);

      assert.equal(takeAll(queue), '01 02');
    });

    it('keeps the rest of a frame that has begun, and its end', () => {
      const queue = new OutputQueue();
      queue.push(hex('02 02'), GOES_ON);
      queue.push(hex('01 02'), ENDS);
      queue.take(1);
      pack(queue, '00 05 01', false);

      assert.equal(queue.cutOpenFrame(), true);

      assert.equal(takeAll(queue), '01 02');
    });
  });

  describe('references', () => {
    const REFERENCE = { endsFrame: true, isReference: true } as const;

    it('are counted when they are given, and when they are taken', () => {
      const queue = new OutputQueue();
      for (let count = 0; count < 3; count++) queue.push(new Uint8Array(5000), REFERENCE);
      queue.push(new Uint8Array(5000), ENDS);
      assert.deepEqual([queue.referencesGiven, queue.referencesTaken], [3, 0]);

      queue.take(1);
      assert.deepEqual([queue.referencesGiven, queue.referencesTaken], [3, 1]);
      queue.take(Infinity);

      assert.deepEqual([queue.referencesGiven, queue.referencesTaken], [3, 3]);
    });

    it('that are given up are not taken, and do not stand for those before them', () => {
      const queue = new OutputQueue();
      queue.push(new Uint8Array(5000), REFERENCE);
      pack(queue, '02 7e 20 00', false);
      queue.push(new Uint8Array(5000), { ...GOES_ON, isReference: true });

      queue.cutOpenFrame();
      assert.equal(queue.referencesTaken, 0, 'the first one still waits');
      queue.take(Infinity);

      assert.equal(queue.referencesTaken, 1);
    });
  });

  describe('cost', () => {
    it('is what it holds, with a piece for each that is not packed', () => {
      const queue = new OutputQueue();
      assert.equal(queue.cost, 0);
      pack(queue, '01 02');
      assert.equal(queue.cost, 2, 'packed into what all share');

      queue.push(new Uint8Array(5000), ENDS);
      assert.equal(queue.cost, 5002 + 2 * ENTRY_COST);
      queue.take(Infinity);

      assert.equal(queue.cost, 0);
    });

    it('counts a block of its own whole', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), ENDS);

      pack(queue, '02');

      assert.equal(queue.cost, 1 + ENTRY_COST + 512);
    });

    it('is that of few blocks, which double, where much is packed behind something', () => {
      const queue = new OutputQueue();
      queue.push(hex('01'), ENDS);

      const { count, bytes } = countAllocations(() => {
        for (let size = 0; size < 200_000; size += 4000) queue.commit(queue.reserve(4000) + 4000, true);
      });

      assert.ok(count < 25 && bytes < 300_000, `${count} blocks, ${bytes} bytes`);
    });
  });

  describe('a payload that was detached or shrunk', () => {
    const REFERENCE = { endsFrame: true, isReference: true } as const;

    for (const loss of LOSSES) {
      it(`is given up (${loss}) with its header and all behind it, and that is told once`, () => {
        const queue = new OutputQueue();
        const payload = losablePayload(loss, 5000);
        pack(queue, '81 00');
        pack(queue, '82 7e 13 88', false);
        queue.push(payload.bytes, REFERENCE);
        pack(queue, '81 01 61');
        payload.lose();

        assert.equal(takeAll(queue), '81 00');
        assert.equal(queue.size, 0);
        assert.equal(queue.lostSize, 4 + 5000 + 3);
        assert.equal(queue.takeLostPayload(), 5000);
        assert.equal(queue.takeLostPayload(), undefined);
        assert.equal(queue.referencesTaken, 0);
        assert.equal(queue.insert([hex('88 00')]), true, 'a frame may follow');
      });

      it(`leaves nothing behind that may follow (${loss}), where its header was taken`, () => {
        const queue = new OutputQueue();
        const payload = losablePayload(loss, 5000);
        pack(queue, '82 7e 13 88', false);
        queue.push(payload.bytes, REFERENCE);
        assert.equal(takeAll(queue, 1), '82 7e 13 88');
        payload.lose();

        assert.equal(takeAll(queue), '');
        assert.equal(queue.takeLostPayload(), 5000);
        assert.equal(queue.lostSize, 5000);
        assert.equal(queue.insert([hex('88 00')]), false);
      });

      it(`is found (${loss}) behind others, with the limit in between`, () => {
        const queue = new OutputQueue();
        const payload = losablePayload(loss, 5000);
        queue.push(new Uint8Array(5000), REFERENCE);
        queue.push(payload.bytes, REFERENCE);
        payload.lose();

        assert.equal(queue.take(5000).length, 1);
        assert.equal(queue.takeLostPayload(), undefined, 'it is not its turn');
        assert.equal(queue.take(5000).length, 0);
        assert.equal(queue.takeLostPayload(), 5000);
      });
    }

    it('does not matter when it was taken before', () => {
      const queue = new OutputQueue();
      const payload = losablePayload('detached', 5000);
      queue.push(payload.bytes, { ...REFERENCE, maskingKey: 1 });

      const [piece] = queue.take(Infinity);
      payload.lose();

      assert.equal(piece?.length, 5000);
      assert.equal(queue.takeLostPayload(), undefined);
    });
  });
});
