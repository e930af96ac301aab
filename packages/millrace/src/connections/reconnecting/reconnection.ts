import { CloseCode } from '../../protocol/base/close-code.ts';
import type { HeaderFieldsInit } from '../../protocol/handshake/rules/header-fields.ts';
import { ConnectionClosedError, toError } from '../../protocol/base/errors.ts';
import { onAbort, untilAborted } from '../../engine/abort.ts';
import { Backoff } from './backoff.ts';
import type { ConnectionPort, ReplaceableConnection } from './connection-port.ts';
import { STOPPED, type ReconnectControl } from './reconnect-control.ts';
import type { ReconnectRules, RetryOptions } from './retry-options.ts';
import { isOurFarewell, isPassing, retryAfter } from './retry-rules.ts';

/** What a {@link Reconnection} needs of the world. */
export interface Surroundings {
  /** Time that has passed, in milliseconds. */
  now(): number;
  /** A number from 0 up to but not 1. */
  random(): number;
  /** Waits; fails with the reason of the signal when that is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** How one attempt is made. */
export interface AttemptOptions {
  readonly headers: HeaderFieldsInit | undefined;
  readonly signal: AbortSignal;
}

/** What a {@link Reconnection} is to do. */
export interface ReconnectionPlan<Connection extends ReplaceableConnection> {
  readonly url: string | URL;
  readonly options: RetryOptions & { readonly headers?: HeaderFieldsInit | undefined };
  readonly rules: ReconnectRules;
  /** Makes a connection. */
  connect(url: string | URL, options: AttemptOptions): Promise<Connection>;
  readonly port: ConnectionPort<Connection>;
  /** What its application sees of it. */
  readonly control: ReconnectControl<Connection>;
}

/** Connects, and connects again when the connection was lost. */
export class Reconnection<Connection extends ReplaceableConnection> {
  readonly #plan: ReconnectionPlan<Connection>;
  readonly #surroundings: Surroundings;
  readonly #signal: AbortSignal;
  readonly #backoff: Backoff;
  /** Why the last of them has ended. */
  #cause: Error | undefined;

  constructor(plan: ReconnectionPlan<Connection>, surroundings: Surroundings) {
    this.#plan = plan;
    this.#surroundings = surroundings;
    const { signal } = plan.options;
    const stopping = plan.control.stopping.signal;
    this.#signal = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
    this.#backoff = new Backoff(plan.rules.backoff, () => surroundings.random());
  }

  /** Gives the connections, one after the other. */
  async *run(): AsyncGenerator<Connection, undefined> {
    let cause: unknown;
    try {
      yield* this.#connections();
    } catch (thrown) {
      if (thrown === STOPPED) return;
      cause = thrown;
      throw thrown;
    } finally {
      this.#plan.control.ended(cause);
    }
  }

  async *#connections(): AsyncGenerator<Connection, undefined> {
    const { control, rules } = this.#plan;
    for (;;) {
      const connection = await this.#connect();
      control.connected(connection);
      const lifetime = this.#measure(connection);
      // Whoever leaves the loop, or comes to the end of its body while the connection is open, is done with it.
      let isDone = true;
      try {
        yield connection;
        isDone = connection.state === 'open';
      } finally {
        if (isDone) void connection.close();
      }
      if (isDone) return;
      const closure = await untilAborted(connection.closed, this.#signal);
      if (isOurFarewell(this.#plan.port.farewellOf(connection))) return;
      this.#signal.throwIfAborted();
      if ((await lifetime) >= rules.stableAfter) this.#startAnew();
      const cause = new ConnectionClosedError(closure);
      if (this.#isToRetry(cause)) await this.#backOff(cause);
      else if (closure.code === CloseCode.NORMAL_CLOSURE) return;
      else throw cause;
    }
  }

  async #connect(): Promise<Connection> {
    for (;;) {
      this.#signal.throwIfAborted();
      this.#plan.control.connecting();
      try {
        return await this.#attempt();
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const cause = toError(thrown);
        if (!this.#isToRetry(cause)) throw cause;
        await this.#backOff(cause);
      }
    }
  }

  async #attempt(): Promise<Connection> {
    const { url, options } = this.#plan;
    const signal = this.#signal;
    const attempt = { attempt: this.#plan.control.attempts, url, headers: options.headers, signal, cause: this.#cause };
    const changes = await untilAborted(Promise.resolve(options.onConnecting?.(attempt)), signal);
    const headers = changes?.headers ?? options.headers;
    const connection = await this.#plan.connect(changes?.url ?? url, { headers, signal });
    if (signal.aborted) connection.drop();
    else onAbort(signal, connection.closed, () => this.#plan.port.leave(connection));
    return connection;
  }

  /** How long a connection that has just been opened will have been open, in milliseconds. */
  #measure(connection: Connection): Promise<number> {
    const start = this.#surroundings.now();
    return connection.closed.then(() => this.#surroundings.now() - start);
  }

  #isToRetry(cause: Error): boolean {
    const { control, rules } = this.#plan;
    if (control.attempts >= rules.maxAttempts) return false;
    const usual = isPassing(cause);
    return this.#plan.options.retry?.(cause, usual) ?? usual;
  }

  async #backOff(cause: Error): Promise<void> {
    this.#cause = cause;
    const { control, rules } = this.#plan;
    const asked = Math.min(retryAfter(cause, Date.now()), rules.backoff.max);
    // All that were sent away come back later than asked, but not together.
    const time = asked + this.#backoff.next();
    await control.waiting((signal) => this.#surroundings.wait(time, signal), this.#signal);
  }

  #startAnew(): void {
    this.#plan.control.attempts = 0;
    this.#backoff.reset();
  }
}
