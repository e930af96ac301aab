import type { MessageTransform } from '../base/transform.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import { FrameCollector } from './stages/frame-collector.ts';
import { copyPayloadOf, lendsPayload, type CollectorLimits, type Receiver, type StreamingHandler } from './handlers.ts';
import { MessageCollector } from './stages/message-collector.ts';
import type { PipelineGate } from './pipeline-gate.ts';
import type { ReadAhead } from './read-ahead.ts';
import { SizeLimiter } from './stages/size-limiter.ts';
import { TextChecker } from './stages/text-checker.ts';
import { TransformStage } from './stages/transform-stage.ts';
import { WholeMessages } from './stages/whole-messages.ts';

/** Payload that an application gets at a time, where it is copied for it, in bytes. */
const LARGEST_COPY = 64 * 1024;

/** Up to this size, a message that has come in one piece is handed over whole where all others are lent, in bytes. */
const LARGEST_WHOLE = 256 * 1024;

/** Limits of receiving, in bytes; `Infinity` sets none. */
export interface ReceiveLimits extends CollectorLimits {
  /** Longest message of any level. */
  readonly maxStreamedMessageSize: number;
}

/** What a pipeline is made of. */
export interface PipelineSetup {
  /** The application, with the level that it took. */
  readonly receiver: Receiver;
  readonly limits: ReceiveLimits;
  readonly text: TextCodec;
  /** The transforms of the extensions, in the order in which they were agreed on; the last one has changed the payload last, and is undone first. */
  readonly transforms: readonly MessageTransform[];
  readonly gate: PipelineGate;
  /** Stands at its end, before the application. */
  readonly readAhead: ReadAhead;
}

/** The stages between the wire and the application. */
export interface Pipeline {
  /** The first stage. */
  readonly messages: StreamingHandler;
  /** What the stages hold of a message, in bytes. */
  readonly collectedSize: () => number;
  /** No more comes for now: hands over what a stage has kept back. */
  readonly release: () => void;
  /** Payload that has come out of the transforms, in bytes; `undefined` where there are none. */
  readonly transformedSize: () => number | undefined;
}

type Collector = Omit<Pipeline, 'transformedSize'>;

/**
 * Puts together what stands between the wire and the application: the transforms of extensions, the size limit of streams, the check of UTF-8, the collector
 * of the level that the application took.
 */
export function createPipeline(setup: PipelineSetup): Pipeline {
  const { limits, text, transforms, gate, receiver } = setup;
  const { messages: collector, collectedSize, release } = createCollector(setup);
  const checksText = receiver.level !== 'whole or streaming' || receiver.checksText !== false;
  const checked = checksText ? new TextChecker(collector, text) : collector;
  if (transforms.length === 0 && limits.maxStreamedMessageSize === Infinity) {
    return { messages: checked, collectedSize, release, transformedSize: nothing };
  }
  const limiter = new SizeLimiter(checked, limits.maxStreamedMessageSize);
  const messages = transforms.reduce<StreamingHandler>(
    (next, transform, depth) => new TransformStage({ next, transform, gate, depth }),
    limiter,
  );
  const transformedSize = (): number | undefined => (transforms.length === 0 ? undefined : limiter.passed);
  return { messages, collectedSize, release, transformedSize };
}

/** How much payload an application gets at a time, at most, in bytes: copies that are larger come from the operating system each time. */
export function largestPieceFor(receiver: Receiver): number {
  if (receiver.level === 'streaming') return receiver.lendsPayload === true ? Infinity : LARGEST_COPY;
  if (receiver.level !== 'whole or streaming') return Infinity;
  return receiver.lendsPayload === true ? LARGEST_WHOLE : LARGEST_COPY;
}

function createCollector({ receiver, limits, text, readAhead, transforms }: PipelineSetup): Collector {
  switch (receiver.level) {
    case 'streaming':
      return { messages: readAhead, collectedSize: () => 0, release: nothing };
    case 'whole or streaming': {
      const whole = new WholeMessages(readAhead, {
        lends: lendsPayload(receiver),
        isTransformed: transforms.length > 0,
        copy: copyPayloadOf(receiver),
      });
      return { messages: whole, collectedSize: () => whole.size, release: () => whole.release() };
    }
    case 'frame': {
      const frames = new FrameCollector(readAhead, limits);
      return { messages: frames, collectedSize: () => frames.size, release: nothing };
    }
    case 'message': {
      const messages = new MessageCollector(readAhead, limits, text);
      return { messages, collectedSize: () => messages.size, release: nothing };
    }
  }
}

function nothing(): undefined {
  // No stage keeps anything back, or changes anything.
}
