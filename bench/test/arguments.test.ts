import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readBenchArguments, UsageError, type BenchArguments } from '../arguments.ts';
import { PEERS } from '../peers.ts';
import { WORKLOADS } from '../workloads/all.ts';

function read(...args: string[]): BenchArguments {
  const result = readBenchArguments(args);
  assert.notEqual(result, 'help');
  return result as BenchArguments;
}

function names(list: readonly { readonly name: string }[]): string[] {
  return list.map(({ name }) => name);
}

describe('readBenchArguments', () => {
  it('measures all and writes the pages if nothing is selected', () => {
    const args = read();

    assert.equal(args.workloads, WORKLOADS);
    assert.equal(args.peers.length, PEERS.size);
    assert.equal(args.write, true);
    assert.equal(args.rounds, 3);
  });

  it('measures a part without writing the pages', () => {
    const args = read(
      '--workload',
      'echo-64',
      '--peer',
      'ws',
      '--peer',
      'millrace',
      '--seconds',
      '0.5',
      '--rounds',
      '7',
    );

    assert.deepEqual(names(args.workloads), ['echo-64']);
    assert.deepEqual(names(args.peers), ['millrace', 'ws']);
    assert.equal(args.write, false);
    assert.equal(args.rounds, 7);
    assert.equal(args.durations.measured, 0.5);
  });

  it('writes a part if it is told to', () => {
    assert.equal(read('--workload', 'echo-64', '--write').write, true);
  });

  it('takes words for workloads and peers, and parts of names', () => {
    const args = read('handshakes', 'ws-bufferutil');

    assert.deepEqual(names(args.workloads), ['handshakes']);
    assert.deepEqual(names(args.peers), ['ws-bufferutil']);
    assert.deepEqual(names(read('broadcast-2000').workloads), ['broadcast-2000']);
    assert.deepEqual(names(read('2000').workloads), ['broadcast-2000', 'broadcast-2000-one']);
  });

  it('takes nine rounds beside a baseline, and no fewer', () => {
    assert.equal(read('--baseline', '/other').rounds, 9);
    assert.equal(read('--baseline', '/other', '--rounds', '15').rounds, 15);
    assert.throws(
      () => read('--baseline', '/other', '--rounds', '5'),
      /--rounds takes a whole number from 9 on, and not 5/,
    );
  });

  for (const [text, args] of [
    ['no workload is called eco', ['--workload', 'eco']],
    ['no peer is called wss', ['--peer', 'wss']],
    ['nothing is called xyz', ['xyz']],
    ['--rounds takes a whole number from 1 on, and not 0', ['--rounds', '0']],
    ['--rounds takes a number, and not many', ['--rounds', 'many']],
    ['--seconds takes a number from 0.01 on, and not 0', ['--seconds', '0']],
    ['--seconds takes a number, and not ', ['--seconds', '']],
    ['--runtime takes node20', ['--runtime', 'node18']],
    ["Unknown option '--round'", ['--round', '1']],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(
        () => read(...args),
        (error) => error instanceof UsageError && error.message.startsWith(text),
      );
    });
  }
});

describe('WORKLOADS', () => {
  it('have names of their own', () => {
    assert.equal(new Set(names(WORKLOADS)).size, WORKLOADS.length);
  });
});
