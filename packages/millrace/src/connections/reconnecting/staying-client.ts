import type { Chunk } from '../sending/sendable.ts';
import type { ConnectionPort, ReplaceableConnection } from './connection-port.ts';
import {
  ReconnectControl,
  type DeliveryOptions,
  type ReconnectHandleOf,
  type ReconnectState,
} from './reconnect-control.ts';

/** A client that stays connected: a promise of its end, and a handle. */
export class StayingClient<Connection> implements Promise<undefined>, ReconnectHandleOf<Connection> {
  readonly [Symbol.toStringTag] = 'StayingConnected';
  readonly #handle: ReconnectHandleOf<Connection>;
  readonly #ended: Promise<undefined>;

  /** @internal */
  constructor(handle: ReconnectHandleOf<Connection>, ended: Promise<undefined>) {
    this.#handle = handle;
    this.#ended = ended;
  }

  /** What it does. */
  get state(): ReconnectState {
    return this.#handle.state;
  }

  /** How many attempts were made since the last stable connection, that which is under way included. */
  get attempts(): number {
    return this.#handle.attempts;
  }

  /** The connection that there is; `undefined` while there is none, and when it has ended. */
  get connection(): Connection | undefined {
    return this.#handle.connection;
  }

  /** What waits to be sent: how many messages, and their bytes. */
  get queued(): { readonly messages: number; readonly bytes: number } {
    return this.#handle.queued;
  }

  /** Makes the next attempt now, if it waits; see {@link ReconnectHandleOf.reconnectNow}. */
  reconnectNow(): boolean {
    return this.#handle.reconnectNow();
  }

  /** Sends a message over the connection that there is, or that comes next; see {@link ReconnectHandleOf.send}. */
  send(data: Chunk, options?: DeliveryOptions): Promise<void> {
    return this.#handle.send(data, options);
  }

  /** Ends it, as if the handler were done; see {@link ReconnectHandleOf.close}. */
  close(code?: number, reason?: string): Promise<void> {
    return this.#handle.close(code, reason);
  }

  /** Waits for its end. */
  then<Fulfilled = undefined, Rejected = never>(
    onFulfilled?: ((value: undefined) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#ended.then(onFulfilled, onRejected);
  }

  /** Waits for its end, if that is a failure. */
  catch<Rejected = never>(
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<undefined | Rejected> {
    return this.#ended.catch(onRejected);
  }

  /** Waits for its end, whatever that is. */
  finally(onFinally?: (() => void) | null): Promise<undefined> {
    return this.#ended.finally(onFinally);
  }
}

/** Has a handler deal with connections, one after the other. */
export async function dealWithEach<Connection>(
  connections: AsyncIterable<Connection>,
  handler: (connection: Connection) => Promise<void>,
  port: ConnectionPort<Connection>,
): Promise<void> {
  for await (const connection of connections) {
    try {
      await handler(connection);
    } catch (error) {
      // Another one may have ended, too.
      if (port.isEndOf(connection, error)) continue;
      port.fail(connection);
      throw error;
    }
  }
}

/** For what never began. */
export function createEndedControl<Connection extends ReplaceableConnection>(
  port: ConnectionPort<Connection>,
): ReconnectControl<Connection> {
  const control = new ReconnectControl<Connection>(undefined, port);
  control.ended(undefined);
  return control;
}
