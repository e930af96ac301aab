import { LocalUsageError, type PreparedMessage, type WebSocketProtocol } from 'millrace';

/** Whoever can subscribe: a `WebSocketConnection` is one as it stands; {@link subscriberOf} makes one of an instance of a protocol class. */
export interface Subscriber<Context = unknown> {
  /** Sends a message, in the order of the calls. What it returns may be a promise, whose failure nobody has to look at: {@link closed} tells the same. It does not throw. */
  send(message: PreparedMessage): unknown;
  /** Whether so much is on its way that it is better to wait. */
  readonly isSlow: boolean;
  /** Waits until it is no longer slow; fails when it ends before. */
  drained(): Promise<void>;
  /** Settles when it has ended. */
  readonly closed: Promise<unknown>;
  /** Closes it: with 1013 (try again later), where it was too slow. */
  close(code: number, reason: string): unknown;
  /** What the application knows about it. */
  readonly context: Context;
}

/**
 * Makes a subscriber of an instance of a protocol class. It is the same each time, and its context is the instance.
 *
 * @throws {LocalUsageError} it is not open yet
 *
 * @example
 * ```ts
 * class Chat extends WebSocketServerProtocol {
 *   override onOpen(): void {
 *     topics.subscribe(subscriberOf(this), 'chat/1');
 *   }
 * }
 * ```
 */
export function subscriberOf<Protocol extends WebSocketProtocol>(protocol: Protocol): Subscriber<Protocol> {
  return ProtocolSubscriber.of(protocol);
}

/** An instance of a protocol class, as a subscriber. */
class ProtocolSubscriber<Protocol extends WebSocketProtocol> implements Subscriber<Protocol> {
  static readonly #all = new WeakMap<WebSocketProtocol, ProtocolSubscriber<WebSocketProtocol>>();
  readonly context: Protocol;
  readonly closed: Promise<unknown>;

  private constructor(protocol: Protocol, closed: Promise<unknown>) {
    this.context = protocol;
    this.closed = closed;
  }

  static of<Protocol extends WebSocketProtocol>(protocol: Protocol): Subscriber<Protocol>;
  static of(protocol: WebSocketProtocol): Subscriber<WebSocketProtocol> {
    const closed = protocol.whenClosed();
    if (closed === undefined) throw new LocalUsageError('subscriberOf: the connection is not open yet');
    const known = this.#all.get(protocol);
    if (known !== undefined) return known;
    const subscriber = new ProtocolSubscriber(protocol, closed);
    this.#all.set(protocol, subscriber);
    return subscriber;
  }

  send(message: PreparedMessage): void {
    this.context.sendPreparedMessage(message);
  }

  get isSlow(): boolean {
    return this.context.isSlow;
  }

  drained(): Promise<void> {
    return this.context.drained();
  }

  close(code: number, reason: string): void {
    this.context.sendClose(code, reason);
  }
}
