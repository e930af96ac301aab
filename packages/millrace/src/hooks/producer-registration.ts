/**
 * Makes data to send, at the pace of the connection.
 *
 * A push producer (`streaming`) sends by itself until it is paused, a pull producer each time it is resumed.
 */
export interface Producer {
  /** Stop sending: what waits is over the high-water mark. Called inside the send that crossed it. Push producers only. */
  pauseProducing(): void;
  /** Send: everything is written. For a push producer only after a pause; for a pull producer, one piece. */
  resumeProducing(): void;
  /** Stop for good: nothing can be sent any more. */
  stopProducing(): void;
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
  pause(): void {
    if (!this.isStreaming || this.#isPaused) return;
    this.#isPaused = true;
    this.#producer.pauseProducing();
  }

  /** All output is written. */
  resume(): void {
    if (this.isStreaming && !this.#isPaused) return;
    this.#isPaused = false;
    this.#producer.resumeProducing();
  }

  /** Nothing can be sent any more. */
  stop(): void {
    this.#producer.stopProducing();
  }
}
