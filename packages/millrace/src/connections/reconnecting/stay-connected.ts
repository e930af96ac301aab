import { CloseCode } from '../../protocol/base/close-code.ts';
import { invalidArgument } from '../../protocol/base/checks.ts';
import { WebSocketConnection } from '../connection.ts';
import type { Chunk } from '../sending/sendable.ts';
import { reconnect, type ReconnectingConnections } from './reconnect.ts';
import {
  ReconnectControl,
  type DeliveryOptions,
  type ReconnectHandle,
  type ReconnectState,
} from './reconnect-control.ts';
import type { ReconnectOptions } from './reconnect-options.ts';
import type { ContextAnswer, ContextOf } from '../serve-options.ts';

/** Deals with a connection; when its promise is fulfilled, the connection is closed (1000). */
type StayingHandler<Answer extends ContextAnswer> = (
  connection: WebSocketConnection<ContextOf<Answer>>,
) => Promise<void>;

/**
 * Connects, has `handler` deal with the connection, and does both again when the connection was lost: {@link reconnect} for a handler like that of a server.
 *
 * A `ConnectionClosedError` that the handler throws because its connection has ended is no error.
 *
 * @param url - as for `connect`
 * @param handler - an async function, when whose promise is fulfilled the connection is closed (1000)
 *
 * @returns a promise, and a handle: state, attempts, messages that wait. The promise is fulfilled when a connection has ended as it should: the handler was done
 *   with it, or one side has closed it. Otherwise it fails: with what else the handler has thrown, which closes the connection (1011), or with the last cause,
 *   when there is no use in trying again; with a `LocalUsageError`, if the URL is invalid, or an option has a value that it cannot have
 */
export function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer>,
  handler: StayingHandler<Answer>,
): StayingConnected<ContextOf<Answer>>;
/** Does the same without options. */
export function stayConnected(url: string | URL, handler: StayingHandler<undefined>): StayingConnected;
export function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  ...rest: [options: ReconnectOptions<Answer>, handler: StayingHandler<Answer>] | [handler: StayingHandler<Answer>]
): StayingConnected<ContextOf<Answer>> {
  let handle: ReconnectHandle<ContextOf<Answer>> | undefined;
  const run = async (): Promise<undefined> => {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof handler !== 'function') throw invalidArgument('handler', handler, 'a function');
    const connections = reconnect<Answer>(url, options);
    handle = connections;
    await dealWith(connections, handler);
  };
  const ended = run();
  return new StayingConnected(handle ?? endedControl(), ended);
}

/** A client that stays connected: a promise of its end, and a handle. */
export class StayingConnected<Context = unknown> implements Promise<undefined>, ReconnectHandle<Context> {
  readonly [Symbol.toStringTag] = 'StayingConnected';
  readonly #handle: ReconnectHandle<Context>;
  readonly #ended: Promise<undefined>;

  /** @internal */
  constructor(handle: ReconnectHandle<Context>, ended: Promise<undefined>) {
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
  get connection(): WebSocketConnection<Context> | undefined {
    return this.#handle.connection;
  }

  /** What waits to be sent: how many messages, and their bytes. */
  get queued(): { readonly messages: number; readonly bytes: number } {
    return this.#handle.queued;
  }

  /** Makes the next attempt now, if it waits; see {@link ReconnectHandle.reconnectNow}. */
  reconnectNow(): boolean {
    return this.#handle.reconnectNow();
  }

  /** Sends a message over the connection that there is, or that comes next; see {@link ReconnectHandle.send}. */
  send(data: Chunk, options?: DeliveryOptions): Promise<void> {
    return this.#handle.send(data, options);
  }

  /** Ends it, as if the handler were done; see {@link ReconnectHandle.close}. */
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

async function dealWith<Context>(
  connections: ReconnectingConnections<Context>,
  handler: (connection: WebSocketConnection<Context>) => Promise<void>,
): Promise<void> {
  for await (const connection of connections) {
    try {
      await handler(connection);
    } catch (error) {
      // Another one may have ended, too.
      if (WebSocketConnection.engineOf(connection).isEndOf(error)) continue;
      void connection.close(CloseCode.INTERNAL_ERROR);
      throw error;
    }
  }
}

/** For what never began. */
function endedControl<Context>(): ReconnectControl<Context> {
  const control = new ReconnectControl<Context>(undefined);
  control.ended(undefined);
  return control;
}
