import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import type { Receiver } from '../../../src/protocol/receive/handlers.ts';
import { HoldReason, ReadAhead } from '../../../src/protocol/receive/read-ahead.ts';
import { Turn } from '../../../src/protocol/receive/turn.ts';
import { createFrameHeaderBuffer } from '../../../src/protocol/wire/frame-header.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { receiverFor } from '../../helpers/receiving.ts';

const NONE = new Uint8Array(0);

interface Setup {
  readonly level?: Receiver['level'];
  readonly limit?: number;
  readonly collected?: number;
  readonly receiver?: Receiver;
  readonly onMessageTold?: () => void;
  readonly onLine?: (line: string, readAhead: ReadAhead) => void;
}

/** A read-ahead whose application writes a log. */
class Reading {
  readonly log: EventLog;
  readonly readAhead: ReadAhead;
  readonly turn = new Turn({ now: () => 0, turnTime: () => Infinity, requestTurn: () => undefined });
  fulls = 0;

  constructor({ level = 'streaming', limit = Infinity, collected = 0, onLine, receiver, onMessageTold }: Setup = {}) {
    this.log = new EventLog((line) => onLine?.(line, this.readAhead));
    this.readAhead = new ReadAhead({
      receiver: receiver ?? receiverFor(level, this.log),
      limit,
      turn: this.turn,
      owner: {
        collectedSize: collected,
        onReadAheadFull: () => this.fulls++,
        onMessageTold: () => onMessageTold?.(),
      },
    });
  }
}

/** Each thing that can be told, with what is logged. */
const TOLD: [name: string, level: Receiver['level'], tell: (readAhead: ReadAhead) => void, line: string][] = [
  ['onMessage, text', 'message', (to) => to.onMessage('Hä', 1), 'text: Hä'],
  ['onMessage, bytes', 'message', (to) => to.onMessage(hex('01'), 2), 'message 2: 01'],
  ['onWholeMessage', 'whole or streaming', (to) => to.onWholeMessage(hex('01'), 2), 'whole 2: 01'],
  ['onMessageBegin', 'streaming', (to) => to.onMessageBegin(2), 'begin 2'],
  ['onFrameBegin', 'streaming', (to) => to.onFrameBegin({ ...createFrameHeaderBuffer(), fin: true }), 'frame 0 fin'],
  ['onFrameData', 'streaming', (to) => to.onFrameData(hex('01 02')), 'data 01 02'],
  ['onFrameEnd', 'streaming', (to) => to.onFrameEnd(), 'frame end'],
  ['onFrame', 'frame', (to) => to.onFrame(hex('07'), 4), 'frame: rsv 4 07'],
  ['onMessageEnd', 'streaming', (to) => to.onMessageEnd(), 'end'],
  ['onMessageCut', 'whole or streaming', (to) => to.onMessageCut(), 'cut'],
];

/** What tells the end of a message. */
const ENDS = ['onMessage, text', 'onMessage, bytes', 'onWholeMessage', 'onMessageEnd'];

const REASONS = Object.values(HoldReason);

describe('ReadAhead', () => {
  for (const [name, level, tell, line] of TOLD) {
    it(`tells ${name} at once, unless the application is busy`, () => {
      const { readAhead, log } = new Reading({ level });

      tell(readAhead);
      assert.deepEqual(log.lines, [line]);
      readAhead.hold(HoldReason.PROMISE);
      tell(readAhead);
      tell(readAhead);
      assert.deepEqual(log.lines, [line]);
      assert.equal(readAhead.isEmpty, false);
      readAhead.release(HoldReason.PROMISE);
      readAhead.proceed();

      assert.deepEqual(log.lines, [line, line, line]);
      assert.equal(readAhead.isEmpty, true);
      assert.equal(readAhead.handedOut, 2, 'those that have waited');
    });

    it(`says ${ENDS.includes(name) ? 'that a message was told of' : 'of no message that it was told'}, behind ${name}`, () => {
      const reading = new Reading({ level, onMessageTold: () => reading.log.add('told') });
      const { readAhead, log } = reading;
      const lines = ENDS.includes(name) ? [line, 'told'] : [line];

      tell(readAhead);
      assert.deepEqual(log.lines, lines, 'at once');
      readAhead.hold(HoldReason.DEMAND);
      tell(readAhead);
      assert.deepEqual(log.lines, lines);
      readAhead.handOutOne();

      assert.deepEqual(log.lines, [...lines, ...lines], 'when it was handed out');
    });

    it(`is asked by ${name} for what the application has, and no more`, () => {
      const { readAhead } = new Reading({ receiver: { level: 'message', handler: {} as never } });

      tell(readAhead);
      readAhead.hold(HoldReason.PAUSE);
      tell(readAhead);
      readAhead.release(HoldReason.PAUSE);
      readAhead.proceed();

      assert.equal(readAhead.isEmpty, true);
    });
  }

  it('keeps the order of messages and of what else is told', () => {
    const { readAhead, log } = new Reading();
    readAhead.onControl(hex('00'), () => log.add('ping 0'));
    readAhead.hold(HoldReason.PAUSE);

    readAhead.onMessageBegin(2);
    readAhead.onControl(hex('01'), () => log.add('ping 1'));
    readAhead.onFrameEnd();
    assert.deepEqual(log.lines, ['ping 0']);
    readAhead.release(HoldReason.PAUSE);
    assert.deepEqual(log.lines, ['ping 0'], 'until it goes on');
    readAhead.onControl(hex('02'), () => log.add('ping 2'));
    readAhead.onMessageEnd();
    readAhead.proceed();

    assert.deepEqual(log.lines, ['ping 0', 'begin 2', 'ping 1', 'frame end', 'ping 2', 'end']);
  });

  it('is busy as long as there is a reason', () => {
    for (const reason of REASONS) {
      const { readAhead } = new Reading();
      for (const each of REASONS) readAhead.hold(each);
      readAhead.hold(reason);

      for (const each of REASONS.filter((other) => other !== reason)) readAhead.release(each);
      assert.equal(readAhead.isBusy, true);
      assert.deepEqual(
        REASONS.filter((each) => readAhead.isHeldFor(each)),
        [reason],
      );
      readAhead.release(reason);

      assert.equal(readAhead.isBusy, false);
    }
  });

  it('hands out nothing that a rate holds back', () => {
    const { readAhead, log } = new Reading();
    readAhead.hold(HoldReason.RATE);
    readAhead.onMessageBegin(1);

    assert.equal(readAhead.handOutOne(), false);
    readAhead.release(HoldReason.RATE);
    readAhead.hold(HoldReason.DEMAND);

    assert.equal(readAhead.handOutOne(), true);
    assert.deepEqual(log.lines, ['begin 1']);
  });

  it('says what waits, by its cost', () => {
    const { readAhead } = new Reading({ collected: 100 });
    assert.equal(readAhead.cost, 0);
    readAhead.hold(HoldReason.DEMAND);

    readAhead.onFrameData(hex('01 02 03'));
    readAhead.onControl(hex('01'), () => undefined);
    assert.equal(readAhead.cost, 2 * ENTRY_COST + 4);
    readAhead.handOutOne();

    assert.equal(readAhead.cost, ENTRY_COST + 1);
  });

  describe('a message that is cut', () => {
    it('is not worth waiting for, but what came before it is', () => {
      const { readAhead, log } = new Reading({ level: 'whole or streaming' });
      assert.equal(readAhead.isSettled, true);
      readAhead.hold(HoldReason.DEMAND);
      readAhead.onWholeMessage(hex('07'), 2);
      readAhead.onMessageBegin(2);
      readAhead.onFrameData(hex('01'));
      assert.equal(readAhead.isSettled, false);
      assert.equal(readAhead.isCut, false);

      readAhead.onMessageCut();
      assert.equal(readAhead.isCut, true);
      assert.equal(readAhead.isSettled, false);
      readAhead.handOutOne();

      assert.deepEqual(log.lines, ['whole 2: 07']);
      assert.equal(readAhead.isSettled, true);
      assert.equal(readAhead.isEmpty, false);
      readAhead.release(HoldReason.DEMAND);
      readAhead.proceed();
      assert.deepEqual(log.lines, ['whole 2: 07', 'begin 2', 'data 01', 'cut'], 'it is told behind what came of it');
    });

    it('is not worth waiting for, where its beginning was told of', () => {
      const { readAhead } = new Reading({ level: 'whole or streaming' });
      readAhead.onMessageBegin(2);
      readAhead.hold(HoldReason.PAUSE);
      readAhead.onFrameData(hex('01'));

      readAhead.onMessageCut();

      assert.equal(readAhead.isEmpty, false);
      assert.equal(readAhead.isSettled, true);
    });
  });

  describe('what it hands out', () => {
    /** The chunk that a handler of level 3 is given, at once and after it waited. */
    function chunksOf(setup: { lends?: boolean; isWhole?: boolean }): [given: Uint8Array, chunks: Uint8Array[]] {
      const chunks: Uint8Array[] = [];
      const handler = { ...new EventLog().whole, onFrameData: (chunk: Uint8Array) => void chunks.push(chunk) };
      const receiver: Receiver =
        setup.isWhole === true
          ? { level: 'whole or streaming', handler, lendsPayload: setup.lends }
          : { level: 'streaming', handler, lendsPayload: setup.lends };
      const { readAhead } = new Reading({ receiver });
      const given = hex('01 02');
      readAhead.onFrameData(given);
      readAhead.hold(HoldReason.PAUSE);
      readAhead.onFrameData(given);
      readAhead.release(HoldReason.PAUSE);
      readAhead.proceed();
      return [given, chunks];
    }

    it('are copies of chunks, unless they are lent', () => {
      const [given, chunks] = chunksOf({});

      given.fill(0xee);

      assert.deepEqual(chunks.map(toHex), ['01 02', '01 02']);
    });

    it('are lent chunks at once, and copies of them later', () => {
      for (const isWhole of [false, true]) {
        const [given, chunks] = chunksOf({ lends: true, isWhole });

        assert.equal(chunks[0], given);
        given.fill(0xee);
        assert.equal(toHex(chunks[1]!), '01 02');
      }
    });

    it('are the chunks themselves, where they come as copies', () => {
      const [given, chunks] = chunksOf({ isWhole: true });

      assert.ok(chunks.length === 2 && chunks.every((chunk) => chunk === given));
    });

    it('are headers as they were', () => {
      const { readAhead, log } = new Reading();
      const header = { ...createFrameHeaderBuffer(), payloadLength: 5 };
      readAhead.hold(HoldReason.PAUSE);

      readAhead.onFrameBegin(header);
      header.payloadLength = 9;
      readAhead.release(HoldReason.PAUSE);
      readAhead.proceed();

      assert.deepEqual(log.lines, ['frame 5']);
    });
  });

  describe('the limit', () => {
    for (const [name, tell, size] of [
      ['nothing', (to) => to.onMessageEnd(), 0],
      ['an empty message', (to) => to.onMessage(NONE, 2), 0],
      ['a byte', (to) => to.onFrameData(hex('01')), 1],
      ['ten bytes', (to) => to.onFrame(new Uint8Array(10), 0), 10],
      ['text of ten units', (to) => to.onMessage('0123456789', 1), 20],
      ['a Ping', (to) => to.onControl(hex('01 02'), () => undefined), 2],
    ] as const satisfies [string, (to: ReadAhead) => void, number][]) {
      it(`counts what ${name} costs`, () => {
        const cost = size + ENTRY_COST;
        const reading = new Reading({ limit: 3 * cost });
        const { readAhead } = reading;
        readAhead.hold(HoldReason.PAUSE);

        tell(readAhead);
        tell(readAhead);
        assert.equal(readAhead.isFull, false);
        assert.equal(reading.fulls, 0);
        tell(readAhead);
        assert.equal(readAhead.isFull, true);
        assert.equal(reading.fulls, 1);
        readAhead.handOutOne();

        assert.equal(readAhead.isFull, false, 'what was handed out counts no more');
      });
    }

    it('counts what is collected in front of it', () => {
      const { readAhead } = new Reading({ limit: ENTRY_COST + 10, collected: 10 });
      readAhead.hold(HoldReason.PAUSE);
      assert.equal(readAhead.isFull, false);

      readAhead.onMessage(NONE, 2);

      assert.equal(readAhead.isFull, true);
    });

    it('of 0 is reached as soon as the application is busy', () => {
      const reading = new Reading({ limit: 0 });
      assert.equal(reading.readAhead.isFull, false);

      reading.readAhead.hold(HoldReason.PROMISE);

      assert.equal(reading.readAhead.isFull, true);
      assert.equal(reading.fulls, 1);
      reading.readAhead.release(HoldReason.PROMISE);
      assert.equal(reading.readAhead.isFull, false);
    });

    it('does not hold for an application that is not busy', () => {
      const { readAhead } = new Reading({ limit: 10 });
      readAhead.hold(HoldReason.PAUSE);
      for (let count = 0; count < 10; count++) readAhead.onMessageEnd();

      readAhead.release(HoldReason.PAUSE);

      assert.equal(readAhead.isFull, false);
    });

    it('counts nothing of what was dropped', () => {
      const { readAhead } = new Reading({ limit: 1000 });
      readAhead.hold(HoldReason.PAUSE);
      for (let count = 0; count < 5; count++) readAhead.onFrameData(hex('01 02 03'));
      readAhead.onMessage('ä', 1);
      assert.equal(readAhead.isFull, true);

      assert.equal(new Reading().readAhead.drop(), 0, 'nothing has ever waited');
      assert.equal(readAhead.drop(), 16);

      assert.equal(readAhead.isFull, false);
      assert.equal(readAhead.isEmpty, true);
      assert.equal(readAhead.drop(), 0);
    });
  });

  describe('proceed', () => {
    it('hands out as long as nothing holds', () => {
      const { readAhead, log } = new Reading({ onLine: (_line, to) => to.hold(HoldReason.PROMISE) });
      readAhead.hold(HoldReason.PAUSE);
      for (const opcode of [1, 2, 3]) readAhead.onMessageBegin(opcode);
      readAhead.proceed();
      assert.deepEqual(log.lines, []);

      readAhead.release(HoldReason.PAUSE);
      readAhead.proceed();
      assert.deepEqual(log.lines, ['begin 1']);
      readAhead.proceed();
      assert.deepEqual(log.lines, ['begin 1']);
      readAhead.release(HoldReason.PROMISE);
      readAhead.proceed();

      assert.deepEqual(log.lines, ['begin 1', 'begin 2']);
    });

    it('counts each as an event, and stops when the turn is over', () => {
      const { readAhead, log, turn } = new Reading();
      readAhead.hold(HoldReason.PAUSE);
      for (let count = 0; count < 3000; count++) readAhead.onMessageEnd();
      readAhead.release(HoldReason.PAUSE);

      readAhead.proceed();
      assert.equal(log.lines.length, 1024);
      assert.equal(turn.isOver, true);
      assert.equal(readAhead.handOutOne(), false);
      turn.renew();
      readAhead.proceed();

      assert.equal(log.lines.length, 2048);
    });

    it('lets through what a handler throws, and has forgotten that then', () => {
      const { readAhead, log } = new Reading({
        limit: ENTRY_COST + 1,
        onLine: () => {
          throw new Error('bad');
        },
      });
      readAhead.hold(HoldReason.PAUSE);
      readAhead.onFrameData(hex('01'));
      readAhead.onMessageEnd();

      assert.throws(() => readAhead.handOutOne(), { message: 'bad' });

      assert.deepEqual(log.lines, ['data 01']);
      assert.equal(readAhead.isFull, false);
    });
  });

  it('hands out one thing, though it is held', () => {
    const { readAhead, log } = new Reading();
    readAhead.hold(HoldReason.DEMAND);
    readAhead.onMessageBegin(1);
    readAhead.onMessageEnd();

    assert.equal(readAhead.handOutOne(), true);
    assert.deepEqual(log.lines, ['begin 1']);
    assert.equal(readAhead.handOutOne(), true);
    assert.equal(readAhead.handOutOne(), false);

    assert.deepEqual(log.lines, ['begin 1', 'end']);
  });

  describe('ignoreMessages', () => {
    it('tells nobody of messages any more, but of all else in order', () => {
      const { readAhead, log } = new Reading();
      readAhead.hold(HoldReason.PAUSE);
      readAhead.onMessageBegin(1);
      readAhead.onControl(NONE, () => log.add('ping 1'));
      readAhead.onMessageEnd();

      readAhead.ignoreMessages();
      readAhead.ignoreMessages();
      readAhead.onMessage(NONE, 2);
      readAhead.onControl(NONE, () => log.add('ping 2'));
      readAhead.release(HoldReason.PAUSE);
      readAhead.proceed();
      readAhead.onMessage(NONE, 2);

      assert.deepEqual(log.lines, ['ping 1', 'ping 2']);
    });

    it('keeps nothing of messages, so that only control frames make it full', () => {
      const reading = new Reading({ limit: 1000, collected: 5000 });
      const { readAhead } = reading;
      readAhead.hold(HoldReason.PAUSE);
      readAhead.onFrameData(new Uint8Array(2000));

      readAhead.ignoreMessages();
      for (let count = 0; count < 10; count++) readAhead.onFrameData(new Uint8Array(2000));
      assert.equal(readAhead.isFull, false);
      for (let count = 0; count < 4; count++) readAhead.onControl(NONE, () => undefined);

      assert.equal(readAhead.isFull, true);
    });

    it('lets all come in, also where nothing may wait', () => {
      const { readAhead } = new Reading({ limit: 0 });
      readAhead.ignoreMessages();

      readAhead.hold(HoldReason.PAUSE);

      assert.equal(readAhead.isFull, false);
    });
  });
});
