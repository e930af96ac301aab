import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Scheduler } from '../../../src/protocol/message/scheduler.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';

describe('Scheduler, when the connection fails', () => {
  for (const [name, isBlocked, written] of [
    ['leaves in front what the transport takes at once: the answer to what came before', false, '81 01 61 88 02 03 ea'],
    ['gives up what the transport does not take', true, '88 02 03 ea'],
  ] as const) {
    it(name, () => {
      const scheduler = new Scheduler({
        maskingKey: undefined,
        text: portableTextCodec,
        fragmentSize: Infinity,
        isBlocked: () => isBlocked,
        onCloseSent: () => undefined,
      });
      scheduler.sendMessage('a', { opcode: 1, rsv: 0, fragmentSize: undefined });

      assert.equal(scheduler.fail(hex('03 ea')), true);

      assert.equal(toHex(concat(scheduler.takeOutput(Infinity))), written);
    });
  }
});
