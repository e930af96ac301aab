import { randomId } from '../base/random-id.ts';
import type {
  Broker,
  BrokerLink,
  BrokerMessage,
  Channel,
  HistoryPage,
  HistoryPolicy,
  HistoryRange,
  KeptTopic,
  PresenceChange,
  Publication,
  PublishReceipt,
} from '../broker/broker.ts';

/** How long a case waits for something that should happen, in milliseconds. */
const PATIENCE = 10_000;

/** How often it looks, in milliseconds. */
const LOOKS_EVERY = 2;

/** What is kept of topics, unless a case says otherwise. */
export const HISTORY: HistoryPolicy = { messages: 1000, age: 600_000 };

/** A link to the broker under test, and what it has brought. */
export class SuiteLink {
  readonly link: BrokerLink;
  readonly received: (readonly [channel: Channel, message: BrokerMessage])[] = [];
  readonly presence: PresenceChange[] = [];
  readonly errors: Error[] = [];

  constructor(broker: Broker) {
    this.link = broker.open({
      onUp: () => undefined,
      onDown: () => undefined,
      onMessage: (channel, message) => {
        if (message.isMark !== true) this.received.push([channel, message]);
      },
      onPresence: (change) => this.presence.push(change),
      onError: (error) => this.errors.push(error),
    });
  }

  /** Opens a link that can be used. */
  static async open(broker: Broker): Promise<SuiteLink> {
    const opened = new SuiteLink(broker);
    await eventually('the broker can be used', () => opened.link.isUp);
    return opened;
  }

  publish(topic: string, data: string | Uint8Array, changes: Partial<Publication> = {}): Promise<PublishReceipt> {
    return this.link.publish({
      topic,
      root: undefined,
      type: typeof data === 'string' ? 'text' : 'binary',
      data: typeof data === 'string' ? Buffer.from(data) : data,
      id: randomId(),
      idempotencyKey: undefined,
      history: HISTORY,
      ...changes,
    });
  }

  read(topic: string, range: Partial<HistoryRange> = {}): Promise<HistoryPage> {
    return this.link.read(topic, { limit: 1000, maxBytes: 1e6, history: HISTORY, ...range });
  }

  /** Reads the data of messages, as text. */
  async readTexts(topic: string, range: Partial<HistoryRange> = {}): Promise<string[]> {
    return textsOf(await this.read(topic, range));
  }

  /** What has come of a channel, as text. */
  texts(channel: Channel): string[] {
    const messages = this.received.flatMap(([name, message]) => (name === channel ? [message] : []));
    return textsOf({ messages });
  }
}

/** Waits until something is so. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, LOOKS_EVERY);
    });
  }
}

/** The messages of a page, as text: without those that are for nobody. */
export function textsOf({ messages }: { readonly messages: readonly BrokerMessage[] }): string[] {
  return messages.filter(({ isMark }) => isMark !== true).map(({ data }) => Buffer.from(data).toString());
}

/** A topic whose messages are kept. */
export function kept(topic: string): KeptTopic {
  return { topic, history: HISTORY };
}
