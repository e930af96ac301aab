import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { statsOf, type PartialCounts } from '../../../src/protocol/connection/stats.ts';

/** Counts that can be told from each other, of a connection whose messages nothing changes. */
const COUNTS: PartialCounts = {
  bytesReceived: 1000,
  bytesSent: 2000,
  received: {
    framesReceived: 7,
    messagesReceived: 3,
    dataReceived: 400,
    controlReceived: 5,
    transformedSize: undefined,
  },
  sent: { framesSent: 8, messagesSent: 4, dataSent: 600, controlSent: 6 },
  changed: undefined,
  pingLatency: 9,
};

describe('statsOf', () => {
  it('puts together what was counted on the wire, of frames and of messages', () => {
    assert.deepEqual(statsOf(COUNTS), {
      bytesReceived: 1000,
      bytesSent: 2000,
      framesReceived: 7,
      framesSent: 8,
      frameBytesReceived: 405,
      frameBytesSent: 606,
      messagesReceived: 3,
      messagesSent: 4,
      messageBytesReceived: 400,
      messageBytesSent: 600,
      compressionRatioReceived: undefined,
      compressionRatioSent: undefined,
      pingLatency: 9,
    });
  });

  it('counts messages that transforms change as the application has them, and frames as they are on the wire', () => {
    const stats = statsOf({
      ...COUNTS,
      received: { ...COUNTS.received, transformedSize: 1600 },
      changed: { uncompressedBytesSent: 1100, compressedBytesSent: 500 },
    });

    assert.deepEqual([stats.frameBytesReceived, stats.messageBytesReceived], [405, 1600]);
    assert.equal(stats.compressionRatioReceived, 0.25);
    // 100 of the 600 bytes were sent as they are.
    assert.deepEqual([stats.frameBytesSent, stats.messageBytesSent], [606, 1200]);
    assert.equal(stats.compressionRatioSent, 0.5);
  });

  it('has a ratio above 1 where a transform makes messages longer', () => {
    const changed = { uncompressedBytesSent: 200, compressedBytesSent: 500 };

    const stats = statsOf({ ...COUNTS, changed });

    assert.equal(stats.messageBytesSent, 300);
    assert.equal(stats.compressionRatioSent, 2);
  });

  it('has no ratio before there was anything to change', () => {
    const stats = statsOf({
      ...COUNTS,
      received: { ...COUNTS.received, dataReceived: 0, transformedSize: 0 },
      sent: { ...COUNTS.sent, dataSent: 0 },
      changed: { uncompressedBytesSent: 0, compressedBytesSent: 0 },
      pingLatency: undefined,
    });

    assert.deepEqual([stats.messageBytesReceived, stats.compressionRatioReceived], [0, undefined]);
    assert.deepEqual([stats.messageBytesSent, stats.compressionRatioSent], [0, undefined]);
    assert.equal(stats.pingLatency, undefined);
  });
});
