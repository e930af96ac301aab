import type { TextCodec } from '../wire/text-codec.ts';
import { FrameCollector } from './frame-collector.ts';
import type { CollectorLimits, Receiver, StreamingHandler } from './handlers.ts';
import { MessageCollector } from './message-collector.ts';
import { SizeLimiter } from './size-limiter.ts';
import { TextChecker } from './text-checker.ts';

/** Limits of receiving, in bytes; `Infinity` sets none. */
export interface ReceiveLimits extends CollectorLimits {
  /** Longest message of any level. */
  readonly maxStreamedMessageSize: number;
}

/**
 * Puts together what stands between the wire and the level that the application took: the size limit of streams, the check
 * of UTF-8, then the collector of that level.
 */
export function createReceivePipeline(receiver: Receiver, limits: ReceiveLimits, text: TextCodec): StreamingHandler {
  const checked = new TextChecker(collectorFor(receiver, limits, text), text);
  return limits.maxStreamedMessageSize === Infinity ? checked : new SizeLimiter(checked, limits.maxStreamedMessageSize);
}

function collectorFor(receiver: Receiver, limits: CollectorLimits, text: TextCodec): StreamingHandler {
  switch (receiver.level) {
    case 'streaming':
      return receiver.handler;
    case 'frame':
      return new FrameCollector(receiver.handler, limits);
    case 'message':
      return new MessageCollector(receiver.handler, limits, text);
  }
}
