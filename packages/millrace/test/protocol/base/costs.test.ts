import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST, WAITER_COST, payloadCost } from '../../../src/protocol/base/costs.ts';
import { HoldReason, ReadAhead } from '../../../src/protocol/receive/read-ahead.ts';
import { Turn } from '../../../src/protocol/receive/turn.ts';
import { OutputQueue } from '../../../src/protocol/send/output-queue.ts';
import { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import { SendQueue } from '../../../src/protocol/send/send-queue.ts';
import { createFrameHeaderBuffer } from '../../../src/protocol/wire/frame-header.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { createDeferred } from '../../../src/engine/deferred.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { measureRetained } from '../../helpers/heap.ts';

const COUNT = 20_000;

function createReadAhead(): ReadAhead {
  const readAhead = new ReadAhead({
    receiver: { level: 'streaming', handler: new EventLog().streaming },
    limit: Infinity,
    turn: new Turn({ now: () => 0, turnTime: () => Infinity, requestTurn: () => undefined }),
    owner: { collectedSize: 0, onReadAheadFull: () => undefined, onMessageTold: () => undefined },
  });
  readAhead.hold(HoldReason.PAUSE);
  return readAhead;
}

/** A queue behind an open message, whose entries are copied or not. */
function createQueue(highWaterMark: number): SendQueue {
  const scheduler = createScheduler();
  scheduler.beginMessage(2);
  const owner = { onPayloadLost: () => undefined };
  return new SendQueue({ messages: scheduler, text: portableTextCodec, highWaterMark, owner });
}

function createScheduler(): Scheduler {
  return new Scheduler({
    role: 'server',
    host: { text: portableTextCodec, maskingKey: () => 0, transportBufferedAmount: () => 1 },
    fragmentSize: Infinity,
    listener: { onMessageSent: () => undefined, onCloseSent: () => undefined },
  });
}

/** Does something very often with what `create` creates, which keeps an entry each time. */
function repeat<List>(create: () => List, add: (list: List, index: number) => void): () => List {
  return () => {
    const list = create();
    for (let index = 0; index < COUNT; index++) add(list, index);
    return list;
  };
}

const { streaming } = new EventLog();
const LARGE = new Uint8Array(5000);

/** Everything that a peer or an application can make grow, and what it counts for an entry. */
const LISTS: [name: string, make: () => unknown, cost: number][] = [
  ['a message', repeat(createReadAhead, (list) => list.onMessage(new Uint8Array(1), 2)), ENTRY_COST + 1],
  ['a whole message', repeat(createReadAhead, (list) => list.onWholeMessage(new Uint8Array(1), 2)), ENTRY_COST + 1],
  ['an empty message', repeat(createReadAhead, (list) => list.onMessage(new Uint8Array(0), 2)), ENTRY_COST],
  ['short text', repeat(createReadAhead, (list, index) => list.onMessage(`text ${index}`, 1)), ENTRY_COST + 20],
  ['a frame', repeat(createReadAhead, (list) => list.onFrame(new Uint8Array(1), 0)), ENTRY_COST + 1],
  ['a piece', repeat(createReadAhead, (list) => list.onFrameData(new Uint8Array(100))), ENTRY_COST + 100],
  ['a header', repeat(createReadAhead, (list) => list.onFrameBegin(createFrameHeaderBuffer())), ENTRY_COST],
  ['the end of a frame', repeat(createReadAhead, (list) => list.onFrameEnd()), ENTRY_COST],
  ['a Ping', repeat(createReadAhead, (list) => list.onControl(LARGE, () => streaming.onFrameEnd())), ENTRY_COST],
  [
    'a copy that waits to be sent',
    repeat(
      () => createQueue(Infinity),
      (list) => list.send(new Uint8Array(1), { opcode: 2 }),
    ),
    ENTRY_COST + 1,
  ],
  [
    'what waits to be sent for somebody who waits',
    repeat(
      () => createQueue(0),
      (list) => {
        const { promise, resolve, reject } = createDeferred<undefined>();
        promise.then(() => undefined).catch(() => undefined);
        list.send(new Uint8Array(1), { opcode: 2, onTaken: () => resolve(undefined), onLost: reject });
      },
    ),
    ENTRY_COST + WAITER_COST + 1,
  ],
  [
    'a piece of output',
    repeat(
      () => new OutputQueue(),
      (list) => list.push(new Uint8Array(LARGE.buffer), { endsFrame: true, isReference: true }),
    ),
    ENTRY_COST,
  ],
  [
    'a control frame',
    repeat(createScheduler, (list) => list.sendControlFrame(9, new Uint8Array(0), 0)),
    ENTRY_COST + 2,
  ],
];

describe('ENTRY_COST', () => {
  for (const [name, make, cost] of LISTS) {
    it(`is what ${name} costs, about`, () => {
      // Once before, so that what is made only once does not count.
      make();

      const retained = measureRetained(make) / COUNT;

      assert.ok(retained <= cost, `${retained} bytes, counted as ${cost}`);
    });
  }
});

describe('payloadCost', () => {
  it('is the length of bytes, and twice that of text', () => {
    assert.equal(payloadCost(new Uint8Array(10)), 10);
    assert.equal(payloadCost('0123456789'), 20);
    assert.equal(payloadCost(''), 0);
  });
});
