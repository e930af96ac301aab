import { createDeferred, handled, toError, type Deferred } from '../../base/deferred.ts';
import { BrokerError } from '../../base/errors.ts';
import { Timeout, withTimeout } from '../../base/with-timeout.ts';
import type { NatsCallback, NatsConnection, NatsHeaders, NatsMessage, NatsSubscription } from './nats-client.ts';

/** The first wait before it is looked whether NATS is back, and the longest, in milliseconds. */
const FIRST_WAIT = 25;
const LONGEST_WAIT = 1000;

const NAME = 'nats';

/** What goes with a message. */
interface WithHeaders {
  readonly headers?: NatsHeaders;
}

/** What a {@link NatsSession} is made of. */
export interface NatsSessionSetup {
  readonly connection: NatsConnection;
  /** How long NATS may take to answer, in milliseconds. */
  readonly timeout: number;
  readonly onUp: () => void;
  readonly onDown: (error: Error) => void;
}

/**
 * What topics use of the application's connection to NATS, which comes back by itself when it is lost. All subscriptions are given up then, since messages are
 * missing. A server that falls silent is left, too.
 */
export class NatsSession {
  readonly #setup: NatsSessionSetup;
  readonly #subscriptions = new Map<string, NatsSubscription>();
  /** What waits for an answer. */
  readonly #waiting = new Set<Deferred<never>>();
  #isUp = false;
  #isClosed = false;
  #isLooking = false;
  #pinging: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(setup: NatsSessionSetup) {
    this.#setup = setup;
    void this.#watch();
    void this.#look();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The largest message that NATS takes, with its header, in bytes. */
  get maxPayload(): number {
    return this.#setup.connection.info?.max_payload ?? 1_048_576;
  }

  /**
   * Asks something.
   *
   * @throws {BrokerError} NATS is away, nobody answers, or not in time
   */
  request(subject: string, data: string | Uint8Array, options: WithHeaders = {}): Promise<NatsMessage> {
    const { connection, timeout } = this.#setup;
    return this.#inTime(() => connection.request(subject, data, { timeout: 2 * timeout, ...options }), subject);
  }

  /**
   * Asks something that has several answers.
   *
   * @throws {BrokerError} NATS is away, or does not give all of them in time
   */
  requestMany(subject: string, data: string, count: number): Promise<NatsMessage[]> {
    const { connection, timeout } = this.#setup;
    return this.#inTime(async () => {
      const answers: NatsMessage[] = [];
      // Messages from a stream have the subject that they were stored with: a shared inbox would not know whose they are.
      const options = { strategy: 'count', noMux: true, maxMessages: count, maxWait: 2 * timeout } as const;
      for await (const answer of await connection.requestMany(subject, data, options)) {
        // Whatever has a code is no answer but says that there is none.
        if ((answer.headers?.code ?? 0) !== 0) break;
        answers.push(answer);
      }
      return answers;
    }, subject);
  }

  /** Publishes without an answer. {@link flush} waits until NATS has it. */
  publish(subject: string, data: string | Uint8Array, options: WithHeaders = {}): void {
    this.#checkUp();
    this.#setup.connection.publish(subject, data, options);
  }

  /** Waits until NATS has dealt with all that was sent in this turn. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush();
    return this.#flushing;
  }

  /** Subscribes. {@link flush} waits until NATS has done it. */
  subscribe(name: string, callback: NatsCallback): void {
    this.#checkUp();
    if (!this.#subscriptions.has(name)) {
      this.#subscriptions.set(name, this.#setup.connection.subscribe(name, { callback }));
    }
  }

  unsubscribe(name: string): void {
    this.#subscriptions.get(name)?.unsubscribe();
    this.#subscriptions.delete(name);
  }

  /** Ends the use of the connection, which is the application's. */
  close(): void {
    this.#isClosed = true;
    this.#giveUp(new Error('it is closed'));
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    this.#flushing = undefined;
    await this.#inTime(() => this.#setup.connection.flush(), 'PING');
  }

  #checkUp(): void {
    if (!this.#isUp) throw new BrokerError(NAME, 'it is away');
  }

  async #inTime<T>(action: () => Promise<T>, what: string, time = this.#setup.timeout): Promise<T> {
    const lost = createDeferred<never>();
    this.#waiting.add(lost);
    try {
      this.#checkUp();
      return await withTimeout(Promise.race([handled(action()), lost.promise]), time, what);
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      if (error instanceof Timeout && this.#waiting.has(lost)) this.#leave(error);
      throw new BrokerError(NAME, `${what}: ${toError(error).message}`, error);
    } finally {
      this.#waiting.delete(lost);
    }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#setup.connection.status()) {
      if (this.#isClosed) return;
      if (LOSSES[type] === true) this.#lose(new Error('the connection was lost'));
      else if (type === 'reconnect') void this.#look();
    }
  }

  /** Looks whether NATS can be used, until it can. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { connection, timeout, onUp } = this.#setup;
    for (let wait = FIRST_WAIT; !this.#isUp; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      const isThere = await withTimeout(connection.flush(), timeout, 'PING').then(
        () => !connection.isClosed(),
        () => false,
      );
      if (this.#isClosed || connection.isClosed()) break;
      if (isThere) this.#isUp = true;
      else await sleep(wait * (0.5 + Math.random() / 2));
    }
    this.#isLooking = false;
    if (!this.#isUp || this.#isClosed) return;
    this.#pinging = setInterval(() => this.#ping(), timeout / 2).unref();
    onUp();
  }

  /** Finds out that NATS has fallen silent, though nothing is asked of it. */
  #ping(): void {
    const { connection, timeout } = this.#setup;
    void handled(this.#inTime(() => connection.flush(), 'PING', timeout / 2));
  }

  /** Leaves a server that does not answer. */
  #leave(error: Error): void {
    const { connection } = this.#setup;
    this.#lose(error);
    if (!connection.isClosed()) void handled(connection.reconnect());
    void this.#look();
  }

  #lose(error: Error): void {
    if (!this.#isUp) return;
    this.#giveUp(error);
    this.#setup.onDown(new BrokerError(NAME, error.message, error));
    void this.#look();
  }

  #giveUp(error: Error): void {
    this.#isUp = false;
    clearInterval(this.#pinging);
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }
}

/** What says that messages may be missing. */
const LOSSES: Readonly<Record<string, true>> = {
  disconnect: true,
  staleConnection: true,
  close: true,
};

/** Whether nobody was there to answer: nothing was done. */
export function isUnanswered(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; { cause } = cause) {
    if (cause.name === 'NoRespondersError') return true;
  }
  return false;
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, time);
  });
}
