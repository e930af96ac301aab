import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LimitExceededError } from '../../../src/protocol/base/errors.ts';
import {
  tellDrain,
  tellHighWater,
  tellProgress,
  tooMuchBuffered,
} from '../../../src/protocol/connection/sender-setup.ts';
import { EventLog } from '../../helpers/event-log.ts';

describe('what a MessageSender tells', () => {
  for (const [name, tell] of [
    ['progress', tellProgress],
    ['drain', tellDrain],
    ['high water', tellHighWater],
  ] as const) {
    it(`is one call of the handler: ${name}`, () => {
      const log = new EventLog();

      tell({ ...log.owner, onProgress: () => log.add('progress') });

      assert.deepEqual(log.lines, [name]);
    });
  }
});

describe('tooMuchBuffered', () => {
  it('names the limit, what exceeds it and why, and closes with 1008', () => {
    const error = tooMuchBuffered(1000, 1234);

    assert.ok(error instanceof LimitExceededError);
    assert.deepEqual([error.option, error.limit, error.size], ['maxBufferedAmount', 1000, 1234]);
    assert.equal(error.closeCode, 1008);
    assert.equal(
      error.message,
      '1234 bytes exceed maxBufferedAmount, 1000 bytes; the peer reads too slowly for what is sent to it (RFC 6455 §10.4)',
    );
  });
});
