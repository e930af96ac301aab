import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

interface Output {
  readonly measured: readonly {
    readonly name: string;
    readonly results: readonly {
      readonly peer: string;
      readonly problem?: string;
      readonly rounds: readonly Figures[];
    }[];
  }[];
}

interface Figures {
  readonly replies?: number;
  readonly serverCpu?: number;
  readonly peakMemory?: number;
  readonly latency99?: number;
}

/** Rounds of one hundredth of a second, with peers that need not be installed. */
function run(...workloads: readonly string[]): Output {
  const peers = ['millrace', 'millrace-async', 'ws', 'raw-tcp'].flatMap((name) => ['--peer', name]);
  const selected = workloads.flatMap((name) => ['--workload', name]);
  const rest = ['--seconds', '0.01', '--rounds', '1', '--json', '--no-install'];
  return JSON.parse(
    execFileSync(process.execPath, [MAIN, ...selected, ...peers, ...rest], { encoding: 'utf8' }),
  ) as Output;
}

describe('npm run bench', { skip: process.platform !== 'linux' && 'measures on Linux only' }, () => {
  for (const [workload, count] of [
    ['echo-64', 4],
    ['echo-tls-4k', 3],
    ['deflate', 3],
    ['handshakes', 4],
    ['broadcast-one', 3],
    ['hash-stream', 2],
    ['client-send-64', 3],
    ['client-receive-1m', 3],
  ] as const) {
    it(`measures ${workload}`, () => {
      const [measured] = run(workload).measured;

      assert.equal(measured?.name, workload);
      assert.equal(measured.results.length, count);
      for (const { peer, problem, rounds } of measured.results) {
        assert.equal(problem, undefined, peer);
        const [round] = rounds;
        assert.ok(Number(round?.replies) > 0, peer);
        assert.ok(Number(round?.serverCpu) > 0, peer);
        assert.ok(Number(round?.latency99) > 0, peer);
        assert.ok(Number(round?.peakMemory) > 2 ** 20, peer);
      }
    });
  }
});
