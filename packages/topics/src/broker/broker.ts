/** What a broker carries: the messages of a topic, those of all topics below a root, or who joins and leaves a topic. */
export type Channel = `${'topic' | 'root' | 'presence'}:${string}`;

/** Where a message stands among those of its topic. */
export interface Place {
  /** Changes when the broker has lost messages: offsets of two epochs have nothing to do with each other. */
  readonly epoch: string;
  /** Grows from message to message: by one, unless the broker says otherwise ({@link BrokerLink.hasSparseOffsets}). 0 stands before the first. */
  readonly offset: number;
  /** Random, of this message alone: tells whether the broker has lost it and given its offset to another. Empty for offset 0. */
  readonly id: string;
}

/** How much of a topic a broker keeps. */
export interface HistoryPolicy {
  /** So many messages. */
  readonly messages: number;
  /** No longer than so many milliseconds, by the broker's clock. */
  readonly age: number;
}

/** A topic of which the broker keeps messages. */
export interface KeptTopic {
  readonly topic: string;
  readonly history: HistoryPolicy;
}

/** What is published. */
export interface Publication {
  readonly topic: string;
  /** The root on whose channel it is published, too. */
  readonly root: string | undefined;
  readonly type: 'text' | 'binary';
  /** Never changed from now on. */
  readonly data: Uint8Array;
  /** Random. */
  readonly id: string;
  /** Of the application: a second message with this key within two minutes is not published. */
  readonly idempotencyKey: string | undefined;
  readonly history: HistoryPolicy | undefined;
}

/** What a broker says of a message that it has. */
export interface PublishReceipt {
  /** Where it stands; `undefined` for a topic without history. */
  readonly place: Place | undefined;
  /** Whether it was there already, by its idempotency key. */
  readonly isRepeat: boolean;
}

/** A message as it comes from a broker. */
export interface BrokerMessage {
  readonly topic: string;
  readonly type: 'text' | 'binary';
  readonly data: Uint8Array;
  readonly id: string;
  /** `undefined` for a topic without history. */
  readonly place: Place | undefined;
  /** The offset of the message before it in its topic: tells whether one is missing. One less than its own unless given. */
  readonly previous?: number | undefined;
  /** It marks a place in the order of a topic, and is for nobody. */
  readonly isMark?: boolean | undefined;
}

/** A message that stands in a history. */
export interface StoredMessage extends BrokerMessage {
  readonly place: Place;
}

/** Which part of a history is wanted: from an offset onwards, or the newest before one. */
export interface HistoryRange {
  /** The first offset. Without it, the newest are wanted. */
  readonly from?: number | undefined;
  /** With neither, the newest; with this, the newest below. */
  readonly before?: number | undefined;
  /** At most so many. */
  readonly limit: number;
  /** No further message when so many bytes of data are there; but one at least. */
  readonly maxBytes: number;
  readonly history: HistoryPolicy;
}

/** A part of a history. */
export interface HistoryPage {
  /** Where the newest message of the topic stands; its offset is 0 where there was none. */
  readonly top: Place;
  /** Those in the range, in order, without those that are too old. */
  readonly messages: readonly StoredMessage[];
}

/** Somebody is present in a topic. */
export interface Presence {
  readonly user: string;
  /** What the application says about them, as JSON. */
  readonly info: string | undefined;
}

/** Somebody joins or leaves, seen from one process. */
export interface PresenceChange extends Presence {
  readonly topic: string;
  readonly type: 'join' | 'leave';
}

/** Some of those who are present. */
export interface PresencePage {
  readonly present: readonly Presence[];
  /** Where the next page begins; `undefined` behind the last. */
  readonly cursor: string | undefined;
}

/** Learns what a broker brings. */
export interface BrokerListener {
  /** The broker can be used. Nothing is subscribed. */
  onUp(): void;
  /** The broker is away, and all subscriptions are gone; messages may be missed from now on. */
  onDown(error: Error): void;
  /** A message of a subscribed channel. Those of one topic with history come in order; some may be missing, and some come twice. */
  onMessage(channel: Channel, message: BrokerMessage): void;
  /** Somebody has joined or left a topic whose presence channel is subscribed. A hint: it may be missing. */
  onPresence(change: PresenceChange): void;
  /** The broker has done something wrong that no call can be told of. */
  onError(error: Error): void;
}

/**
 * One process's side of a broker. What it returns settles in any case: it has limits of its own for how long it waits. What fails, fails with a `BrokerError`,
 * and `publish` with a `PublishError`.
 */
export interface BrokerLink {
  /** Whether it can be used now. Otherwise every call fails at once. */
  readonly isUp: boolean;
  /** Whether offsets grow by more than one, too, since the broker counts for several topics at a time. */
  readonly hasSparseOffsets?: boolean | undefined;
  /** The most data that a message may have, in bytes. */
  readonly maxMessageSize: number;
  /** Subscribes, and returns when that is confirmed. */
  subscribe(channels: readonly Channel[]): Promise<void>;
  unsubscribe(channels: readonly Channel[]): Promise<void>;
  publish(publication: Publication): Promise<PublishReceipt>;
  /** Reads a history. A topic that has none gets an epoch by that. */
  read(topic: string, range: HistoryRange): Promise<HistoryPage>;
  /** Tells where several topics stand; `undefined` for one of which the broker knows nothing. */
  tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]>;
  /** Begins a new epoch of a topic, if it still has this one: messages of it were lost. */
  renew(topic: KeptTopic, epoch: string): Promise<void>;
  /** Forgets a topic: its messages, and its epoch. */
  remove(topic: KeptTopic): Promise<void>;
  /** Notes who has come and gone in this process, and tells the subscribers of the presence channels. */
  updatePresence(changes: readonly PresenceChange[]): Promise<void>;
  /** Tells who is present in a topic, in any process that lives; a user who is in several may be listed on several pages. */
  listPresence(
    topic: string,
    range: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<PresencePage>;
  /** Tells how many users are present. */
  countPresence(topic: string): Promise<number>;
  /** Ends it: this process's presence, too. */
  close(): Promise<void>;
}

/** Carries messages between processes, and keeps their history. */
export interface Broker {
  /** How errors call it: `memory`, `redis`. */
  readonly name: string;
  /** Begins to use it, for one process. It returns at once; {@link BrokerListener.onUp} says when it can be used, which may be within this call. */
  open(listener: BrokerListener): BrokerLink;
}
