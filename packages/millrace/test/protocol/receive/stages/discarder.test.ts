import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Discarder } from '../../../../src/protocol/receive/stages/discarder.ts';
import { FrameReader } from '../../../../src/protocol/receive/frame-reader.ts';
import { ClaimTable } from '../../../../src/protocol/extension/claims.ts';
import { FrameParser } from '../../../../src/protocol/wire/frame-parser.ts';
import { hex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';
import { splits } from '../../../helpers/splits.ts';

describe('Discarder', () => {
  it('counts the payload of messages, however they are cut, and nothing else', () => {
    for (const chunks of splits(hex('01 02 61 62 89 01 07 80 01 63 82 00 82 03 01 02 03'))) {
      const messages = new Discarder();
      const { controls } = new EventLog();
      const pipeline = { isWaiting: false, onFrame: () => undefined };
      const reserved = new ClaimTable();
      const parser = new FrameParser(new FrameReader({ role: 'client', reserved, messages, controls, pipeline }));

      for (const chunk of chunks) parser.push(chunk, 0);

      assert.equal(messages.size, 6);
    }
  });
});
