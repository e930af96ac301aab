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
  /** Where their stages wait; `undefined` where there are none. */
  readonly gate: PipelineGate | undefined;
  /** Stands at its end, before the application. */
  readonly readAhead: ReadAhead;
}

/** A stage that holds something of a message. */
interface Collector {
  /** What it holds, in bytes. */
  readonly size: number;
  /** No more comes for now: hands over what it has kept back. */
  release?(): void;
}

/** The stages between the wire and the application. */
export class Pipeline {
  /** The first stage. */
  readonly messages: StreamingHandler;
  readonly #collector: Collector | undefined;
  /** Behind the transforms; `undefined` where there are none. */
  readonly #transformed: SizeLimiter | undefined;

  constructor(messages: StreamingHandler, collector: Collector | undefined, transformed?: SizeLimiter) {
    this.messages = messages;
    this.#collector = collector;
    this.#transformed = transformed;
  }

  /** What the stages hold of a message, in bytes. */
  get collectedSize(): number {
    return this.#collector === undefined ? 0 : this.#collector.size;
  }

  /** No more comes for now: hands over what a stage has kept back. */
  release(): void {
    this.#collector?.release?.();
  }

  /** Payload that has come out of the transforms, in bytes; `undefined` where there are none. */
  get transformedSize(): number | undefined {
    return this.#transformed?.passed;
  }
}

/**
 * Puts together what stands between the wire and the application: the transforms of extensions, the size limit of streams, the check of UTF-8, the collector
 * of the level that the application took.
 */
export function createPipeline(setup: PipelineSetup): Pipeline {
  const { receiver, limits, text, transforms, gate } = setup;
  const collector = createCollector(setup);
  const next = collector ?? setup.readAhead;
  const checksText = receiver.level !== 'whole or streaming' || receiver.checksText !== false;
  const checked = checksText ? new TextChecker(next, text) : next;
  if (gate === undefined && limits.maxStreamedMessageSize === Infinity) return new Pipeline(checked, collector);
  const limiter = new SizeLimiter(checked, limits.maxStreamedMessageSize);
  if (gate === undefined) return new Pipeline(limiter, collector);
  const messages = transforms.reduce<StreamingHandler>(
    (next, transform, depth) => new TransformStage({ next, transform, gate, depth }),
    limiter,
  );
  return new Pipeline(messages, collector, limiter);
}

/** How much payload an application gets at a time, at most, in bytes: copies that are larger come from the operating system each time. */
export function largestPieceFor(receiver: Receiver): number {
  if (receiver.level === 'streaming') return receiver.lendsPayload === true ? Infinity : LARGEST_COPY;
  if (receiver.level !== 'whole or streaming') return Infinity;
  return receiver.lendsPayload === true ? LARGEST_WHOLE : LARGEST_COPY;
}

/** Makes the stage that collects for the level of the application; `undefined` where it takes what comes. */
function createCollector(setup: PipelineSetup): (Collector & StreamingHandler) | undefined {
  const { receiver, limits, text, readAhead, gate } = setup;
  switch (receiver.level) {
    case 'streaming':
      return undefined;
    case 'whole or streaming': {
      const isTransformed = gate !== undefined;
      return new WholeMessages(readAhead, {
        lends: lendsPayload(receiver),
        isTransformed,
        copy: copyPayloadOf(receiver),
      });
    }
    case 'frame':
      return new FrameCollector(readAhead, limits);
    case 'message':
      return new MessageCollector(readAhead, limits, text);
  }
}
