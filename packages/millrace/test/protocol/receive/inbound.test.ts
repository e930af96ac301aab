import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Inbound } from '../../../src/protocol/receive/inbound.ts';
import { ClaimTable } from '../../../src/protocol/extension/claims.ts';
import { hex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { splits } from '../../helpers/splits.ts';

/** An inbound half of a client, which does what a test says when a line is written. */
class Receiving {
  readonly log: EventLog;
  readonly errors: Error[] = [];
  readonly inbound: Inbound;

  constructor(onLine: (line: string, inbound: Inbound) => void = () => undefined) {
    this.log = new EventLog((line) => onLine(line, this.inbound));
    this.inbound = new Inbound({
      role: 'client',
      reserved: new ClaimTable(),
      messages: this.log.streaming,
      largestPiece: Infinity,
      owner: {
        ...this.log.controls,
        onReceiveError: (error) => {
          this.errors.push(error);
          this.inbound.stop();
        },
      },
    });
  }

  /** Feeds chunks, which are only lent. */
  feed(chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) {
      this.inbound.receive(chunk);
      chunk.fill(0xee);
    }
  }
}

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

describe('Inbound', () => {
  it('tells what comes, however it is cut', () => {
    for (const chunks of splits(hex(STREAM))) {
      const receiving = new Receiving();

      receiving.feed(chunks);

      assert.deepEqual(receiving.log.merged, LINES);
    }
  });

  for (const event of ['begin', 'frame ', 'data', 'frame end', 'end', 'control']) {
    it(`pauses at once after '${event}', and goes on in order, however the stream is cut`, () => {
      for (const chunks of splits(hex(STREAM))) {
        let pauses = 0;
        const receiving = new Receiving((line, inbound) => {
          if (!line.startsWith(event) || (event === 'frame ' && line === 'frame end')) return;
          pauses++;
          inbound.pause('test');
        });
        for (const chunk of chunks) {
          receiving.feed([chunk]);
          while (!receiving.inbound.isReady) {
            const told = receiving.log.lines.length;
            const before = pauses;
            receiving.inbound.resume('test');
            assert.ok(pauses === before || receiving.log.lines.length > told);
          }
        }

        assert.deepEqual(receiving.log.merged, LINES);
        assert.ok(pauses > 0);
      }
    });
  }

  it('tells nothing behind the event that paused, and keeps what comes meanwhile', () => {
    const receiving = new Receiving((line, inbound) => {
      if (line === 'begin 1') inbound.pause('test');
    });

    receiving.feed([hex('01 02 61'), hex('62 89 01'), hex('07 80 01 63 82 00 88 00')]);
    assert.deepEqual(receiving.log.lines, ['begin 1']);
    assert.equal(receiving.inbound.isReady, false);
    assert.equal(receiving.inbound.resume('test'), true);

    assert.deepEqual(receiving.log.merged, LINES);
    assert.equal(receiving.inbound.isReady, true);
  });

  it('goes on when the last of several reasons is gone', () => {
    const receiving = new Receiving();
    receiving.inbound.pause('a');
    receiving.inbound.pause('b');
    receiving.inbound.pause('a');
    receiving.feed([hex('82 00')]);

    assert.equal(receiving.inbound.resume('c'), false);
    assert.equal(receiving.inbound.resume('a'), false);
    assert.equal(receiving.inbound.resume('a'), false);
    assert.deepEqual(receiving.log.lines, []);
    assert.equal(receiving.inbound.resume('b'), true);
    assert.equal(receiving.inbound.resume('b'), false);

    assert.equal(receiving.log.lines.length, 4);
  });

  it('does not pause where the reason goes within the event', () => {
    for (const chunks of splits(hex(STREAM))) {
      const receiving = new Receiving((_line, inbound) => {
        inbound.pause('test');
        inbound.resume('test');
      });

      receiving.feed(chunks);

      assert.deepEqual(receiving.log.merged, LINES);
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

  it('counts frames and messages', () => {
    const receiving = new Receiving();

    receiving.feed([hex(STREAM)]);

    assert.deepEqual(receiving.inbound.counts, { framesReceived: 5, messagesReceived: 2 });
  });

  it('reports a broken rule, and stops', () => {
    const receiving = new Receiving();

    receiving.feed([hex('82 00 81 80 82 00'), hex('82 00')]);

    assert.deepEqual(
      receiving.errors.map(({ name }) => name),
      ['RemoteProtocolError'],
    );
    assert.equal(receiving.log.lines.length, 4);
    assert.equal(receiving.inbound.isStopped, true);
  });

  for (const thrown of [new Error('from a handler'), 'no error', undefined] as unknown[]) {
    it(`reports ${String(thrown)}, thrown by a handler, at each event`, () => {
      for (const line of LINES) {
        const receiving = new Receiving((told) => {
          if (told === line) throw thrown;
        });

        receiving.feed([hex(STREAM)]);

        assert.equal(receiving.errors.length, 1);
        assert.equal(receiving.errors[0] === thrown || receiving.errors[0]?.cause === thrown, true);
        assert.equal(receiving.log.merged.at(-1), line);
      }
    });
  }

  it('reports what is thrown by the event that waited', () => {
    const receiving = new Receiving((line, inbound) => {
      if (line === 'begin 1') inbound.pause('test');
      if (line === 'frame 2') throw new Error('late');
    });
    receiving.feed([hex(STREAM)]);

    receiving.inbound.resume('test');

    assert.deepEqual(
      receiving.errors.map(({ message }) => message),
      ['late'],
    );
    assert.equal(receiving.inbound.resume('test'), false);
  });

  it('parses nothing after stop, and forgets what waits', () => {
    const receiving = new Receiving();
    receiving.inbound.pause('test');
    receiving.feed([hex('82 00')]);

    receiving.inbound.stop();
    assert.equal(receiving.inbound.resume('test'), false);
    receiving.inbound.stopWaiting();

    assert.deepEqual(receiving.log.lines, []);
    assert.equal(receiving.inbound.isReady, false);
  });

  describe('stopWaiting', () => {
    it('discards messages that wait, and finds the control frames behind them', () => {
      const receiving = new Receiving((line, inbound) => {
        if (line.startsWith('data')) inbound.pause('test');
      });
      receiving.feed([hex(STREAM)]);

      receiving.inbound.stopWaiting();

      assert.deepEqual(receiving.log.lines, ['begin 1', 'frame 2', 'data 61 62', 'control 9: 07', 'control 8: ']);
      assert.equal(receiving.inbound.isReady, true);
    });

    it('goes on with messages as long as nothing pauses', () => {
      const receiving = new Receiving();
      receiving.inbound.stopWaiting();

      receiving.feed([hex(STREAM)]);

      assert.deepEqual(receiving.log.merged, LINES);
    });

    it('has a later pause discard messages for good', () => {
      const receiving = new Receiving((line, inbound) => {
        if (line === 'begin 1') inbound.pause('test');
      });
      receiving.inbound.stopWaiting();

      receiving.feed([hex(STREAM)]);
      receiving.inbound.resume('test');
      receiving.feed([hex('82 00')]);

      assert.deepEqual(receiving.log.lines, ['begin 1', 'control 9: 07', 'control 8: ']);
    });

    it('takes effect within the event that paused', () => {
      const receiving = new Receiving((line, inbound) => {
        if (line !== 'begin 1') return;
        inbound.pause('test');
        inbound.stopWaiting();
      });

      receiving.feed([hex(STREAM)]);

      assert.deepEqual(receiving.log.lines, ['begin 1', 'control 9: 07', 'control 8: ']);
    });
  });

  it('tells nothing more once it is stopped, not even of the rest of the chunk', () => {
    const receiving = new Receiving((line, inbound) => {
      if (line === 'control 9: 07') inbound.stop();
    });

    receiving.feed([hex(STREAM), hex('82 00')]);

    assert.deepEqual(receiving.log.lines, LINES.slice(0, 5));
  });
});
