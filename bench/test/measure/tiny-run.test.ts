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
}

const WORKLOADS = ['echo-64', 'handshakes', 'client-send-64'];

/** Rounds of one hundredth of a second, with peers that need not be installed. */
function run(): Output {
  const peers = ['millrace', 'ws'].flatMap((name) => ['--peer', name]);
  const workloads = WORKLOADS.flatMap((name) => ['--workload', name]);
  const rest = ['--seconds', '0.01', '--rounds', '1', '--json', '--no-install'];
  return JSON.parse(
    execFileSync(process.execPath, [MAIN, ...workloads, ...peers, ...rest], { encoding: 'utf8' }),
  ) as Output;
}

describe('npm run bench', { skip: process.platform !== 'linux' && 'measures on Linux only' }, () => {
  it('measures an echo, handshakes, and clients, of real peers', () => {
    const { measured } = run();

    assert.deepEqual(new Set(measured.map(({ name }) => name)), new Set(WORKLOADS));
    for (const { name, results } of measured) {
      assert.deepEqual(
        results.map(({ peer }) => peer),
        ['millrace', 'ws'],
        name,
      );
      for (const { peer, problem, rounds } of results) {
        const [round] = rounds;
        assert.equal(problem, undefined, `${name}, ${peer}`);
        assert.ok(Number(round?.replies) > 0 && Number(round?.serverCpu) > 0, `${name}, ${peer}`);
        assert.ok(Number(round?.peakMemory) > 2 ** 20, `${name}, ${peer}`);
      }
    }
  });
});
