import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { randomBytes } from '../../helpers/random.ts';
import { Receiving } from '../../helpers/receiving.ts';

const { PAUSE } = HoldReason;

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

/** `count` empty messages. */
function emptyMessages(count: number): Uint8Array<ArrayBuffer> {
  return concat(Array<Uint8Array>(count).fill(hex('82 00')));
}

describe('Inbound, when receiving ends', () => {
  describe('stop', () => {
    it('has nothing parsed any more, and what waits is still handed out', () => {
      const receiving = new Receiving({ limits: { readAhead: 5 * ENTRY_COST } });
      receiving.inbound.hold(PAUSE);
      receiving.feed([emptyMessages(10)]);

      receiving.inbound.stop();
      receiving.inbound.stop();
      assert.equal(receiving.inbound.isEmpty, false);
      assert.equal(receiving.inbound.hasUnread, false);
      receiving.inbound.release(PAUSE);
      receiving.feed([hex('82 00')]);

      assert.deepEqual(receiving.log.lines.slice(4), ['begin 2', 'frame 0 fin']);
      assert.equal(receiving.inbound.bytesDiscarded, 20 - 4 + 2);
      assert.equal(receiving.inbound.bytesBehindEnd, 2);
    });

    for (const line of LINES) {
      it(`within '${line}' has nothing more told, not even of the rest of the chunk, and counts that`, () => {
        for (const isHeld of [false, true]) {
          const receiving = new Receiving({
            limits: { readAhead: 0 },
            onLine: (told, inbound) => {
              if (told === line) inbound.stop();
            },
          });
          if (isHeld) receiving.inbound.hold(PAUSE);

          receiving.feed([hex(STREAM), hex('82 00')]);
          receiving.inbound.release(PAUSE);

          const told = LINES.slice(0, LINES.indexOf(line) + 1);
          // A frame that ends where it began has nothing between.
          const isInside = ['begin', 'frame 0', 'frame 1', 'frame 2'].some((start) => line.startsWith(start));
          assert.deepEqual(receiving.log.lines, isInside ? receiving.log.lines : told);
          assert.equal(receiving.log.lines.at(-1), line);
          const counted = receiving.inbound.bytesDiscarded;
          assert.ok(counted >= 2 && counted <= 16, `${counted} bytes`);
        }
      });
    }

    it('counts the same, whether what came had to wait or not', () => {
      const discarded = [0, Infinity].map((readAhead) => {
        const receiving = new Receiving({
          level: 'message',
          limits: { readAhead },
          onLine: (line, inbound) => {
            if (isControl(line)) inbound.stop();
          },
        });
        receiving.inbound.hold(PAUSE);
        receiving.feed([hex('82 00 02 03 01 02 03 88 00 82 05 01 02')]);
        receiving.inbound.release(PAUSE);
        assert.deepEqual(receiving.log.lines.at(-1), readAhead === 0 ? 'control 8: ' : 'message 2: ');
        return receiving.inbound.bytesDiscarded;
      });

      assert.deepEqual(discarded, [7, 7], 'three bytes of a message without end, four behind the Close');
    });

    it('counts what waits and is dropped then', () => {
      const receiving = new Receiving({ level: 'message' });
      receiving.inbound.hold(PAUSE);
      receiving.feed([hex('82 03 01 02 03')]);

      receiving.inbound.stop();
      receiving.inbound.drop();
      receiving.inbound.release(PAUSE);

      assert.deepEqual(receiving.log.lines, []);
      assert.equal(receiving.inbound.bytesDiscarded, 3);
    });
  });

  describe('cut', () => {
    it('tells the application behind what came of a message that it will never be complete', () => {
      const receiving = new Receiving({ level: 'whole or streaming' });
      receiving.feed([hex('02 01 61')]);

      receiving.inbound.cut();

      assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 1', 'data 61', 'frame end', 'cut']);
      assert.equal(receiving.inbound.isCut, true);
      assert.equal(receiving.inbound.isSettled, true);
    });

    it('tells nothing between messages', () => {
      const receiving = new Receiving({ level: 'whole or streaming' });
      receiving.feed([hex('82 01 61')]);

      receiving.inbound.cut();

      assert.deepEqual(receiving.log.lines, ['whole 2: 61']);
      assert.equal(receiving.inbound.isCut, false);
    });

    it('has only what came before the message be worth waiting for', () => {
      const receiving = new Receiving({ level: 'whole or streaming' });
      receiving.inbound.hold(HoldReason.DEMAND);
      receiving.feed([hex('82 01 07 02 01 61')]);
      receiving.inbound.cut();
      assert.equal(receiving.inbound.isSettled, false);
      const { advances } = receiving;

      assert.equal(receiving.inbound.handOutOne(), true);

      assert.deepEqual(receiving.log.lines, ['whole 2: 07']);
      assert.equal(receiving.inbound.isSettled, true);
      assert.equal(receiving.inbound.isEmpty, false);
      assert.equal(receiving.advances, advances + 1, 'its owner may end it now');
    });
  });

  describe('stopWaiting', () => {
    it('goes on with messages as long as there is room', () => {
      const receiving = new Receiving();
      receiving.inbound.stopWaiting();

      receiving.feed([hex(STREAM)]);

      assert.deepEqual(receiving.log.merged, LINES);
    });

    it('discards what exceeds readAhead, for good, and finds the control frames behind it', () => {
      for (const level of ['streaming', 'frame', 'message', 'whole or streaming'] as const) {
        const receiving = new Receiving({ level, limits: { readAhead: 5 * ENTRY_COST } });
        receiving.inbound.hold(PAUSE);
        receiving.feed([emptyMessages(10)]);
        assert.equal(receiving.inbound.wantsInput, false);

        receiving.inbound.stopWaiting();
        receiving.feed([hex('82 03 01 02 03 89 00')]);
        assert.equal(receiving.inbound.wantsInput, true);
        receiving.inbound.release(PAUSE);
        const told = receiving.log.lines.length;
        receiving.feed([hex('82 01 01 88 00')]);

        assert.equal(receiving.log.lines.at(0), 'control 9: ');
        assert.ok(told <= 7);
        assert.deepEqual(receiving.log.lines.slice(told), ['control 8: ']);
        assert.equal(receiving.inbound.bytesDiscarded, 4);
      }
    });

    it('discards what a later hold finds too much', () => {
      const receiving = new Receiving({
        limits: { readAhead: 0 },
        onLine: (line, inbound) => {
          if (line === 'begin 1') inbound.hold(PAUSE);
        },
      });
      receiving.inbound.stopWaiting();

      receiving.feed([hex(STREAM)]);
      receiving.inbound.release(PAUSE);
      receiving.inbound.hold(PAUSE);
      receiving.feed([hex('82 00')]);

      assert.deepEqual(receiving.log.lines, ['begin 1', 'control 9: 07', 'control 8: ']);
      assert.equal(receiving.inbound.bytesDiscarded, 3);
    });

    it('takes effect within the event that holds', () => {
      const receiving = new Receiving({
        limits: { readAhead: 0 },
        onLine: (line, inbound) => {
          if (line !== 'begin 1') return;
          inbound.hold(PAUSE);
          inbound.stopWaiting();
        },
      });

      receiving.feed([hex(STREAM)]);

      assert.deepEqual(receiving.log.lines, ['begin 1', 'control 9: 07', 'control 8: ']);
    });

    it('counts what was collected of a message that is discarded', () => {
      for (const level of ['frame', 'message'] as const) {
        const receiving = new Receiving({ level, limits: { readAhead: 500 } });
        receiving.feed([hex('02 7e 02 00'), randomBytes(500, 1)]);

        receiving.inbound.stopWaiting();
        receiving.inbound.hold(PAUSE);
        receiving.feed([new Uint8Array(12), hex('88 00')]);

        assert.equal(receiving.log.lines.at(-1), 'control 8: ');
        assert.equal(receiving.inbound.bytesDiscarded, 512);
      }
    });

    it('keeps a flood of control frames from waiting, too, when too much waits', () => {
      const receiving = new Receiving({ limits: { readAhead: 5 * ENTRY_COST } });
      let told = 0;
      receiving.inbound.hold(PAUSE);
      receiving.inbound.stopWaiting();

      for (let count = 0; count < 1000; count++) receiving.inbound.tellInOrder(new Uint8Array(10), () => told++);
      receiving.inbound.release(PAUSE);

      assert.equal(told, 5);
      assert.equal(receiving.inbound.bytesDiscarded, 9950);
    });
  });
});
