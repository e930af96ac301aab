import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST, WAITER_COST } from '../../../src/protocol/base/costs.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import type { QueuedEntry } from '../../../src/protocol/send/message-output.ts';
import { SendPipeline } from '../../../src/protocol/send/send-pipeline.ts';
import { SendQueue, lostPayload, type TurnHolder } from '../../../src/protocol/send/send-queue.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { LOSSES, growingPayload, losablePayload } from '../../helpers/lost-payload.ts';
import { Scheduling } from '../../helpers/scheduling.ts';
import { TestSendTransform } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const BINARY = { opcode: 2 };
const CLOSE = hex('03 e8');

/** A queue in front of a scheduler, with a log of what it tells. */
class Queueing {
  readonly log: string[] = [];
  readonly scheduling: Scheduling;
  readonly queue: SendQueue;

  constructor(highWaterMark = 64 * 1024) {
    this.scheduling = new Scheduling({
      listener: {
        onMessageSent: () => this.queue.advance(),
        onCloseSent: () => this.log.push('close sent'),
      },
    });
    this.queue = new SendQueue({
      messages: this.scheduling.scheduler,
      text: portableTextCodec,
      highWaterMark,
      owner: { onPayloadLost: (size) => this.log.push(`lost payload ${size}`) },
    });
  }

  /** Opens a message, so that others have to wait. */
  open(): void {
    this.scheduling.scheduler.beginMessage(2);
  }

  /** Ends it. */
  end(): void {
    this.scheduling.scheduler.endMessage();
  }

  /** Sends a message that tells what becomes of it. */
  send(name: string, payload: string | Uint8Array): QueuedEntry | undefined {
    const onTaken = (): void => void this.log.push(`${name} taken`);
    const onLost = (error: Error): void => void this.log.push(`${name} lost: ${error.message}`);
    return this.queue.send(payload, { opcode: typeof payload === 'string' ? 1 : 2, onTaken, onLost });
  }

  /** Somebody who sends a message piece by piece. */
  holder(name: string, setup: Partial<TurnHolder> = {}): TurnHolder {
    return {
      isWhole: false,
      pendingSize: 0,
      pendingCost: 0,
      onTurn: () => this.log.push(`${name} has the turn`),
      onLost: (error) => this.log.push(`${name} lost: ${error.message}`),
      onClosing: () => false,
      ...setup,
    };
  }

  take(): string {
    return this.scheduling.take();
  }
}

describe('SendQueue', () => {
  it('keeps the order of messages, also of one that is sent when another one is taken', () => {
    const queueing = new Queueing();
    queueing.open();
    const onTaken = (): void => void queueing.queue.send(hex('03'), BINARY);
    // Too large to wait in a copy, so that it is taken when its turn comes.
    queueing.queue.send(new Uint8Array(64 * 1024), { ...BINARY, onTaken });
    queueing.queue.send(hex('02'), BINARY);
    queueing.end();

    assert.match(queueing.take(), /82 01 02 82 01 03$/);
  });

  it('tells when a message has become output, whether it waits in a copy, in place or not at all', () => {
    const queueing = new Queueing(4 * 1024);
    const { queue, log } = queueing;
    const send = (name: string, size: number): void => {
      const onFramed = (): void => void log.push(`${name} framed`);
      queue.send(new Uint8Array(size), { ...BINARY, onFramed });
    };

    send('at once', 1);
    queueing.open();
    send('copy', 2);
    send('in place', 8 * 1024);
    assert.deepEqual(log, ['at once framed']);
    queueing.end();

    assert.deepEqual(log, ['at once framed', 'copy framed', 'in place framed']);
  });

  it('sends at once where nothing is open', () => {
    const queueing = new Queueing();

    assert.equal(queueing.queue.isFree, true);
    assert.equal(queueing.send('text', 'a'), undefined);
    assert.equal(queueing.send('bytes', hex('01')), undefined);
    queueing.queue.send(hex('02'), BINARY);
    queueing.queue.sendPrepared(new PreparedMessage(hex('03'), 2));

    assert.deepEqual(queueing.log, ['text taken', 'bytes taken']);
    assert.equal(queueing.take(), '81 01 61 82 01 01 82 01 02 82 01 03');
    assert.equal(queueing.queue.isFree, true);
  });

  it('has messages wait behind an open one, in order', () => {
    const queueing = new Queueing();
    queueing.open();
    assert.equal(queueing.queue.isFree, false);

    queueing.send('text', 'ä');
    queueing.queue.sendPrepared(new PreparedMessage(hex('01 02 03'), 2));
    queueing.send('bytes', hex('04'));
    assert.equal(queueing.queue.waitingSize, 2 + 3 + 1);
    assert.equal(queueing.queue.waitingCost, 6 + 3 * ENTRY_COST);
    assert.equal(queueing.take(), '');
    queueing.end();

    assert.equal(queueing.take(), '82 00 81 02 c3 a4 82 03 01 02 03 82 01 04');
    assert.equal(queueing.queue.isFree, true);
    assert.equal(queueing.queue.waitingSize, 0);
    assert.equal(queueing.queue.waitingCost, 0);
  });

  it('gives an entry of a prepared message that waits, by which it is withdrawn', () => {
    const queueing = new Queueing();
    const prepared = new PreparedMessage(hex('01 02 03'), 2);
    assert.equal(queueing.queue.sendPrepared(prepared), undefined, 'it was sent');
    queueing.open();
    const entry = queueing.queue.sendPrepared(prepared);

    assert.equal(entry?.withdraw(), true);
    assert.equal(entry.withdraw(), false);
    assert.equal(queueing.queue.waitingSize, 0);
    const late = queueing.queue.sendPrepared(prepared);
    queueing.end();
    assert.equal(late?.withdraw(), false, 'it was sent');

    assert.equal(queueing.take(), '82 03 01 02 03 82 00 82 03 01 02 03');
  });

  it('keeps the format of a message that waits', () => {
    const queueing = new Queueing();
    queueing.open();
    queueing.queue.send(hex('01 02 03'), { opcode: 2, reservedBits: 4, fragmentSize: 2 });
    queueing.end();

    assert.equal(queueing.take(), '82 00 42 02 01 02 80 01 03');
  });

  it('keeps copies of what waits, up to the high-water mark, and the rest where it is', () => {
    const queueing = new Queueing(2 * (ENTRY_COST + 2));
    const payloads = ['01 01', '02 02', '03 03'].map((bytes) => hex(bytes));
    queueing.open();

    payloads.forEach((payload, index) => queueing.send(`message ${index}`, payload));
    assert.deepEqual(queueing.log, ['message 0 taken', 'message 1 taken']);
    assert.equal(queueing.queue.waitingCost, 6 + 3 * ENTRY_COST + WAITER_COST);
    for (const payload of payloads) payload.fill(0xee);
    queueing.end();

    assert.equal(queueing.log.at(-1), 'message 2 taken');
    assert.equal(queueing.take(), '82 00 82 02 01 01 82 02 02 02 82 02 ee ee');
  });

  it('shows what waits in memory that others may hold: not its copies, nor who waits for a turn', () => {
    const queueing = new Queueing(ENTRY_COST + 1);
    const payload = hex('02 03');
    const prepared = new PreparedMessage(hex('04'), 2);
    const shown: Uint8Array[] = [];
    queueing.open();
    queueing.send('copied', hex('01'));
    queueing.send('in place', payload);
    queueing.queue.sendPrepared(prepared);
    queueing.queue.take(queueing.holder('it'));

    queueing.queue.visitShared((bytes) => shown.push(bytes));

    assert.deepEqual(shown.map(toHex), ['02 03', '82 01 04']);
    assert.equal(shown[0]?.buffer, payload.buffer);
    assert.equal(shown[1], prepared.frame);
  });

  it('keeps text that waits, whatever its size', () => {
    const queueing = new Queueing(0);
    queueing.open();

    queueing.send('text', '€');
    assert.deepEqual(queueing.log, []);
    assert.equal(queueing.queue.waitingSize, 3);
    queueing.end();

    assert.equal(queueing.take(), '82 00 81 03 e2 82 ac');
  });

  it('sends a payload as long as it was, though its memory grew while it waited', () => {
    const queueing = new Queueing(0);
    const { bytes, grow } = growingPayload(3);
    const payload = toHex(bytes);
    queueing.open();
    queueing.queue.send(bytes, BINARY);
    grow();
    queueing.end();

    assert.equal(queueing.take(), `82 00 82 03 ${payload}`);
  });

  for (const loss of LOSSES) {
    it(`tells that a payload was ${loss} while it waited, and its sender when the connection has ended`, () => {
      const queueing = new Queueing(0);
      const { bytes, lose } = losablePayload(loss, 10);
      queueing.open();
      queueing.send('it', bytes);
      lose();

      queueing.end();
      assert.deepEqual(queueing.log, ['lost payload 10']);
      assert.equal(queueing.queue.lostSize, 10);
      assert.equal(queueing.take(), '82 00');
      queueing.queue.end(new Error('over'));

      assert.deepEqual(queueing.log, ['lost payload 10', 'it lost: over']);
    });

    it(`does not mind that a payload was ${loss} where it waits in a copy`, () => {
      const queueing = new Queueing();
      const { bytes, lose } = losablePayload(loss, 2);
      const payload = toHex(bytes);
      queueing.open();
      queueing.send('it', bytes);
      lose();
      queueing.end();

      assert.equal(queueing.take(), `82 00 82 02 ${payload}`);
    });
  }

  it('tells of a lost payload that nobody waits for', () => {
    const queueing = new Queueing(0);
    const { bytes, lose } = losablePayload('detached', 10);
    queueing.open();
    queueing.queue.send(bytes, BINARY);
    lose();

    queueing.end();
    queueing.queue.end(new Error('over'));

    assert.deepEqual(queueing.log, ['lost payload 10']);
  });

  describe('withdraw', () => {
    it('takes back what waits, once, wherever it stands', () => {
      for (const highWaterMark of [0, Infinity]) {
        const queueing = new Queueing(highWaterMark);
        queueing.open();
        const entries = ['a', 'b', 'c'].map((text) => queueing.send(text, text));

        for (const entry of [entries[1], entries[0]]) {
          assert.ok(entry !== undefined);
          assert.equal(entry.withdraw(), true);
          assert.equal(entry.withdraw(), false);
        }
        assert.equal(queueing.queue.waitingSize, 1);
        queueing.end();

        assert.equal(queueing.take(), '82 00 81 01 63');
        assert.equal(entries[2]!.withdraw(), false);
        assert.equal(queueing.queue.waitingCost, 0);
      }
    });

    it('takes back what has had its turn and waits for an extension that is at work', async () => {
      const scheduling = new Scheduling();
      const transform = new TestSendTransform({ change: increment, isLater: () => true });
      const pipeline: SendPipeline = new SendPipeline({
        scheduler: scheduling.scheduler,
        transform,
        text: portableTextCodec,
        fragmentSize: 1000,
        now: () => 0,
        isFull: () => false,
        listener: {
          onMessageSent: () => queue.advance(),
          onSendError: assert.ifError,
          onPayloadLost: () => undefined,
          onLaterOutput: () => undefined,
        },
      });
      const setup = {
        messages: pipeline,
        text: portableTextCodec,
        highWaterMark: 0,
        owner: { onPayloadLost: () => undefined },
      };
      const queue = new SendQueue(setup);
      assert.equal(queue.send(hex('01'), BINARY), undefined, 'it is at work');
      assert.equal(queue.send(hex('02'), BINARY)?.withdraw(), true, 'it has had its turn at once');
      pipeline.beginMessage(2);

      const [withdrawn, sent] = [queue.send(new Uint8Array(100_000), BINARY), queue.send(hex('03'), BINARY)];
      const prepared = queue.sendPrepared(new PreparedMessage(hex('04'), 2));
      pipeline.endMessage();
      assert.equal(queue.waitingSize, 0);
      assert.equal(withdrawn?.withdraw(), true);
      assert.equal(withdrawn.withdraw(), false);
      assert.equal(prepared?.withdraw(), true);
      while (transform.jobs.length > 0) {
        transform.jobs[0]?.finish();
        await tick();
      }

      assert.equal(scheduling.take(), 'a2 01 02 a2 00 a2 01 04');
      assert.equal(sent?.withdraw(), false);
    });

    it('still does so when a Close waits behind it', () => {
      const queueing = new Queueing();
      queueing.open();
      const entry = queueing.send('a', 'a');
      queueing.send('b', 'b');
      const holder = queueing.queue.take(queueing.holder('whole', { isWhole: true }));

      queueing.queue.close(CLOSE);
      for (const waiting of [entry, holder]) assert.ok(waiting !== undefined && waiting.withdraw());
      queueing.end();

      assert.equal(queueing.take(), '82 00 81 01 62 88 02 03 e8');
    });
  });

  describe('a turn', () => {
    it('is there at once where nothing is open, and all others wait until it ends', () => {
      const queueing = new Queueing();
      const holder = queueing.holder('it');

      assert.equal(queueing.queue.take(holder), undefined);
      assert.deepEqual(queueing.log, [], 'it need not be told');
      assert.equal(queueing.queue.isFree, false);
      queueing.queue.send(hex('01'), BINARY);
      queueing.open();
      queueing.end();
      assert.equal(queueing.take(), '82 00');
      queueing.queue.release(holder);

      assert.equal(queueing.take(), '82 01 01');
    });

    it('is waited for in order', () => {
      const queueing = new Queueing();
      queueing.open();
      const [one, other] = [queueing.holder('one'), queueing.holder('other')];
      queueing.queue.take(one);
      queueing.queue.send(hex('01'), BINARY);
      queueing.queue.take(other);
      assert.equal(queueing.queue.waitingCost, 3 * ENTRY_COST + 2 * WAITER_COST + 1);

      queueing.end();
      assert.deepEqual(queueing.log, ['one has the turn']);
      queueing.queue.release(other);
      assert.deepEqual(queueing.log, ['one has the turn'], 'only its holder gives it back');
      queueing.queue.release(one);

      assert.deepEqual(queueing.log, ['one has the turn', 'other has the turn']);
      assert.equal(queueing.take(), '82 00 82 01 01');
    });

    it('counts what its holder was given', () => {
      const queueing = new Queueing();
      const holder = queueing.holder('it', { pendingSize: 7, pendingCost: 300 });

      queueing.queue.take(holder);
      assert.deepEqual([queueing.queue.waitingSize, queueing.queue.waitingCost], [7, 300]);
      queueing.queue.release(holder);
      queueing.open();
      queueing.queue.take(holder);
      assert.deepEqual([queueing.queue.waitingSize, queueing.queue.waitingCost], [7, 300 + ENTRY_COST + WAITER_COST]);
      queueing.end();

      assert.deepEqual([queueing.queue.waitingSize, queueing.queue.waitingCost], [7, 300]);
    });

    it('may be used for a whole message, which ends it', () => {
      const queueing = new Queueing();
      const [holder, other] = [queueing.holder('it'), queueing.holder('other')];
      queueing.queue.take(holder);
      queueing.queue.send('b', { opcode: 1 });

      queueing.queue.sendInTurn(other, 'x', { opcode: 1 });
      queueing.queue.sendInTurn(holder, 'a', { opcode: 1 });
      queueing.queue.sendInTurn(holder, 'x', { opcode: 1 });

      assert.equal(queueing.take(), '81 01 61 81 01 62');
    });

    it('may be given back within the call that tells of it, and sent in', () => {
      const queueing = new Queueing();
      queueing.open();
      for (const name of ['a', 'b', 'c']) {
        const holder: TurnHolder = queueing.holder(name, {
          onTurn: () => {
            queueing.queue.send(name, { opcode: 1 });
            queueing.queue.release(holder);
          },
        });
        queueing.queue.take(holder);
      }

      queueing.end();

      assert.equal(queueing.take(), '82 00 81 01 61 81 01 62 81 01 63');
      assert.equal(queueing.queue.isFree, true);
    });

    it('comes to each of a hundred thousand, one after the other', () => {
      const queueing = new Queueing();
      queueing.open();
      let turns = 0;
      for (let count = 0; count < 100_000; count++) {
        const holder: TurnHolder = queueing.holder('it', {
          onTurn: () => {
            turns++;
            queueing.queue.release(holder);
          },
        });
        queueing.queue.take(holder);
      }

      queueing.end();

      assert.equal(turns, 100_000);
    });
  });

  describe('close', () => {
    it('sends Close at once where nothing waits', () => {
      const queueing = new Queueing();

      queueing.queue.close(CLOSE);

      assert.equal(queueing.take(), '88 02 03 e8');
      assert.deepEqual(queueing.log, ['close sent']);
    });

    it('sends it behind the open message and the whole ones that wait; others get no turn any more', () => {
      const queueing = new Queueing();
      queueing.open();
      queueing.send('a', 'a');
      queueing.queue.take(queueing.holder('pieces'));
      const whole: TurnHolder = queueing.holder('whole', {
        isWhole: true,
        onTurn: () => queueing.queue.sendInTurn(whole, 'b', { opcode: 1 }),
      });
      queueing.queue.take(whole);

      queueing.queue.close(CLOSE);
      assert.equal(queueing.take(), '');
      queueing.end();
      queueing.queue.end(new Error('over'));

      assert.equal(queueing.take(), '82 00 81 01 61 81 01 62 88 02 03 e8');
      assert.deepEqual(queueing.log, ['a taken', 'close sent', 'pieces lost: over']);
    });

    it('waits for a holder whose message is open, and takes the turn from one whose message is not', () => {
      for (const isOpen of [true, false]) {
        const queueing = new Queueing();
        const holder = queueing.holder('it', { onClosing: () => isOpen });
        queueing.queue.take(holder);
        if (isOpen) queueing.open();

        queueing.queue.close(CLOSE);
        assert.equal(queueing.take(), isOpen ? '' : '88 02 03 e8');
        if (isOpen) queueing.end();
        queueing.queue.release(holder);
        queueing.queue.end(new Error('over'));

        assert.equal(queueing.take(), isOpen ? '82 00 88 02 03 e8' : '');
        assert.deepEqual(queueing.log, isOpen ? ['close sent'] : ['close sent', 'it lost: over']);
      }
    });
  });

  describe('the end', () => {
    it('is told to whoever waits or has the turn, in order', () => {
      const queueing = new Queueing(ENTRY_COST + 1);
      queueing.queue.take(queueing.holder('holder'));
      queueing.send('copy', hex('01'));
      queueing.send('in place', hex('02'));
      queueing.queue.take(queueing.holder('waiting'));
      queueing.log.length = 0;

      queueing.queue.end(new Error('over'));
      queueing.queue.end(new Error('again'));

      assert.deepEqual(queueing.log, ['in place lost: over', 'waiting lost: over', 'holder lost: over']);
      assert.deepEqual([queueing.queue.waitingSize, queueing.queue.waitingCost], [0, 0]);
    });

    it('shows what waits to whoever asks, and nothing where nothing has ever waited', () => {
      const queueing = new Queueing(0);
      const seen: number[] = [];
      const visit = ({ length }: Uint8Array): void => void seen.push(length);
      queueing.queue.visitShared(visit);
      queueing.open();
      queueing.send('a', new Uint8Array(3));

      queueing.queue.visitShared(visit);

      assert.deepEqual(seen, [3]);
      queueing.end();
    });

    it('says whether somebody is to be told', () => {
      const queueing = new Queueing();
      const holder = queueing.holder('holder');
      assert.equal(queueing.queue.isIdle, true);

      queueing.queue.take(holder);
      assert.equal(queueing.queue.isIdle, false, 'somebody has the turn');
      queueing.queue.release(holder);
      assert.equal(queueing.queue.isIdle, true);

      queueing.open();
      queueing.send('a', 'a');
      assert.equal(queueing.queue.isIdle, false, 'a message waits');
      queueing.end();
      assert.equal(queueing.queue.isIdle, true);

      queueing.open();
      queueing.queue.close(CLOSE);
      assert.equal(queueing.queue.isIdle, false, 'Close waits');
    });

    it('is told then, not when all is given up', () => {
      const queueing = new Queueing(0);
      queueing.open();
      queueing.send('a', 'a');
      queueing.queue.close(CLOSE);

      queueing.queue.clear();
      assert.deepEqual(queueing.log, []);
      assert.equal(queueing.queue.waitingSize, 0);
      queueing.end();
      assert.equal(queueing.take(), '82 00', 'neither the message nor Close');
      queueing.queue.end(new Error('over'));

      assert.deepEqual(queueing.log, ['a lost: over']);
    });
  });

  it('makes an error for a lost payload', () => {
    const error = lostPayload(12);

    assert.equal(error.name, 'LocalUsageError');
    assert.match(error.message, /12 bytes was detached or shrunk/);
  });
});
