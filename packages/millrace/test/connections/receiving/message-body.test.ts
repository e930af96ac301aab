import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../../src/index.ts';
import { MessageBody, type BodySink } from '../../../src/connections/receiving/message-body.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

/** A body whose owner reads more from the wire whenever something was taken. */
function bodyFed(arrivals: ((body: MessageBody) => void)[]): { body: MessageBody; weights: number[]; log: string[] } {
  const weights: number[] = [0];
  const log: string[] = [];
  const body: MessageBody = new MessageBody(
    {
      weigh: (cost) => {
        weights.push((weights.at(-1) ?? 0) + cost);
        if (cost < 0) arrivals.shift()?.(body);
      },
      finished: () => log.push('finished'),
    },
    'binary',
  );
  return { body, weights, log };
}

function logging(log: string[]): BodySink {
  return {
    beginFrame: (length, isLast) => log.push(`frame ${String(length)}${isLast ? ' last' : ''}`),
    push: (chunk) => log.push(toHex(chunk)),
    complete: () => log.push('complete'),
    fail: (error) => log.push(`fail ${error.message}`),
  };
}

describe('MessageBody', () => {
  it('pours what arrives while it pours behind what has waited', () => {
    const { body, weights, log } = bodyFed([
      (fed) => {
        fed.push(hex('03'));
        fed.beginFrame(1, true);
        fed.push(hex('04'));
        fed.complete();
      },
    ]);
    body.beginFrame(3, false);
    body.push(hex('01'));
    body.push(hex('02'));

    body.pour(logging(log));

    assert.deepEqual(log, ['frame 3', '01', '02', '03', 'frame 1 last', '04', 'complete', 'finished', 'finished']);
    assert.equal(weights.at(-1), 0);
  });

  it('says of a frame that waits whether it is the last', () => {
    const { body, log } = bodyFed([]);
    body.beginFrame(1, false);
    body.push(hex('01'));
    body.beginFrame(0, true);
    body.complete();

    body.pour(logging(log));

    assert.deepEqual(log, ['frame 1', '01', 'frame 0 last', 'complete', 'finished']);
  });

  it('gives what arrives while something is taken out behind that', async () => {
    const { body, log } = bodyFed([
      (fed) => fed.push(hex('02')),
      (fed) => {
        fed.push(hex('03'));
        fed.complete();
      },
    ]);
    body.beginFrame(3, true);
    body.push(hex('01'));

    const items: unknown[] = [];
    for (let item = await body.read(); item !== undefined; item = await body.read()) items.push(item);

    assert.deepEqual(items, [3, hex('01'), hex('02'), hex('03')]);
    assert.deepEqual(log, ['finished']);
  });

  it('throws away what waits and what comes because of that', () => {
    const { body, weights, log } = bodyFed([
      (fed) => {
        fed.push(hex('02'));
        fed.beginFrame(0, true);
        fed.complete();
      },
    ]);
    body.beginFrame(2, false);
    body.push(hex('01'));

    body.discard();

    assert.equal(body.take(), undefined);
    assert.equal(weights.at(-1), 0);
    assert.ok(log.includes('finished'));
  });

  it('gives it whole only where it is complete and in one piece that is not too long', () => {
    const rows: [items: (number | string)[], whole: string | undefined][] = [
      [[0], ''],
      [[1, '01'], '01'],
      [[3, '01 02 03'], undefined],
      [[2, '01', '02'], undefined],
      [[0, 0], undefined],
      [[1, '01', 0], undefined],
    ];
    for (const [items, whole] of rows) {
      const { body, weights } = bodyFed([]);
      for (const item of items) {
        if (typeof item === 'number') body.beginFrame(item, false);
        else body.push(hex(item));
      }

      assert.equal(body.takeWhole(2), undefined);
      body.complete();
      const taken = body.takeWhole(2);

      assert.equal(taken === undefined ? undefined : toHex(taken), whole);
      if (whole !== undefined) assert.equal(weights.at(-1), 0);
    }
  });

  it('gives a memory of its own for each empty message', () => {
    const buffers = [0, 1].map(() => {
      const { body } = bodyFed([]);
      body.beginFrame(0, true);
      body.complete();
      return body.takeWhole(0)?.buffer;
    });

    assert.notEqual(buffers[0], buffers[1]);
  });

  it('tells who reads it when it was discarded, whatever it waits with', async () => {
    const { body, log } = bodyFed([]);
    const reading = body.read();
    body.discard();
    await assert.rejects(reading, LocalUsageError);

    const { body: poured } = bodyFed([]);
    poured.pour(logging(log));
    poured.discard();
    poured.discard();
    poured.push(hex('01'));
    assert.equal(log.length, 1);
    assert.match(log[0]!, /^fail the message was discarded/);
  });

  it('gives what has come of a message that was never complete, then its error, again and again', async () => {
    const { body } = bodyFed([]);
    const error = new Error('lost');
    body.beginFrame(2, true);
    body.push(hex('01'));
    body.fail(error);

    assert.equal(await body.read(), 2);
    assert.deepEqual(await body.read(), hex('01'));
    await assert.rejects(body.read(), error);
    await assert.rejects(body.read(), error);
  });
});
