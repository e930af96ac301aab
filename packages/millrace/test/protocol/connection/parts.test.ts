import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Connection } from '../../../src/protocol/connection/connection.ts';
import { ProtocolParts, type ConnectionSetup } from '../../../src/protocol/connection/parts.ts';
import { ClaimTable } from '../../../src/protocol/extension/claims.ts';
import { BARE } from '../../helpers/bare.ts';
import { hex } from '../../helpers/bytes.ts';
import { TestSendTransform } from '../../helpers/send-transforms.ts';
import { TestTransform, increment } from '../../helpers/transforms.ts';

function createParts(setup: Partial<ConnectionSetup> = {}): ProtocolParts {
  return new ProtocolParts({ ...BARE, ...setup }, new Connection(BARE));
}

describe('ProtocolParts', () => {
  it('have messages go to the wire at once, where no extension changes them', () => {
    const { messages, scheduler, sendPipeline } = createParts();

    assert.equal(messages, scheduler);
    assert.equal(sendPipeline, undefined);
  });

  it('have messages go through the transforms of extensions', () => {
    const parts = createParts({
      transforms: [new TestTransform({ change: increment })],
      sendTransforms: [new TestSendTransform({ change: increment })],
    });

    parts.sender.sendMessage(hex('01'), { opcode: 2 });

    assert.equal(parts.messages, parts.sendPipeline);
    assert.deepEqual(parts.scheduler.takeOutput(Infinity), [hex('a2 01 02')]);
  });

  it('say what a peer has done wrong, unless they are not to', () => {
    assert.equal(createParts().explainsFailure, true);
    assert.equal(createParts({ explainsFailure: false }).explainsFailure, false);
  });

  it('let in what was claimed in place of what the options say', () => {
    const claims = new ClaimTable();

    assert.equal(createParts({ claims }).inbound.reader.reserved, claims);
    assert.equal(createParts().inbound.reader.reserved, BARE.options.claims);
  });
});
