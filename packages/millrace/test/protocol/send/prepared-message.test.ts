import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';

describe('prepareMessage', () => {
  it('frames a message as RFC 6455 §5.7 does', () => {
    const prepared = new PreparedMessage(hex('48 65 6c 6c 6f'), 1);

    assert.equal(toHex(prepared.frame), '81 05 48 65 6c 6c 6f');
    assert.equal(toHex(prepared.payload), '48 65 6c 6c 6f');
    assert.deepEqual(prepared.format, { opcode: 1 });
  });

  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    it(`frames ${size} bytes`, () => {
      const payload = new Uint8Array(size).fill(7);

      assert.deepEqual(new PreparedMessage(payload, 2).frame, frame({ byte0: 0x82, payload }));
    });
  }

  it('copies the payload, so that it may change afterwards', () => {
    const payload = hex('01 02');

    const prepared = new PreparedMessage(payload, 2);
    payload.fill(0xff);

    assert.equal(toHex(prepared.frame), '82 02 01 02');
    assert.equal(toHex(prepared.payload), '01 02');
  });

  it('cannot be changed', () => {
    const prepared = new PreparedMessage(hex('01'), 2);

    assert.ok(Object.isFrozen(prepared));
    assert.ok(Object.isFrozen(prepared.format));
  });
});
