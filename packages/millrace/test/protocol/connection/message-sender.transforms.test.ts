import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';
import { TestSendTransform } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const BINARY = { opcode: 2 };

interface Transformed {
  readonly connected: Connected;
  /** Ends jobs of the transform until there are none, and gives what the peer hears. */
  readonly finish: () => Promise<string[]>;
}

/** A server's connection whose messages go through a transform that takes its time. */
function transformed(options: ConnectedSetup['options'] = {}): Transformed {
  const transform = new TestSendTransform({ change: increment, isLater: () => true });
  const connected = connect({ role: 'server', sendTransforms: [transform], options });
  const finish = async (): Promise<string[]> => {
    const heard = connected.heard();
    while (transform.jobs.length > 0) {
      transform.jobs[0]?.finish();
      await tick();
      heard.push(...connected.heard());
    }
    return heard;
  };
  return { connected, finish };
}

describe('MessageSender, whose messages go through transforms', () => {
  it('counts what waits there, until it has left', async () => {
    const { connected, finish } = transformed();
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(100), BINARY);
    sender.sendMessage(new Uint8Array(30), BINARY);
    assert.equal(sender.bufferedAmount, 130);
    assert.equal(sender.unsentAmount, 130);
    assert.equal(sender.cost, 130 + ENTRY_COST, 'the second one waits behind the first');

    assert.equal((await finish()).length, 2);
    assert.deepEqual([sender.bufferedAmount, sender.cost], [0, 0]);
  });

  it('tells the drain when nothing is left there, and not before', async () => {
    const { connected, finish } = transformed({ highWaterMark: 50 });
    const { sender } = connected.connection;

    assert.equal(sender.sendMessage(new Uint8Array(100), BINARY), false);
    connected.settle();
    sender.outputMoved();
    assert.deepEqual(connected.log.lines, ['high water'], 'all output has left, but not all that was sent');
    await finish();

    assert.deepEqual(connected.log.lines, ['high water', 'drain']);
    assert.equal(sender.isSlow, false);
  });

  it('takes at once what the transforms change at once, or what can be copied', async () => {
    const { connected, finish } = transformed();
    const { sender } = connected.connection;
    assert.equal(sender.takesAtOnce(256 * 1024), true);
    assert.equal(sender.takesAtOnce(256 * 1024 + 1), false);

    sender.sendMessage(new Uint8Array(100), BINARY);
    assert.equal(sender.takesAtOnce(64 * 1024), true);
    assert.equal(sender.takesAtOnce(64 * 1024 + 1), false);
    await finish();
    sender.beginMessage(2);

    assert.equal(sender.takesAtOnce(10), false, 'it waits for its turn');
  });

  it('has the rest transformed when output has moved', () => {
    const transform = new TestSendTransform({ change: increment, pieceSize: 100 });
    const options = { highWaterMark: 250, maxBufferedAmount: 100_000 };
    const connected = connect({ role: 'server', sendTransforms: [transform], options });

    connected.connection.sender.sendMessage(new Uint8Array(5000), BINARY);

    assert.equal(connected.heard().length, 50);
    assert.equal(connected.connection.sender.bufferedAmount, 0);
  });
});

describe('MessageSender, whose messages go straight to the wire', () => {
  it('takes anything at once, unless it waits for its turn', () => {
    const { sender } = connect().connection;
    assert.equal(sender.takesAtOnce(1_000_000), true);

    sender.beginMessage(2);

    assert.equal(sender.takesAtOnce(1), false);
  });
});
