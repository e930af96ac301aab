import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import type { SharedTransform } from '../../../src/protocol/base/transform.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';

/** A transform that puts its mark in front of each payload, and counts how often it is asked. */
class Marking implements SharedTransform {
  readonly key: string;
  asked = 0;
  readonly #deliver: (marked: Uint8Array) => Uint8Array | Promise<Uint8Array>;

  constructor(key: string, deliver: (marked: Uint8Array) => Uint8Array | Promise<Uint8Array> = (marked) => marked) {
    this.key = key;
    this.#deliver = deliver;
  }

  transform(payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    this.asked++;
    return this.#deliver(concat([hex('ee'), payload]));
  }

  onSent(): void {
    assert.fail('nothing was sent');
  }
}

describe('prepareMessage', () => {
  it('frames a message as RFC 6455 §5.7 does', () => {
    const prepared = new PreparedMessage(hex('48 65 6c 6c 6f'), 1);

    assert.equal(toHex(prepared.frame), '81 05 48 65 6c 6c 6f');
    assert.equal(toHex(prepared.payload), '48 65 6c 6c 6f');
    assert.deepEqual(prepared.format, { opcode: 1 });
  });

  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    it(`frames ${size} bytes`, () => {
      const payload = new Uint8Array(size).fill(7);

      assert.deepEqual(new PreparedMessage(payload, 2).frame, frame({ byte0: 0x82, payload }));
    });
  }

  it('copies the payload, so that it may change afterwards', () => {
    const payload = hex('01 02');

    const prepared = new PreparedMessage(payload, 2);
    payload.fill(0xff);

    assert.equal(toHex(prepared.frame), '82 02 01 02');
    assert.equal(toHex(prepared.payload), '01 02');
  });

  it('cannot be changed', () => {
    const prepared = new PreparedMessage(hex('01'), 2);

    assert.ok(Object.isFrozen(prepared));
    assert.ok(Object.isFrozen(prepared.format));
  });

  it('shows what it is, and not what it says', () => {
    const prepared = new PreparedMessage(hex('73 65 63'), 1);

    assert.equal(inspect(prepared), 'PreparedMessage { opcode: 1, size: 3 }');
  });

  it('keeps the format that it was given, with the reserved bits on its frame', () => {
    const prepared = new PreparedMessage(hex('01'), 2, { reservedBits: 0b010, compress: false });

    assert.equal(toHex(prepared.frame), 'a2 01 01');
    assert.deepEqual(prepared.format, { opcode: 2, reservedBits: 0b010, compress: false });
  });
});

describe('PreparedMessage.transformedBy', () => {
  it('frames what the transform has made, with its reserved bits', async () => {
    const prepared = new PreparedMessage(hex('01 02'), 1);

    const variant = await prepared.transformedBy(new Marking('a'), 0b100);

    assert.equal(toHex(variant.frame), 'c1 03 ee 01 02');
    assert.deepEqual(variant.format, { opcode: 1, reservedBits: 0b100 });
    assert.equal(toHex(prepared.frame), '81 02 01 02', 'the message is what it was');
  });

  it('transforms once for all that have the same key and set the same bits', () => {
    const prepared = new PreparedMessage(hex('01'), 2);
    const [first, same, other] = [new Marking('a'), new Marking('a'), new Marking('b')];

    const variant = prepared.transformedBy(first, 0b100);

    assert.ok(variant instanceof PreparedMessage, 'at once, as the transform');
    assert.equal(prepared.transformedBy(first, 0b100), variant);
    assert.equal(prepared.transformedBy(same, 0b100), variant);
    assert.notEqual(prepared.transformedBy(other, 0b100), variant);
    assert.notEqual(prepared.transformedBy(same, 0b010), variant);
    assert.deepEqual([first.asked, same.asked, other.asked], [1, 1, 1]);
  });

  it('has all wait for a transform that takes its time, and has the result at once from then on', async () => {
    const prepared = new PreparedMessage(hex('01'), 2);
    const later = new Marking('a', (marked) => Promise.resolve(marked));

    const waiting = prepared.transformedBy(later, 0b100);
    assert.ok(waiting instanceof Promise);
    assert.equal(prepared.transformedBy(later, 0b100), waiting);
    const variant = await waiting;

    assert.equal(toHex(variant.frame), 'c2 02 ee 01');
    assert.equal(prepared.transformedBy(later, 0b100), variant);
    assert.equal(later.asked, 1);
  });

  it('tells all who wait that the transform has failed, and tries again for the next one', async () => {
    const prepared = new PreparedMessage(hex('01'), 2);
    const failing = new Marking('a', () => Promise.reject(new Error('no luck')));
    const lucky = new Marking('a');

    const waiting = [prepared.transformedBy(failing, 0b100), prepared.transformedBy(failing, 0b100)];
    for (const one of waiting) await assert.rejects(async () => await one, /^Error: no luck$/);

    const variant = await prepared.transformedBy(lucky, 0b100);
    assert.equal(toHex(variant.frame), 'c2 02 ee 01');
    assert.deepEqual([failing.asked, lucky.asked], [1, 1]);
  });

  it('keeps nothing of a transform that throws', async () => {
    const prepared = new PreparedMessage(hex('01'), 2);
    const throwing = new Marking('a', () => {
      throw new Error('no luck');
    });

    assert.throws(() => prepared.transformedBy(throwing, 0b100), /^Error: no luck$/);

    const variant = await prepared.transformedBy(new Marking('a'), 0b100);
    assert.equal(toHex(variant.payload), 'ee 01');
  });
});
