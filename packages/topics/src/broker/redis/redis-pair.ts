import { handled, toError } from '../../base/deferred.ts';
import { BrokerError } from '../../base/errors.ts';
import { Timeout, withTimeout } from '../../base/with-timeout.ts';
import type { RedisArgument, RedisConnection, RedisConnector } from './redis-client.ts';
import type { RedisScript } from './scripts.ts';

/** The first wait before connecting again, and the longest, in milliseconds. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 5000;

/** What a {@link RedisPair} is made of. */
export interface RedisPairSetup {
  readonly connector: RedisConnector;
  /** How long Redis may take to answer, in milliseconds. */
  readonly timeout: number;
  readonly onUp: () => void;
  readonly onDown: (error: Error) => void;
  readonly onMessage: (channel: string, message: Buffer) => void;
}

/**
 * Two connections to Redis, one for commands and one for what is published. When one of them is lost, or does not answer in time, both are given up and
 * made anew, with growing waits.
 */
export class RedisPair {
  readonly #setup: RedisPairSetup;
  #commands: RedisConnection | undefined;
  #subscriptions: RedisConnection | undefined;
  #isUp = false;
  #isClosed = false;
  /** Tells one pair of connections from those before. */
  #generation = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #pinging: NodeJS.Timeout | undefined;

  constructor(setup: RedisPairSetup) {
    this.#setup = setup;
    void this.#connect();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /**
   * Runs a command.
   *
   * @throws {BrokerError} Redis is away, or did not answer in time: then its `cause` is no reply of Redis
   */
  command(args: readonly RedisArgument[]): Promise<unknown> {
    const connection = this.#commands;
    if (!this.#isUp || connection === undefined) return Promise.reject(new BrokerError('redis', 'it is away'));
    return this.#inTime(() => connection.command(args), String(args[0]));
  }

  /** Runs a script: by its name, and where Redis does not know it, by its text. */
  async script(
    { source, sha1 }: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    try {
      return await this.command(['EVALSHA', sha1, String(keys.length), ...keys, ...args]);
    } catch (error) {
      if (!toError(error).message.includes('NOSCRIPT')) throw error;
      return this.command(['EVAL', source, String(keys.length), ...keys, ...args]);
    }
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#onSubscriptions('SUBSCRIBE', (connection) => connection.subscribe(channels));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#onSubscriptions('UNSUBSCRIBE', (connection) => connection.unsubscribe(channels));
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    this.#giveUp();
  }

  #onSubscriptions(name: string, action: (connection: RedisConnection) => Promise<unknown>): Promise<unknown> {
    const connection = this.#subscriptions;
    if (!this.#isUp || connection === undefined) return Promise.reject(new BrokerError('redis', 'it is away'));
    return this.#inTime(() => action(connection), name);
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    const lose = (error: Error): void => {
      if (generation === this.#generation) this.#lose(error);
    };
    const { connector, onMessage, onUp, timeout } = this.#setup;
    const listener = {
      onLost: lose,
      onMessage: (channel: string, message: Buffer): void => {
        if (generation === this.#generation) onMessage(channel, message);
      },
    };
    try {
      const commands = connector.create(listener);
      const subscriptions = connector.create(listener);
      this.#commands = commands;
      this.#subscriptions = subscriptions;
      await withTimeout(Promise.all([commands.connect(), subscriptions.connect()]), timeout, 'connecting');
      if (generation !== this.#generation || this.#isClosed) return;
      this.#isUp = true;
      this.#failures = 0;
      this.#pinging = setInterval(() => this.#ping(), timeout / 2).unref();
      onUp();
    } catch (error) {
      lose(toError(error));
    }
  }

  /** Finds out that Redis has fallen silent, though nothing is asked of it. */
  #ping(): void {
    for (const connection of [this.#commands, this.#subscriptions]) {
      if (connection === undefined) continue;
      void handled(this.#inTime(() => connection.ping(), 'PING', this.#setup.timeout / 2));
    }
  }

  async #inTime<T>(action: () => Promise<T>, name: string, time = this.#setup.timeout): Promise<T> {
    const generation = this.#generation;
    try {
      return await withTimeout(action(), time, name);
    } catch (error) {
      if (error instanceof Timeout && generation === this.#generation) this.#lose(error);
      throw new BrokerError('redis', toError(error).message, error);
    }
  }

  #lose(error: Error): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#generation++;
    this.#giveUp();
    if (wasUp) this.#setup.onDown(new BrokerError('redis', error.message, error));
    if (this.#isClosed) return;
    const longest = Math.min(FIRST_WAIT * 2 ** this.#failures++, LONGEST_WAIT);
    this.#timer = setTimeout(() => void this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#pinging);
    this.#commands?.destroy();
    this.#subscriptions?.destroy();
    this.#commands = undefined;
    this.#subscriptions = undefined;
  }
}

/** What Redis says when it will do it later, or another server will. */
const TEMPORARY = /^-?(TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|READONLY|MOVED|ASK|NOREPLICAS)\b/;

/** Whether an error is an answer of Redis that will not change: it has done nothing, and the connection is fine. */
export function isReply(error: unknown): boolean {
  const cause = error instanceof BrokerError ? error.cause : error;
  if (!(cause instanceof Error) || TEMPORARY.test(cause.message)) return false;
  return cause.name === 'ReplyError' || /^(ReplyError|SimpleError|BlobError|ErrorReply)$/.test(cause.constructor.name);
}
