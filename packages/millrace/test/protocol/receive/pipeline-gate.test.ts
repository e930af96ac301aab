import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { PulledPiece } from '../../../src/protocol/base/transform.ts';
import { PipelineGate, type PipelineGateOwner } from '../../../src/protocol/receive/pipeline-gate.ts';
import { hex } from '../../helpers/bytes.ts';
import { tick } from '../../helpers/transforms.ts';

/** A gate whose owner has room or not, as a test says. */
class Gating implements PipelineGateOwner {
  readonly gate = new PipelineGate(this);
  readonly log: string[] = [];
  room = true;
  time = 500;

  now(): number {
    return this.time;
  }

  hasRoom(): boolean {
    return this.room;
  }

  onGive(): void {
    this.log.push('give');
  }

  onWait(): void {
    this.log.push('wait');
  }

  onJobEnded(proceed: () => void): void {
    this.log.push('ended');
    try {
      proceed();
    } catch (error) {
      this.log.push(`failed: ${String(error)}`);
    }
  }

  /** Begins a job that a test ends. */
  runLater(): { signal: AbortSignal; resolve: (piece: PulledPiece) => void; reject: (error: Error) => void } {
    let job: { signal: AbortSignal; resolve: (piece: PulledPiece) => void; reject: (error: Error) => void } | undefined;
    const start = (signal: AbortSignal): Promise<PulledPiece> =>
      new Promise((resolve, reject) => (job = { signal, resolve, reject }));
    assert.equal(
      this.gate.run(start, (piece) => this.log.push(`took ${piece?.join() ?? 'nothing'}`)),
      'later',
    );
    assert.ok(job !== undefined);
    return job;
  }
}

const nothing = (): void => undefined;

describe('PipelineGate', () => {
  describe('where there is room', () => {
    it('lets stages give', () => {
      const { gate, log } = new Gating();

      assert.equal(gate.mayGive(0, nothing), true);
      assert.equal(gate.mayGive(1, nothing), true);

      assert.deepEqual(log, ['give', 'give']);
      assert.equal(gate.isWaiting, false);
      assert.equal(gate.canProceed, false);
    });
  });

  describe('where there is no room', () => {
    it('has a stage wait until there is', () => {
      const gating = new Gating();
      const { gate, log } = gating;
      gating.room = false;

      assert.equal(
        gate.mayGive(0, () => log.push('on')),
        false,
      );
      assert.equal(gate.isWaiting, true);
      assert.equal(gate.canProceed, false);
      gate.proceed();
      assert.deepEqual(log, ['wait']);
      gating.room = true;
      assert.equal(gate.canProceed, true);
      gate.proceed();

      assert.deepEqual(log, ['wait', 'on']);
      assert.equal(gate.isWaiting, false);
    });

    it('has the stages before one that waits wait, too', () => {
      const gating = new Gating();
      gating.room = false;
      gating.gate.mayGive(1, nothing);
      gating.room = true;

      assert.equal(gating.gate.mayGive(2, nothing), false, 'farther from the application');
      assert.equal(gating.gate.mayGive(0, nothing), true, 'nearer');
      gating.gate.proceed();
      assert.equal(gating.gate.isWaiting, false);
    });

    it('lets the one that is nearest to the application go on first, and the others when nothing waits behind them', () => {
      const gating = new Gating();
      const { gate, log } = gating;
      let left = 2;
      const near = (): void => {
        log.push('near');
        if (--left > 0) {
          gating.room = false;
          gate.mayGive(0, near);
        }
      };
      gating.room = false;
      for (const depth of [2, 1]) gate.mayGive(depth, () => log.push(`depth ${depth}`));
      gate.mayGive(0, near);
      log.length = 0;

      gating.room = true;
      gate.proceed();
      assert.deepEqual(log, ['near', 'wait'], 'it waits again');
      gating.room = true;
      gate.proceed();

      assert.deepEqual(log, ['near', 'wait', 'near', 'depth 1', 'depth 2']);
      assert.equal(gate.isWaiting, false);
    });

    it('stops at a stage that fills it again', () => {
      const gating = new Gating();
      const { gate, log } = gating;
      gating.room = false;
      gate.mayGive(0, () => {
        log.push('near');
        gating.room = false;
      });
      gate.mayGive(1, () => log.push('far'));

      gating.room = true;
      gate.proceed();

      assert.equal(log.at(-1), 'near');
      assert.equal(gate.isWaiting, true);
    });
  });

  it('has no deadline before its first job', () => {
    assert.equal(new Gating().gate.deadline, Infinity);
  });

  describe('with a job', () => {
    it('gives a result that is there at once', () => {
      const { gate, log } = new Gating();

      assert.deepEqual(
        gate.run(() => hex('01'), nothing),
        hex('01'),
      );
      assert.equal(
        gate.run(() => undefined, nothing),
        undefined,
      );

      assert.deepEqual(log, []);
      assert.equal(gate.isWaiting, false);
      assert.equal(gate.deadline, Infinity);
    });

    it('waits for a result that comes later, at most 30 s', async () => {
      const gating = new Gating();
      const { gate, log } = gating;
      const { resolve } = gating.runLater();

      assert.equal(gate.isWaiting, true);
      assert.equal(gate.canProceed, false);
      assert.equal(gate.deadline, 30_500);
      assert.equal(gate.mayGive(0, nothing), false);
      resolve(hex('07'));
      await tick();

      assert.deepEqual(log, ['wait', 'wait', 'ended', 'took 7']);
      assert.equal(gate.deadline, Infinity);
      assert.equal(gate.canProceed, true, 'the stage that wanted to give');
    });

    it('tells what is thrown where the job goes on', async () => {
      for (const [thrown, told] of [
        [new TypeError('bad'), 'failed: TypeError: bad'],
        ['bad' as unknown as Error, 'failed: Error: a value that is no error was thrown'],
      ] as const) {
        const gating = new Gating();

        gating.runLater().reject(thrown);
        await tick();

        assert.deepEqual(gating.log, ['wait', 'ended', told]);
        assert.equal(gating.gate.isWaiting, false);
      }
    });

    it('lets through what its beginning throws', () => {
      const { gate } = new Gating();
      const start = (): never => {
        throw new TypeError('bad');
      };

      assert.throws(() => gate.run(start, nothing), { message: 'bad' });

      assert.equal(gate.isWaiting, false);
    });

    it('makes a signal for each job that takes time, and no more', async () => {
      const gating = new Gating();
      const signals: AbortSignal[] = [];
      const atOnce = (): void => {
        gating.gate.run((signal) => {
          signals.push(signal);
          return undefined;
        }, nothing);
      };

      atOnce();
      atOnce();
      const { signal, resolve } = gating.runLater();
      signals.push(signal);
      resolve(undefined);
      await tick();
      atOnce();

      assert.equal(new Set(signals.slice(0, 3)).size, 1);
      assert.notEqual(signals[3], signals[2]);
    });

    it('waits for promises of any make, also those that answer at once', async () => {
      const { gate, log } = new Gating();
      const thenable = { then: (settle: (piece: PulledPiece) => void) => settle(hex('07')) };

      const started = gate.run(
        () => thenable as unknown as Promise<PulledPiece>,
        () => log.push('took'),
      );
      assert.equal(started, 'later');
      assert.deepEqual(log, ['wait']);
      await tick();

      assert.deepEqual(log, ['wait', 'ended', 'took']);
    });
  });

  describe('when it is closed', () => {
    it('ends a job, and does not wait for it any more', async () => {
      for (const settle of ['resolve', 'reject'] as const) {
        const gating = new Gating();
        const { gate, log } = gating;
        const job = gating.runLater();
        gate.mayGive(0, () => log.push('on'));

        gate.close();
        assert.equal(job.signal.aborted, true);
        assert.equal(gate.isWaiting, false);
        assert.equal(gate.canProceed, false);
        assert.equal(gate.deadline, Infinity);
        if (settle === 'resolve') job.resolve(hex('01'));
        else job.reject(new Error('aborted'));
        await tick();
        gate.close();

        assert.deepEqual(log, ['wait', 'wait', 'ended'], 'its result is of no use');
      }
    });

    it('wants no result of a job that begins later, though it is the first', async () => {
      const gating = new Gating();
      gating.gate.close();

      gating.runLater().resolve(hex('01'));
      await tick();

      assert.deepEqual(gating.log, ['wait', 'ended']);
      assert.equal(gating.gate.isWaiting, false);
    });

    it('forgets who waits', () => {
      const gating = new Gating();
      gating.room = false;
      gating.gate.mayGive(0, () => gating.log.push('on'));

      gating.gate.close();
      gating.room = true;
      gating.gate.proceed();

      assert.deepEqual(gating.log, ['wait']);
    });
  });
});
