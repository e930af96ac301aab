import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { NO_STATS } from '../../../src/protocol/connection/host.ts';

describe('NO_STATS', () => {
  it('counts nothing, and knows no ratio and no latency', () => {
    const { compressionRatioReceived, compressionRatioSent, pingLatency, ...counters } = NO_STATS;

    assert.deepEqual([compressionRatioReceived, compressionRatioSent, pingLatency], [undefined, undefined, undefined]);
    assert.deepEqual(counters, {
      bytesReceived: 0,
      bytesSent: 0,
      framesReceived: 0,
      framesSent: 0,
      frameBytesReceived: 0,
      frameBytesSent: 0,
      messagesReceived: 0,
      messagesSent: 0,
      messageBytesReceived: 0,
      messageBytesSent: 0,
    });
  });

  it('cannot be changed: all connections that never were share it', () => {
    assert.ok(Object.isFrozen(NO_STATS));
  });
});
