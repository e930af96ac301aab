import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';
import { Receiving } from '../../helpers/receiving.ts';
import { splits } from '../../helpers/splits.ts';
import { TestTransform, increment, tick } from '../../helpers/transforms.ts';

const { PAUSE, PROMISE, DEMAND } = HoldReason;

const STREAM = '01 02 61 62 89 01 07 80 01 63 82 00 88 00';
const LINES = [
  'begin 1',
  'frame 2',
  'data 61 62',
  'frame end',
  'control 9: 07',
  'frame 1 fin',
  'data 63',
  'frame end',
  'end',
  'begin 2',
  'frame 0 fin',
  'frame end',
  'end',
  'control 8: ',
];
const isControl = (line: string): boolean => line.startsWith('control');
const MESSAGES = LINES.filter((line) => !isControl(line));

/** `count` empty messages. */
function emptyMessages(count: number): Uint8Array<ArrayBuffer> {
  return concat(Array<Uint8Array>(count).fill(hex('82 00')));
}

describe('Inbound', () => {
  it('tells what comes, however it is cut', () => {
    for (const chunks of splits(hex(STREAM))) {
      const receiving = new Receiving();

      receiving.feed(chunks);

      assert.deepEqual(receiving.log.merged, LINES);
      assert.deepEqual(receiving.inbound.counts, {
        framesReceived: 5,
        messagesReceived: 2,
        dataReceived: 3,
        controlReceived: 1,
        transformedSize: undefined,
      });
      assert.equal(receiving.inbound.bytesDiscarded, 0);
    }
  });

  it('says whether a frame has begun and not ended', () => {
    const receiving = new Receiving();
    const inside = [...hex('82 02 01 02 82')].map((byte) => {
      receiving.feed([Uint8Array.of(byte)]);
      return receiving.inbound.insideFrame;
    });

    assert.deepEqual(inside, [true, true, true, false, true]);
  });

  it('gives payload in pieces of at most 64 KiB where it is copied for the application, otherwise as it comes', () => {
    const chunk = frame({ payload: new Uint8Array(200_000) });
    const sizes = (setup: ConstructorParameters<typeof Receiving>[0]): number[] => {
      const receiving = new Receiving(setup);
      receiving.feed([Uint8Array.from(chunk)]);
      const data = receiving.log.lines.filter((line) => line.startsWith('data'));
      return data.map((line) => line.slice(5).split(' ').length);
    };

    assert.deepEqual(sizes({}), [65_536, 65_536, 65_536, 3392]);
    assert.deepEqual(sizes({ level: 'whole or streaming' }), [65_536, 65_536, 65_536, 3392]);
    assert.deepEqual(sizes({ lendsPayload: true }), [200_000]);
  });

  describe('while the application is busy', () => {
    for (const event of ['begin', 'frame ', 'data', 'frame end', 'end']) {
      it(`tells nothing more behind '${event}', and goes on in order, however the stream is cut`, () => {
        for (const chunks of splits(hex(STREAM))) {
          const receiving = new Receiving({
            onLine: (line, inbound) => {
              if (!isControl(line) && line.startsWith(event)) inbound.hold(PAUSE);
            },
          });

          for (const chunk of chunks) {
            receiving.feed([chunk]);
            while (receiving.inbound.release(PAUSE)) {
              const told = receiving.log.lines.at(-1) ?? '';
              assert.ok(receiving.inbound.isEmpty || told.startsWith(event), told);
            }
          }

          assert.deepEqual(
            receiving.log.merged.filter((line) => !isControl(line)),
            MESSAGES,
          );
        }
      });
    }

    it('goes on with what is for the engine at once, and has the rest wait', () => {
      for (const chunks of splits(hex(STREAM))) {
        const receiving = new Receiving();
        receiving.inbound.hold(PROMISE);

        receiving.feed(chunks);
        assert.deepEqual(receiving.log.lines, ['control 9: 07', 'control 8: ']);
        assert.equal(receiving.inbound.isEmpty, false);
        receiving.inbound.release(PROMISE);

        assert.deepEqual(
          receiving.log.merged.filter((line) => !isControl(line)),
          MESSAGES,
        );
        assert.equal(receiving.inbound.isEmpty, true);
      }
    });

    it('goes on when the last of several reasons is gone', () => {
      const receiving = new Receiving();
      for (const reason of [PAUSE, PROMISE, PAUSE]) receiving.inbound.hold(reason);
      receiving.feed([hex('82 00')]);

      assert.equal(receiving.inbound.release(DEMAND), false);
      assert.equal(receiving.inbound.release(PAUSE), false);
      assert.equal(receiving.inbound.release(PAUSE), false);
      assert.deepEqual(receiving.log.lines, []);
      assert.equal(receiving.inbound.release(PROMISE), true);
      assert.equal(receiving.inbound.release(PROMISE), false);

      assert.equal(receiving.log.lines.length, 4);
      assert.equal(receiving.inbound.handedOut, 4);
    });

    it('has nothing wait where the reason goes within the event', () => {
      for (const chunks of splits(hex(STREAM))) {
        const receiving = new Receiving({
          limits: { readAhead: 0 },
          onLine: (_line, inbound) => {
            inbound.hold(PAUSE);
            inbound.release(PAUSE);
          },
        });

        receiving.feed(chunks);

        assert.deepEqual(receiving.log.merged, LINES);
        assert.equal(receiving.inbound.handedOut, 0);
      }
    });

    for (const level of ['streaming', 'frame', 'message', 'whole or streaming'] as const) {
      it(`stops reading when enough waits, and loses nothing, at the level '${level}'`, () => {
        const receiving = new Receiving({ level, limits: { readAhead: 10 * ENTRY_COST } });
        const straight = new Receiving({ level });
        const stream = concat([emptyMessages(100), hex('02 01 61 89 00 80 01 62')]);
        straight.feed([Uint8Array.from(stream)]);
        receiving.inbound.hold(PAUSE);

        receiving.feed([Uint8Array.from(stream)]);
        assert.equal(receiving.inbound.wantsInput, false);
        assert.equal(receiving.inbound.hasUnread, true);
        assert.ok(receiving.fulls > 0, 'its owner is told');
        assert.deepEqual(receiving.log.lines, []);
        receiving.inbound.release(PAUSE);

        assert.deepEqual(receiving.log.lines, straight.log.lines);
        assert.equal(receiving.inbound.wantsInput, true);
        assert.equal(receiving.inbound.hasUnread, false);
      });
    }

    for (const level of ['streaming', 'frame', 'message', 'whole or streaming'] as const) {
      for (const size of [0, 1, 100, 16_384]) {
        it(`takes little of a flood of ${size} bytes at the level '${level}'`, () => {
          const receiving = new Receiving({ level });
          receiving.inbound.hold(PAUSE);

          let frames = 0;
          for (; receiving.inbound.wantsInput; frames++) receiving.feed([frame({ payload: new Uint8Array(size) })]);

          const cost = size + ENTRY_COST;
          assert.ok(frames <= 65_536 / cost + 1, `${frames} frames`);
          assert.ok(frames > 65_536 / (size + 5 * ENTRY_COST));
        });
      }
    }

    it('keeps what comes though it does not want it', () => {
      for (const chunks of splits(hex(STREAM))) {
        const receiving = new Receiving({ limits: { readAhead: 0 } });
        receiving.inbound.hold(PAUSE);
        assert.equal(receiving.inbound.wantsInput, false);

        receiving.feed(chunks);
        assert.deepEqual(receiving.log.lines, []);
        receiving.inbound.release(PAUSE);

        assert.deepEqual(receiving.log.merged, LINES);
      }
    });

    it('says what all that costs: what waits, what is collected, and what is not parsed', () => {
      const stream = '82 01 07 82 03 01 02';
      const costs = [Infinity, 1].map((readAhead) => {
        const receiving = new Receiving({ level: 'message', limits: { readAhead } });
        assert.equal(receiving.inbound.cost, 0);
        receiving.inbound.hold(PAUSE);
        receiving.feed([hex(stream)]);
        return receiving.inbound.cost;
      });

      assert.deepEqual(costs, [ENTRY_COST + 1 + 2, ENTRY_COST + 1 + 4]);
    });

    it('stops in the middle of a message that is collected, when that is enough', () => {
      const receiving = new Receiving({ level: 'message', limits: { readAhead: 1000 } });
      receiving.inbound.hold(PAUSE);

      receiving.feed([hex('02 7e 03 e7'), new Uint8Array(999)]);
      assert.equal(receiving.inbound.wantsInput, true);
      receiving.feed([hex('00 01 01')]);

      assert.equal(receiving.inbound.wantsInput, false);
      receiving.inbound.release(PAUSE);
      assert.equal(receiving.inbound.wantsInput, true);
    });
  });

  describe('turns', () => {
    it('end after a thousand frames, and the rest waits for the next', () => {
      const receiving = new Receiving({ level: 'frame' });

      receiving.feed([emptyMessages(2500)]);
      const counts: number[] = [];
      while (receiving.inbound.isTurnOver) {
        counts.push(receiving.inbound.counts.framesReceived);
        assert.equal(receiving.inbound.wantsInput, false);
        receiving.inbound.renewTurn();
      }

      // The chunk is an event, too.
      assert.deepEqual(counts, [1023, 2047]);
      assert.equal(receiving.inbound.counts.framesReceived, 2500);
      assert.equal(receiving.inbound.wantsInput, true);
    });

    it('end when their time is over, looked at with each large chunk', () => {
      const receiving = new Receiving({ onLine: () => (receiving.time += 3) });
      receiving.turnTime = 2;

      receiving.feed([frame({ payload: new Uint8Array(1000) })]);
      assert.equal(receiving.inbound.isTurnOver, false);
      receiving.feed([frame({ payload: new Uint8Array(65_536) })]);

      assert.equal(receiving.inbound.isTurnOver, true);
    });

    it('bound what waits for the application and is handed out', () => {
      const receiving = new Receiving({ level: 'message', limits: { readAhead: Infinity } });
      receiving.inbound.hold(PAUSE);
      while (receiving.inbound.counts.messagesReceived < 3000) {
        receiving.feed([emptyMessages(500)]);
        receiving.inbound.renewTurn();
      }

      receiving.inbound.release(PAUSE);
      assert.equal(receiving.log.lines.length, 1024);
      receiving.inbound.renewTurn();
      receiving.inbound.renewTurn();

      assert.equal(receiving.log.lines.length, receiving.inbound.counts.messagesReceived);
    });

    it('are used up by what is thrown away, too', () => {
      const receiving = new Receiving();
      receiving.inbound.stop();

      for (let count = 0; count < 1024; count++) {
        assert.equal(receiving.inbound.wantsInput, true);
        receiving.feed([hex('00')]);
      }

      assert.equal(receiving.inbound.wantsInput, false);
    });
  });

  describe('who calls back', () => {
    it('may feed more from within a handler', () => {
      for (const at of LINES) {
        const receiving = new Receiving({
          onLine: (line) => {
            if (line === at && receiving.log.lines.filter((other) => other === at).length === 1) {
              receiving.feed([hex('82 01'), hex('09')]);
            }
          },
        });

        receiving.feed([hex(STREAM)]);

        assert.deepEqual(receiving.log.merged, [...LINES, 'begin 2', 'frame 1 fin', 'data 09', 'frame end', 'end']);
      }
    });

    it('may renew the turn, release and go on from within a handler', () => {
      for (const chunks of splits(hex(STREAM))) {
        const receiving = new Receiving({
          onLine: (_line, inbound) => {
            inbound.renewTurn();
            inbound.proceed();
            inbound.release(PAUSE);
            assert.equal(inbound.handOutOne(), false, 'not within another');
          },
        });

        receiving.feed(chunks);

        assert.deepEqual(receiving.log.merged, LINES);
      }
    });

    it('cannot have it begin other work in the midst of its own, not even with what a job has brought', () => {
      for (const chunks of splits(hex(STREAM))) {
        const receiving = new Receiving({
          onLine: (_line, inbound) => inbound.onJobEnded(() => receiving.log.lines.push('nested')),
        });

        receiving.feed(chunks);

        assert.deepEqual(receiving.log.merged, LINES);
      }
    });
  });

  describe('handOutOne', () => {
    it('hands out one thing, though it is held', () => {
      const receiving = new Receiving({ level: 'message' });
      receiving.inbound.hold(DEMAND);
      receiving.feed([hex('81 01 61 81 01 62')]);

      assert.equal(receiving.inbound.handOutOne(), true);
      assert.deepEqual(receiving.log.lines, ['text: a']);
      assert.equal(receiving.inbound.handOutOne(), true);
      assert.equal(receiving.inbound.handOutOne(), false);

      assert.deepEqual(receiving.log.lines, ['text: a', 'text: b']);
    });

    it('has all the others follow, where they are wanted meanwhile', () => {
      const receiving = new Receiving({ level: 'message', onLine: (_line, inbound) => inbound.release(DEMAND) });
      receiving.inbound.hold(DEMAND);
      receiving.feed([hex('81 01 61 81 01 62 81 01 63')]);

      assert.equal(receiving.inbound.handOutOne(), true);

      assert.deepEqual(receiving.log.lines, ['text: a', 'text: b', 'text: c']);
    });

    it('reports what a handler throws', () => {
      const receiving = new Receiving({
        level: 'message',
        onLine: () => {
          throw new Error('bad');
        },
      });
      receiving.inbound.hold(DEMAND);
      receiving.feed([hex('81 01 61')]);

      assert.equal(receiving.inbound.handOutOne(), false);

      assert.deepEqual(
        receiving.errors.map(({ message }) => message),
        ['bad'],
      );
    });
  });

  describe('tellInOrder', () => {
    it('tells something behind the messages that came before it', () => {
      const receiving = new Receiving({ level: 'message' });
      receiving.inbound.tellInOrder(hex(''), () => receiving.log.add('first'));
      receiving.inbound.hold(PAUSE);
      receiving.feed([hex('81 01 61')]);

      receiving.inbound.tellInOrder(hex('01'), () => receiving.log.add('second'));
      receiving.inbound.release(PAUSE);

      assert.deepEqual(receiving.log.lines, ['first', 'text: a', 'second']);
    });

    it('reports what is thrown there', () => {
      const receiving = new Receiving();
      receiving.inbound.hold(PAUSE);
      receiving.inbound.tellInOrder(hex(''), () => {
        throw new Error('bad');
      });

      receiving.inbound.release(PAUSE);

      assert.deepEqual(
        receiving.errors.map(({ message }) => message),
        ['bad'],
      );
    });
  });

  it('has payload go through transforms, each of whose jobs has a deadline', async () => {
    const transform = new TestTransform({ change: increment, isLater: () => true });
    const receiving = new Receiving({ transforms: [transform] });
    receiving.time = 500;

    receiving.feed([hex('82 01 01')]);
    assert.equal(receiving.inbound.jobDeadline, 30_500);
    transform.jobs[0]?.finish();
    await tick();
    transform.jobs[0]?.finish();
    await tick();

    assert.deepEqual(receiving.log.merged, ['begin 2', 'frame 1 fin', 'data 02']);
    assert.equal(receiving.inbound.isWaiting, true, 'for what is left at the end of the message');
    transform.jobs[0]?.finish();
    await tick();
    assert.equal(receiving.log.lines.at(-1), 'end');
    assert.equal(receiving.inbound.jobDeadline, Infinity);
  });

  it('has no deadline for jobs where there are none', () => {
    assert.equal(new Receiving().inbound.jobDeadline, Infinity);
  });

  it('takes nothing of a job that ends when nothing is parsed any more', async () => {
    const transform = new TestTransform({ change: increment, isLater: () => true });
    const receiving = new Receiving({ transforms: [transform] });
    receiving.feed([hex('82 01 01')]);

    receiving.inbound.stop();
    transform.jobs[0]?.finish();
    await tick();

    assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 1 fin']);
    assert.equal(receiving.inbound.jobDeadline, Infinity);
  });

  it('drops messages that are ignored, and goes on', () => {
    const receiving = new Receiving({ limits: { readAhead: 3 * ENTRY_COST } });
    receiving.inbound.hold(PAUSE);
    receiving.feed([hex('82 00 82 00 82 00'), hex('89 00')]);
    assert.equal(receiving.inbound.wantsInput, false);

    receiving.inbound.ignoreMessages();

    assert.deepEqual(receiving.log.lines, ['control 9: ']);
    assert.equal(receiving.inbound.wantsInput, true);
    receiving.inbound.release(PAUSE);
    receiving.feed([hex('82 00 89 00')]);
    assert.deepEqual(receiving.log.lines, ['control 9: ', 'control 9: ']);
    assert.equal(receiving.inbound.bytesDiscarded, 0, 'nobody wanted them');
  });

  describe('what goes wrong', () => {
    it('is reported, and receiving stops, at the same place however the stream is cut', () => {
      for (const chunks of splits(hex('82 00 c1 01 82 00 82 00'))) {
        const receiving = new Receiving();

        receiving.feed(chunks);

        assert.deepEqual(
          receiving.errors.map(({ name }) => name),
          ['RemoteProtocolError'],
        );
        assert.equal(receiving.log.lines.length, 4);
        assert.equal(receiving.inbound.isStopped, true);
        assert.equal(receiving.inbound.hasUnread, false);
      }
    });

    it('is reported in its turn, where it has waited', () => {
      const receiving = new Receiving({ limits: { readAhead: 0 } });
      receiving.inbound.hold(PAUSE);
      receiving.feed([hex('82 00 c1 01'), hex('82 00')]);
      assert.deepEqual(receiving.errors, []);

      receiving.inbound.release(PAUSE);

      assert.equal(receiving.errors.length, 1);
      assert.equal(receiving.log.lines.length, 4);
      assert.equal(receiving.inbound.hasUnread, false);
    });

    for (const thrown of [new Error('from a handler'), 'no error', undefined] as unknown[]) {
      it(`is ${String(thrown)}, thrown by a handler, at each event, at once or later`, () => {
        for (const isHeld of [false, true]) {
          for (const line of isHeld ? MESSAGES : LINES) {
            const receiving = new Receiving({
              onLine: (told) => {
                if (told === line) throw thrown;
              },
            });
            if (isHeld) receiving.inbound.hold(PAUSE);

            receiving.feed([hex(STREAM)]);
            receiving.inbound.release(PAUSE);

            assert.equal(receiving.errors.length, 1);
            assert.equal(receiving.errors[0] === thrown || receiving.errors[0]?.cause === thrown, true);
            assert.equal(receiving.log.merged.at(-1), line);
          }
        }
      });
    }
  });
});
