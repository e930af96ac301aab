import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { judgeBaselines } from '../../results/baseline.ts';
import { compare, costOf, judge, summarize, unitOf } from '../../results/summary.ts';
import { resultOf, roundOf, workloadNamed } from '../helpers/made-up.ts';

const ECHO = workloadNamed('echo-64');

describe('costOf', () => {
  it('counts small messages one by one, and long ones by the GiB', () => {
    assert.equal(unitOf(ECHO), 'µs/message');
    assert.equal(costOf(ECHO, roundOf(7)), 7);
    assert.equal(unitOf(workloadNamed('echo-1m')), 's/GiB');
    assert.equal(costOf(workloadNamed('echo-1m'), roundOf(1000)), 1.024);
  });

  it('counts each message of a batch', () => {
    assert.equal(costOf(workloadNamed('client-send-64'), roundOf(128)), 2);
  });

  it('tells memory in KiB for each connection, and importing in milliseconds', () => {
    const idle = { kind: 'idle', peakMemory: 0, bytesPerConnection: 7168 } as const;

    assert.equal(costOf(workloadNamed('idle'), idle), 7);
    assert.equal(costOf(workloadNamed('import'), { kind: 'import', serverCpu: 0.03, seconds: 0.04 }), 30);
  });
});

describe('compare', () => {
  it('compares each round with its neighbour, not the middle ones', () => {
    // The machine was half as fast in the second round: ratios stay.
    const results = [resultOf('millrace', [8, 16, 8]), resultOf('ws', [20, 40, 40])];

    const ratio = compare(ECHO, results, { peer: 'millrace', against: 'ws' });

    assert.deepEqual(ratio, { median: 2.5, low: 2.5, high: 5, confidence: 0.75 });
  });

  it('compares nothing with one that was not measured', () => {
    const results = [resultOf('millrace', [10]), resultOf('ws', [])];

    assert.equal(compare(ECHO, results, { peer: 'millrace', against: 'ws' }), undefined);
    assert.equal(compare(ECHO, results, { peer: 'millrace', against: 'bun' }), undefined);
  });
});

describe('summarize', () => {
  it('has no cost for a peer that was not measured, and tells why', () => {
    const [summary] = summarize(ECHO, [resultOf('bun', [], 'not installed')]);

    assert.equal(summary?.cost, undefined);
    assert.equal(summary?.problem, 'not installed');
    assert.equal(summary.perSecond, 0);
  });

  it('has the middle of throughput, loads and latencies, and the highest memory', () => {
    const [summary] = summarize(ECHO, [resultOf('ws', [100, 200, 300])]);

    assert.equal(summary?.perSecond, 2000);
    assert.equal(summary.load, 0.4);
    assert.equal(summary.generatorLoad, 0.2);
    assert.equal(summary.latency99, 1.5);
    assert.equal(summary.peakMemory, 60 * 2 ** 20);
    assert.equal(summary.connectionMemory, undefined);
  });

  it('counts the messages of a batch for the throughput', () => {
    const [summary] = summarize(workloadNamed('client-send-64'), [resultOf('ws', [100])]);

    assert.equal(summary?.perSecond, 128_000);
  });

  it('shares the memory out where there are many connections', () => {
    const [summary] = summarize(workloadNamed('connections-1000'), [resultOf('ws', [100])]);

    assert.equal(summary?.connectionMemory, (10 * 2 ** 20) / 1000);
  });
});

describe('judge', () => {
  it('says what was reached of each expectation', () => {
    const [first] = judge(ECHO, [resultOf('millrace', [1, 1, 1]), resultOf('ws', [8, 8, 8])]);

    assert.equal(first?.workload, 'echo-64');
    assert.equal(first.against, 'ws');
    assert.equal(first.reached?.median, 8);
  });
});

describe('judgeBaselines', () => {
  const before = Array.from({ length: 9 }, () => 100);
  const cases = [
    ['worse', 'all of the interval lies above 1.05', [106, 107, 108, 109, 110, 111, 112, 113, 100]],
    ['same', 'its lower end does not', [104, 105, 108, 109, 110, 111, 112, 113, 114]],
    ['same', 'it contains 1', [98, 99, 100, 101, 102, 99, 98, 101, 100]],
    ['better', 'all of it lies below 1', [90, 91, 92, 93, 94, 95, 96, 97, 120]],
  ] as const;
  for (const [verdict, when, costs] of cases) {
    it(`finds ours ${verdict} where ${when}`, () => {
      const results = [resultOf('millrace', costs), resultOf('millrace@main', before)];

      const [result] = judgeBaselines(ECHO, results, ['main']);

      assert.equal(result?.verdict, verdict);
      assert.equal(result.peer, 'millrace');
      assert.equal(result.baseline, 'main');
    });
  }

  it('says nothing of peers without a baseline', () => {
    assert.deepEqual(judgeBaselines(ECHO, [resultOf('ws', [1, 2])], ['main']), []);
  });
});
