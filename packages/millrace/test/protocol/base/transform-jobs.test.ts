import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TransformJobs } from '../../../src/protocol/base/transform-jobs.ts';
import { tick } from '../../helpers/transforms.ts';

/** A job whose end a test decides on. */
class Job {
  readonly promise: Promise<string>;
  succeed!: (result: string) => void;
  fail!: (error: unknown) => void;
  /** What it was given, once it has begun. */
  signal: AbortSignal | undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
  }

  readonly start = (signal: AbortSignal): Promise<string> => {
    this.signal = signal;
    return this.promise;
  };
}

/** Jobs, and what became of them in order: results that were taken, and what their owner was told. */
class Working {
  now = 1000;
  readonly log: string[] = [];
  readonly jobs = new TransformJobs({
    now: () => this.now,
    onJobBegun: () => this.log.push('begun'),
    onJobEnded: (proceed) => {
      this.log.push(`ended, ${this.#state()}`);
      try {
        proceed();
      } catch (error) {
        this.thrown = error;
        this.log.push('thrown');
      }
    },
  });
  /** What taking the last result threw. */
  thrown: unknown;

  /** Begins a job that takes time. */
  begin(): Job {
    const job = new Job();
    assert.equal(this.jobs.run(job.start, this.take), 'later');
    return job;
  }

  readonly take = (result: string): void => {
    this.log.push(`took ${result}`);
  };

  #state(): string {
    return this.jobs.isRunning ? 'running' : 'idle';
  }
}

describe('TransformJobs', () => {
  it('takes the result later also of a promise that calls back at once', async () => {
    const working = new Working();
    const eager = Promise.resolve('at once');
    Reflect.defineProperty(eager, 'then', { value: (take: (result: string) => void) => take('at once') });

    assert.equal(
      working.jobs.run(() => eager, working.take),
      'later',
    );
    assert.deepEqual(working.log, ['begun']);
    await tick();

    assert.deepEqual(working.log, ['begun', 'ended, idle', 'took at once']);
  });

  it('returns a result that is there at once, and tells nobody', async () => {
    const { jobs, take, log } = new Working();

    assert.equal(
      jobs.run(() => 'a', take),
      'a',
    );
    assert.equal(jobs.isRunning, false);
    assert.equal(jobs.deadline, Infinity);
    await tick();
    assert.deepEqual(log, []);
  });

  it('takes a result that comes later, when the job is not under way any more', async () => {
    const working = new Working();
    const job = working.begin();
    assert.equal(working.jobs.isRunning, true);
    assert.deepEqual(working.log, ['begun']);

    job.succeed('a');
    await tick();

    assert.deepEqual(working.log, ['begun', 'ended, idle', 'took a']);
    assert.equal(working.jobs.isRunning, false);
    assert.equal(job.signal?.aborted, false);
  });

  it('gives each job 30 seconds, from when it began', async () => {
    const working = new Working();
    const first = working.begin();
    assert.equal(working.jobs.deadline, 31_000);

    first.succeed('a');
    await tick();
    assert.equal(working.jobs.deadline, Infinity);

    working.now = 5000;
    working.begin();
    assert.equal(working.jobs.deadline, 35_000);
  });

  it('has a job that fails throw its error where its result would be taken', async () => {
    const working = new Working();
    const error = new RangeError('broken');

    working.begin().fail(error);
    await tick();

    assert.equal(working.thrown, error);
    assert.deepEqual(working.log, ['begun', 'ended, idle', 'thrown']);
    assert.equal(working.jobs.deadline, Infinity);
  });

  it('makes an error of whatever else a job fails with', async () => {
    const working = new Working();

    working.begin().fail('broken');
    await tick();

    assert.ok(working.thrown instanceof Error);
    assert.equal(working.thrown.cause, 'broken');
  });

  it('has what taking a result throws reach the owner', async () => {
    const working = new Working();
    const job = new Job();
    const error = new Error('taking');
    working.jobs.run(job.start, () => {
      throw error;
    });

    job.succeed('a');
    await tick();

    assert.equal(working.thrown, error);
  });

  it('gives a job that takes time a signal of its own, those that end at once one together', async () => {
    const working = new Working();
    const signals: AbortSignal[] = [];
    const runAtOnce = (): void => {
      working.jobs.run((signal) => {
        signals.push(signal);
        return 'a';
      }, working.take);
    };

    runAtOnce();
    runAtOnce();
    const job = working.begin();
    job.succeed('b');
    await tick();
    runAtOnce();

    assert.equal(signals[0], signals[1]);
    assert.equal(job.signal, signals[0]);
    assert.notEqual(signals[2], job.signal);
  });

  for (const [how, finish] of [
    ['succeeds', (job: Job) => job.succeed('late')],
    ['fails', (job: Job) => job.fail(new Error('late'))],
  ] as const) {
    for (const end of ['cancel', 'close'] as const) {
      it(`aborts the job at ${end}, and when it ${how} after all, tells of the end alone`, async () => {
        const working = new Working();
        const job = working.begin();

        working.jobs[end]();
        assert.equal(job.signal?.aborted, true);
        assert.equal(working.jobs.isRunning, false);
        assert.equal(working.jobs.deadline, Infinity);
        finish(job);
        await tick();

        assert.deepEqual(working.log, ['begun', 'ended, idle']);
      });
    }

    it(`leaves the next job alone when one that was cancelled ${how} after all`, async () => {
      const working = new Working();
      const cancelled = working.begin();
      working.jobs.cancel();
      working.now = 2000;
      const next = working.begin();

      finish(cancelled);
      await tick();
      assert.equal(working.jobs.deadline, 32_000);
      assert.equal(next.signal?.aborted, false);
      next.succeed('a');
      await tick();

      assert.deepEqual(working.log, ['begun', 'begun', 'ended, running', 'ended, idle', 'took a']);
    });
  }

  it('takes nothing after its close from a job that begins only then', async () => {
    const working = new Working();
    working.jobs.close();
    working.jobs.close();

    const job = working.begin();
    job.succeed('a');
    await tick();

    assert.deepEqual(working.log, ['begun', 'ended, idle']);
    assert.equal(working.jobs.isRunning, false);
    assert.equal(working.jobs.deadline, Infinity);
  });

  it('goes on after a cancel without a job', async () => {
    const working = new Working();
    working.jobs.cancel();

    working.begin().succeed('a');
    await tick();

    assert.deepEqual(working.log, ['begun', 'ended, idle', 'took a']);
  });
});
