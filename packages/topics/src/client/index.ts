/**
 * What a client remembers, so that it misses nothing after a reconnect. It runs in browsers, too.
 *
 * @module @millrace/topics/client
 */
/** A message, taken out of `jsonEnvelope` or `binaryEnvelope`. */
export interface TopicMessage {
  readonly topic: string;
  /** Where it stands; `undefined` for a topic without history. */
  readonly position: string | undefined;
  readonly data: string | Uint8Array;
}

/** Where a client stands in its topics. `JSON.stringify` makes of it what the server gets as `since`, by topic. */
export interface Positions {
  /**
   * Takes a message apart and has it handled, after those before it. The position moves when the handler has returned. Where it fails, the position of its
   * topic stays until that message has come again, which it does after a reconnect.
   *
   * @returns when the handler has returned; fails as it does, or where the message is no envelope
   */
  handle(message: string | Uint8Array | ArrayBuffer, handler: (message: TopicMessage) => unknown): Promise<void>;
  /** Sets where the client stands in a topic: a snapshot was loaded there. */
  set(topic: string, position: string): void;
  /** Forgets a topic. */
  delete(topic: string): void;
  /** Positions by topic. */
  toJSON(): Record<string, string>;
}

/** Makes one. Give it what `toJSON` has given, to go on after a restart. */
export function createPositions(known: Readonly<Record<string, string>> = {}): Positions {
  const positions = new Map(Object.entries(known));
  /** The position of the first message whose handler has failed, by topic. */
  const failed = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    handle: (message, handler) => {
      const handled = last.then(async () => {
        const parts = read(message);
        const { topic, position } = parts;
        try {
          await handler(parts);
        } catch (error) {
          if (position !== undefined && !failed.has(topic)) failed.set(topic, position);
          throw error;
        }
        if (position === undefined || (failed.get(topic) ?? position) !== position) return;
        failed.delete(topic);
        positions.set(topic, position);
      });
      last = handled.catch(() => undefined);
      return handled;
    },
    set: (topic, position) => {
      failed.delete(topic);
      positions.set(topic, position);
    },
    delete: (topic) => {
      failed.delete(topic);
      positions.delete(topic);
    },
    toJSON: () => Object.fromEntries(positions),
  };
}

function read(message: string | Uint8Array | ArrayBuffer): TopicMessage {
  if (typeof message !== 'string') return readBinary(message instanceof Uint8Array ? message : new Uint8Array(message));
  const parts: unknown = JSON.parse(message);
  if (typeof parts !== 'object' || parts === null) throw new TypeError('a message is no envelope');
  const { topic, position, data, bytes }: { topic?: unknown; position?: unknown; data?: unknown; bytes?: unknown } =
    parts;
  const content = typeof bytes === 'string' ? Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0)) : data;
  if (typeof topic === 'string' && (typeof content === 'string' || content instanceof Uint8Array)) {
    return { topic, position: typeof position === 'string' ? position : undefined, data: content };
  }
  throw new TypeError('a message is no envelope');
}

function readBinary(bytes: Uint8Array): TopicMessage {
  const text = new TextDecoder('utf-8', { ignoreBOM: true });
  const [version, type, length = 0] = bytes;
  const placed = 3 + length;
  const start = placed + 1 + (bytes[placed] ?? 0);
  if (version !== 1 || start > bytes.length) throw new TypeError('a message is no envelope');
  const position = text.decode(bytes.subarray(placed + 1, start));
  const data = bytes.subarray(start);
  return {
    topic: text.decode(bytes.subarray(3, placed)),
    position: position === '' ? undefined : position,
    data: type === 0x74 ? text.decode(data) : data,
  };
}
