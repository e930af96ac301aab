import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';

const TEXT = { opcode: 1, reservedBits: 0, fragmentSize: undefined };

function createScheduler(isBlocked: boolean): Scheduler {
  return new Scheduler({
    role: 'server',
    host: { text: portableTextCodec, maskingKey: () => 0, transportBufferedAmount: () => (isBlocked ? 1 : 0) },
    fragmentSize: Infinity,
    closing: { onCloseSent: () => undefined },
  });
}

describe('Scheduler, when the connection fails', () => {
  for (const [name, isBlocked, written] of [
    ['leaves in front what the transport takes at once: the answer to what came before', false, '81 01 61 88 02 03 ea'],
    ['gives up what the transport does not take', true, '88 02 03 ea'],
  ] as const) {
    it(name, () => {
      const scheduler = createScheduler(isBlocked);
      scheduler.sendMessage('a', TEXT);

      assert.equal(scheduler.fail(hex('03 ea')), true);

      assert.equal(toHex(concat(scheduler.takeOutput(Infinity))), written);
    });
  }

  it('gives up the output, when too much waits, from the end of the first frame that is on its way', () => {
    const scheduler = createScheduler(false);
    scheduler.sendMessage(new Uint8Array(70_000), { ...TEXT, opcode: 2 });
    scheduler.takeOutput(1);
    scheduler.sendMessage('a', TEXT);

    scheduler.giveUpOutput();

    assert.equal(concat(scheduler.takeOutput(Infinity)).length, 70_000);
  });
});
