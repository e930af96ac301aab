import { HandshakeError } from '../protocol/base/errors.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';

/**
 * The one clock of everything that is done to open a connection: names, proxies, TLS, redirects. It ends with the time, or with the
 * signal of whoever wants the connection.
 */
export class OpeningDeadline {
  readonly #controller = new AbortController();
  readonly #theirs: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param timeout - in milliseconds
   * @param theirs - what else ends it; its reason becomes that of {@link signal}
   */
  constructor(timeout: number, theirs: AbortSignal | undefined) {
    this.#theirs = theirs;
    this.#timer = setTimeout(
      () =>
        this.#controller.abort(
          new HandshakeError(`the opening handshake took longer than handshakeTimeout, ${String(timeout)} ms`),
        ),
      Math.min(timeout, MAX_TIMEOUT),
    );
    if (theirs?.aborted === true) this.#onAbort();
    else theirs?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborted when it has ended; its reason is what opening the connection rejects with. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Lets go of clock and signal. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#theirs?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#theirs?.reason);
}
