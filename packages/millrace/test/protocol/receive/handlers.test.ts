import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { copyPayloadOf, lendsPayload, type Receiver } from '../../../src/protocol/receive/handlers.ts';
import { hex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { receiverFor } from '../../helpers/receiving.ts';

const handler = new EventLog().whole;

describe('lendsPayload', () => {
  it('is what the receiver says, if it has a say in it', () => {
    assert.equal(lendsPayload(receiverFor('message', new EventLog())), false);
    assert.equal(lendsPayload({ level: 'streaming', handler }), false);
    assert.equal(lendsPayload({ level: 'streaming', handler, lendsPayload: true }), true);
    assert.equal(lendsPayload({ level: 'whole or streaming', handler, lendsPayload: true }), true);
  });
});

describe('copyPayloadOf', () => {
  const receiver: Receiver = { level: 'whole or streaming', handler };

  it('makes a Uint8Array of its own', () => {
    const bytes = hex('01 02');
    const copy = copyPayloadOf(receiver)(bytes);
    assert.deepEqual(copy, bytes);
    assert.notEqual(copy.buffer, bytes.buffer);
    assert.ok(copyPayloadOf(receiverFor('message', new EventLog()))(bytes) instanceof Uint8Array);
  });

  it('is what the receiver brings', () => {
    const copyPayload = (): Uint8Array<ArrayBuffer> => new Uint8Array(hex('07'));
    assert.equal(copyPayloadOf({ ...receiver, copyPayload }), copyPayload);
  });
});
