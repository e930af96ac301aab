import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { UnreadBytes } from '../../../src/protocol/receive/unread-bytes.ts';
import { countAllocations } from '../../helpers/allocations.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';

describe('UnreadBytes', () => {
  it('keeps what an array would, whatever is added and consumed', () => {
    const random = createRandom(3);
    const unread = new UnreadBytes();
    let model = new Uint8Array(0);

    for (let step = 0; step < 20_000; step++) {
      const action = random(10);
      if (action < 4) {
        const bytes = randomBytes(random(50), 1 + step);
        unread.append(bytes);
        model = concat([model, bytes]);
      } else if (action < 5) {
        const bytes = randomBytes(random(50), 1 + step);
        unread.prepend(bytes);
        model = concat([bytes, model]);
      } else if (action < 9) {
        const count = random(model.length + 1);
        unread.consume(count);
        model = model.slice(count);
      } else if (random(20) === 0) {
        unread.clear();
        model = new Uint8Array(0);
      }
      assert.equal(unread.size, model.length);
      assert.equal(Buffer.compare(unread.bytes, model), 0);
    }
  });

  it('copies what it is given', () => {
    const unread = new UnreadBytes();
    const [front, back] = [hex('01 02'), hex('03')];

    unread.append(back);
    unread.prepend(front);
    front.fill(0xee);
    back.fill(0xee);

    assert.equal(toHex(unread.bytes), '01 02 03');
  });

  it('leaves a view alone that is in use while more is added', () => {
    const unread = new UnreadBytes();
    unread.append(hex('01 02 03'));
    const view = unread.bytes;

    for (let count = 0; count < 100; count++) unread.append(hex('ee'));
    // As a parser does, in place.
    view.fill(0xdd);
    unread.consume(3);

    assert.equal(toHex(unread.bytes), 'ee '.repeat(100).trim());
  });

  it('copies a large piece once, into exactly its size', () => {
    const unread = new UnreadBytes();
    const bytes = randomBytes(100_000, 1);

    assert.deepEqual(
      countAllocations(() => unread.append(bytes)),
      { count: 1, bytes: 100_000 },
    );
  });

  it('copies what comes byte by byte a few times only', () => {
    const unread = new UnreadBytes();

    const { bytes, count } = countAllocations(() => {
      for (let index = 0; index < 100_000; index++) unread.append(Uint8Array.of(index));
    });

    // `Uint8Array.of` makes one for each byte.
    assert.ok(bytes - 100_000 < 4 * 100_000, `${bytes} bytes`);
    assert.ok(count - 100_000 < 30, `${count} buffers`);
  });

  it('holds nothing when all is consumed', () => {
    const unread = new UnreadBytes();
    unread.append(hex('01 02'));

    unread.consume(1);
    assert.notEqual(unread.bytes.buffer.byteLength, 0);
    unread.consume(1);

    assert.equal(unread.bytes.buffer.byteLength, 0);
  });
});
