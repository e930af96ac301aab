import { BrokerError } from '../../base/errors.ts';
import type { NatsHeaders, NatsMessage } from './nats-client.ts';
import { contentIn, contentOf, type NatsContent } from './nats-message.ts';
import { isUnanswered, type NatsSession } from './nats-session.ts';

/** Nanoseconds in a millisecond: JetStream counts so. */
export const NANOSECONDS = 1_000_000;

/** How long a consumer is kept that nobody asks, in milliseconds. */
const CONSUMER_LIFETIME = 10_000;

/** What JetStream says when there is a stream of that name with other options: somebody has made it as they like. */
const OTHER_OPTIONS = 10_058;

/** What JetStream says when the last message of a subject is not the expected one. */
const WRONG_LAST = 10_071;

/** What JetStream says when a stream, or a message, is not there. */
const NO_STREAM = 10_059;
const NO_MESSAGE = 10_037;

/** How a stream is made. */
export interface StreamOptions {
  readonly name: string;
  readonly subject: string;
  /** How many messages are kept of each subject. */
  readonly messages: number;
  /** How long they are kept, in milliseconds. */
  readonly age: number;
  /** How long a message is known by its id, in milliseconds. */
  readonly repeatWindow?: number | undefined;
  /** Where messages go when they are stored. */
  readonly republishTo?: string | undefined;
}

/** A message in a stream. */
export interface NatsEntry {
  readonly subject: string;
  readonly sequence: number;
  /** When it was stored, in milliseconds. */
  readonly time: number;
  /** `undefined` where it has no header of ours. */
  readonly content: NatsContent | undefined;
  readonly data: Uint8Array;
}

/** What JetStream says of a message that it has stored. */
export interface NatsReceipt {
  readonly sequence: number;
  readonly isRepeat: boolean;
}

/** JetStream has refused something. */
export class JetStreamError extends Error {
  readonly code: number;

  constructor(description: string, code: number) {
    super(`${description} (${code})`);
    this.code = code;
  }
}

/** Which messages of a stream are wanted. */
export interface EntryRange {
  readonly stream: string;
  /** With wildcards, if need be. */
  readonly subject: string;
  /** The first sequence. */
  readonly from: number;
}

/** The API of JetStream, as far as it is used: <https://docs.nats.io/reference/reference-protocols/nats_api_reference>. */
export class NatsStreams {
  readonly #session: NatsSession;
  readonly #replicas: number;
  /** The streams that are there. */
  readonly #ensured = new Map<string, Promise<void>>();

  constructor(session: NatsSession, replicas: number) {
    this.#session = session;
    this.#replicas = replicas;
  }

  /** Makes a stream, unless it is there. */
  ensure(options: StreamOptions): Promise<void> {
    const known = this.#ensured.get(options.name);
    if (known !== undefined) return known;
    const made = this.#create(options);
    this.#ensured.set(options.name, made);
    made.catch(() => this.#ensured.delete(options.name));
    return made;
  }

  /** Looks again whether streams are there. */
  forget(): void {
    this.#ensured.clear();
  }

  /** Stores a message. */
  async publish(subject: string, data: Uint8Array, headers: NatsHeaders): Promise<NatsReceipt> {
    const answer = parse(await this.#session.request(subject, data, { headers }));
    return { sequence: Number(answer['seq']), isRepeat: answer['duplicate'] === true };
  }

  /** Reads the last message of a subject. */
  last(stream: string, subject: string): Promise<NatsEntry | undefined> {
    return this.#get(stream, { last_by_subj: subject });
  }

  at(stream: string, sequence: number): Promise<NatsEntry | undefined> {
    return this.#get(stream, { seq: sequence });
  }

  /** Reads messages, the oldest first. */
  async read(range: EntryRange, limit: number): Promise<NatsEntry[]> {
    const { name, pending } = await this.#createConsumer(range);
    const count = Math.min(limit, pending);
    try {
      if (count === 0) return [];
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${range.stream}.${name}`;
      const messages = await this.#session.requestMany(subject, JSON.stringify({ batch: count, no_wait: true }), count);
      return messages.map(toEntry);
    } finally {
      this.#deleteConsumer(range.stream, name);
    }
  }

  /** Counts messages. */
  async count(range: EntryRange): Promise<number> {
    const { name, pending } = await this.#createConsumer(range);
    this.#deleteConsumer(range.stream, name);
    return pending;
  }

  async purge(stream: string, subject: string): Promise<void> {
    await this.#call(`STREAM.PURGE.${stream}`, { filter: subject });
  }

  async #create({ name, subject, messages, age, repeatWindow, republishTo }: StreamOptions): Promise<void> {
    const options = {
      ...{ name, subjects: [subject], retention: 'limits', storage: 'file', discard: 'old' },
      ...{ max_msgs: -1, max_bytes: -1, max_msgs_per_subject: messages, num_replicas: this.#replicas },
      max_age: age * NANOSECONDS,
      duplicate_window: Math.min(repeatWindow ?? age, age) * NANOSECONDS,
      ...(republishTo === undefined ? {} : { republish: { src: subject, dest: republishTo } }),
    };
    try {
      await this.#call(`STREAM.CREATE.${name}`, options);
    } catch (error) {
      if (!isJetStreamError(error, OTHER_OPTIONS)) throw error;
    }
  }

  async #get(stream: string, request: object): Promise<NatsEntry | undefined> {
    try {
      return toStoredEntry(await this.#call(`STREAM.MSG.GET.${stream}`, request));
    } catch (error) {
      if (isJetStreamError(error, NO_MESSAGE)) return undefined;
      throw error;
    }
  }

  async #createConsumer({ stream, subject, from }: EntryRange): Promise<{ name: string; pending: number }> {
    const config = {
      ...{ ack_policy: 'none', replay_policy: 'instant', mem_storage: true, num_replicas: 1 },
      ...{ deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(from, 1), filter_subject: subject },
      inactive_threshold: CONSUMER_LIFETIME * NANOSECONDS,
    };
    const answer = await this.#call(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config });
    return { name: String(answer['name']), pending: Number(answer['num_pending']) };
  }

  /** Nobody waits for it: it ends by itself, otherwise. */
  #deleteConsumer(stream: string, name: string): void {
    if (this.#session.isUp) this.#session.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`, '');
  }

  async #call(name: string, request: object): Promise<JsonObject> {
    try {
      return parse(await this.#session.request(`$JS.API.${name}`, JSON.stringify(request)));
    } catch (error) {
      if (isUnanswered(error)) throw new BrokerError('nats', 'JetStream does not answer: is it switched on?', error);
      throw error;
    }
  }
}

/** Whether JetStream has refused something, for one reason or for any. */
export function isJetStreamError(error: unknown, code?: number): boolean {
  return error instanceof JetStreamError && (code === undefined || error.code === code);
}

/** Whether the last message of a subject was not the expected one. */
export function isWrongLast(error: unknown): boolean {
  return isJetStreamError(error, WRONG_LAST);
}

/** Whether a stream is not there. */
export function isNoStream(error: unknown): boolean {
  return isJetStreamError(error, NO_STREAM) || isUnanswered(error);
}

type JsonObject = Readonly<Record<string, unknown>>;

function toObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parse(message: NatsMessage): JsonObject {
  const answer = toObject(JSON.parse(message.string()));
  if (answer['error'] === undefined) return answer;
  const error = toObject(answer['error']);
  throw new JetStreamError(String(error['description']), Number(error['err_code']));
}

function toStoredEntry(answer: JsonObject): NatsEntry {
  const { subject, seq, time, hdrs, data } = toObject(answer['message']);
  return {
    subject: String(subject),
    sequence: Number(seq),
    time: Date.parse(String(time)),
    content: contentIn(String(fromBase64(hdrs))),
    data: fromBase64(data),
  };
}

function fromBase64(text: unknown): Buffer {
  return Buffer.from(typeof text === 'string' ? text : '', 'base64');
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer's sequence>.<time in ns>.<pending>`, with domain and account behind ACK, and more behind it, on newer servers. */
function toEntry({ subject, reply = '', headers, data }: NatsMessage): NatsEntry {
  const tokens = reply.split('.');
  const start = tokens.length > 9 ? 7 : 5;
  const [sequence, , time] = tokens.slice(start).map(Number);
  const content = contentOf(headers);
  return { subject, sequence: sequence ?? 0, time: (time ?? 0) / NANOSECONDS, content, data };
}
