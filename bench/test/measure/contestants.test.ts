import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { commandOf } from '../../measure/command.ts';
import type { Contestant } from '../../measure/contestant.ts';
import { contestantsOf, type Selection } from '../../measure/contestants.ts';
import { PEERS } from '../../peers.ts';
import { workloadNamed } from '../helpers/made-up.ts';

const RUNTIME = { name: 'node24', title: 'Node 24', command: ['/opt/node24', '--expose-gc'] };

function contestants(workload: string, change: Partial<Selection> = {}): Contestant[] {
  const selection = { peers: [...PEERS.values()], baselines: [], runtimes: [], profile: undefined };
  return contestantsOf(workloadNamed(workload), { ...selection, problemOf: () => undefined, ...change });
}

function names(workload: string, change: Partial<Selection> = {}): string[] {
  return contestants(workload, change).map(({ name }) => name);
}

function contestantNamed(name: string): Contestant {
  const found = contestants('echo-64', { runtimes: [RUNTIME] }).find((each) => each.name === name);
  assert.ok(found);
  return found;
}

describe('contestantsOf', () => {
  it('takes those that can do it', () => {
    assert.deepEqual(names('hash-stream'), ['millrace', 'millrace-lending', 'autobahn', 'raw-tcp']);
    assert.deepEqual(names('hash-frame'), ['millrace', 'autobahn']);
    assert.ok(!names('echo-tls').includes('raw-tcp'));
    assert.ok(!names('deflate').includes('deno'));
    assert.ok(names('client-send-1m').includes('undici') && !names('echo-64').includes('undici'));
  });

  it('takes no more than a workload names', () => {
    assert.ok(names('echo-64').includes('deno'));
    assert.ok(!names('echo-64-unicode').includes('deno'));
  });

  it('adds another checkout for what is ours', () => {
    const result = names('hash-frame', { baselines: ['/somewhere/before'] });

    assert.deepEqual(result, ['millrace', 'millrace@before', 'autobahn']);
  });

  it('adds other runtimes for what is ours, and for ws', () => {
    const result = names('import', { runtimes: [RUNTIME] }).filter((name) => name.includes('@node'));

    assert.deepEqual(result, ['millrace@node24', 'millrace-ws@node24', 'ws@node24']);
  });

  it('keeps the rounds of each apart', () => {
    const [first, second] = contestants('hash-frame', { baselines: ['/before'] });

    assert.notEqual(first?.rounds, second?.rounds);
  });
});

describe('commandOf', () => {
  const ws = contestantNamed('ws');

  it('starts a server with port, mode and variant', () => {
    const command = commandOf(ws, workloadNamed('echo-64'), 8080);

    assert.equal(command[0], process.execPath);
    assert.match(command.join(' '), /--expose-gc \S*peers\/ws\.js 8080 echo {2}64 1$/);
  });

  it('starts the client of a peer with size and batch', () => {
    assert.match(
      commandOf(ws, workloadNamed('client-send-64'), 8080).join(' '),
      /clients\/ws\.js 8080 client-send {2}64 64$/,
    );
  });

  it('starts it on another runtime', () => {
    const other = contestantNamed('ws@node24');

    assert.deepEqual(commandOf(other, workloadNamed('echo-64'), 1).slice(0, 2), RUNTIME.command);
  });
});
