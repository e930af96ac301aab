import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../../src/index.ts';
import { MessageBody, type BodySink } from '../../../src/connections/receiving/message-body.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

/** A body to which something arrives each time that more is demanded, as long as it wants it. */
function bodyFed(arrivals: ((body: MessageBody) => void)[]): { body: MessageBody; log: string[] } {
  const log: string[] = [];
  const body: MessageBody = new MessageBody(
    {
      demand: () => {
        while (body.wantsMore && arrivals.length > 0) arrivals.shift()?.(body);
      },
      finished: () => log.push('finished'),
    },
    'binary',
  );
  return { body, log };
}

function logging(log: string[]): BodySink {
  return {
    beginFrame: (length, isLast) => log.push(`frame ${String(length)}${isLast ? ' last' : ''}`),
    push: (chunk) => log.push(toHex(chunk)),
    complete: () => log.push('complete'),
    fail: (error) => log.push(`fail ${error.message}`),
  };
}

const TWO_FRAMES: readonly ((body: MessageBody) => void)[] = [
  (body) => body.beginFrame(2, false),
  (body) => body.push(hex('01')),
  (body) => body.push(hex('02')),
  (body) => body.beginFrame(1, true),
  (body) => body.push(hex('03')),
  (body) => body.complete(),
];

describe('MessageBody', () => {
  it('demands one item at a time for its reader', async () => {
    const arrivals = [...TWO_FRAMES];
    const { body, log } = bodyFed(arrivals);
    body.claim();

    const items: unknown[] = [];
    for (let left = TWO_FRAMES.length - 1; left > 0; left--) {
      items.push(body.take());
      assert.equal(arrivals.length, left);
    }

    assert.deepEqual(items, [2, hex('01'), hex('02'), 1, hex('03')]);
    assert.deepEqual(log, []);
    assert.equal(await body.read(), undefined);
    assert.deepEqual(log, ['finished']);
  });

  it('pours all that comes, and says of each frame whether it is the last', () => {
    const { body, log } = bodyFed([...TWO_FRAMES]);

    body.pour(logging(log));

    assert.deepEqual(log, ['frame 2', '01', '02', 'frame 1 last', '03', 'complete', 'finished']);
  });

  it('gives a whole message away without a copy, or as a frame', async () => {
    const payload = hex('01 02');
    const owner = { demand: () => assert.fail(), finished: () => undefined };

    const [one, other, poured] = [1, 2, 3].map(() => new MessageBody(owner, 'binary', payload));
    const log: string[] = [];
    poured?.pour(logging(log));

    assert.equal(one?.takeWhole(2), payload);
    assert.deepEqual([other?.takeWhole(1), other?.take(), other?.take()], [undefined, 2, payload]);
    assert.equal(await other?.read(), undefined);
    assert.deepEqual(log, ['frame 2 last', '01 02', 'complete']);
  });

  it('wants the rest when it is discarded, and keeps nothing of it', () => {
    const arrivals = [...TWO_FRAMES];
    const { body, log } = bodyFed(arrivals);

    body.discard();

    assert.deepEqual(arrivals, []);
    assert.deepEqual(log, ['finished']);
    assert.throws(() => body.claim(), LocalUsageError);
  });

  it('fails a reader when it is discarded', async () => {
    const { body } = bodyFed([]);
    body.claim();
    const reading = body.read();

    body.discard();

    await assert.rejects(reading, LocalUsageError);
  });

  it('gives what came before its failure', async () => {
    const { body } = bodyFed(TWO_FRAMES.slice(0, 2));
    body.claim();
    assert.equal(await body.read(), 2);
    assert.deepEqual(await body.read(), hex('01'));
    const reading = body.read();

    body.fail(new Error('lost'));

    await assert.rejects(reading, { message: 'lost' });
  });
});
