import { LocalUsageError } from '../protocol/base/errors.ts';
import { describeValue } from '../protocol/base/checks.ts';
import type { HookResult } from './hooks.ts';

/**
 * Makes data to send, at the pace of the connection.
 *
 * A push producer (`streaming`) sends by itself until it is paused, a pull producer each time it is resumed. What its methods throw, or
 * reject with, fails the connection with 1011; nothing waits for their promises.
 */
export interface Producer {
  /** Stop sending: what waits is over the high-water mark. Called inside the send that crossed it. Push producers only. */
  pauseProducing(): HookResult;
  /** Send: everything is written. For a push producer only after a pause; for a pull producer, one piece. */
  resumeProducing(): HookResult;
  /** Stop for good: nothing can be sent any more. */
  stopProducing(): HookResult;
}

/** A registered {@link Producer}, under Twisted's rules. */
export class ProducerRegistration {
  readonly #producer: Producer;
  /** Whether it is a push producer. */
  readonly isStreaming: boolean;
  #isPaused = false;

  constructor(producer: Producer, isStreaming: boolean) {
    this.#producer = producer;
    this.isStreaming = isStreaming;
  }

  /** The high-water mark was crossed. */
  pause(): HookResult {
    if (!this.isStreaming || this.#isPaused) return;
    this.#isPaused = true;
    return this.#producer.pauseProducing();
  }

  /** All output is written. */
  resume(): HookResult {
    if (this.isStreaming && !this.#isPaused) return;
    this.#isPaused = false;
    return this.#producer.resumeProducing();
  }

  /** Nothing can be sent any more. */
  stop(): HookResult {
    return this.#producer.stopProducing();
  }
}

/**
 * Checks that something can be registered as a producer.
 *
 * @throws {LocalUsageError} it lacks a method; a pull producer is never paused
 */
export function checkProducer(producer: unknown, streaming: boolean): void {
  const methods = ['resumeProducing', 'stopProducing', ...(streaming ? ['pauseProducing'] : [])];
  const isObject = typeof producer === 'object' && producer !== null;
  const missing = methods.find((method) => !isObject || typeof Reflect.get(producer, method) !== 'function');
  if (missing === undefined) return;
  throw new LocalUsageError(`producer is ${describeValue(producer)}, expected an object with the method ${missing}`);
}
