import { rejected, attempt, handled } from '../../engine/deferred.ts';
import { checkBoolean } from '../../protocol/base/checks.ts';
import type { Chunk, MessageKind } from '../sending/sendable.ts';
import type { ConnectionPort, ReplaceableConnection } from './connection-port.ts';
import { MessageQueue, deliver } from './message-queue.ts';
import type { ResolvedQueueOptions } from './queue-options.ts';
import { UndeliveredMessageError } from './undelivered-message-error.ts';

/**
 * What a client that connects again does:
 *
 * - `'idle'`: nothing yet; nobody has begun to iterate
 * - `'connecting'`: an attempt is under way
 * - `'open'`: there is a connection
 * - `'closing'`: the connection closes or has ended, and whoever deals with it has not returned
 * - `'waiting'`: it waits before the next attempt
 * - `'ended'`: there will be no further connection
 */
export type ReconnectState = 'idle' | 'connecting' | 'open' | 'closing' | 'waiting' | 'ended';

/** How {@link ReconnectHandleOf.send} sends. */
export interface DeliveryOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue that of what is sent: strings are text, bytes are binary
   */
  readonly type?: MessageKind | undefined;
  /**
   * Whether to wait until the other side's WebSocket implementation has received it, which a ping behind it finds out.
   *
   * @defaultValue false
   */
  readonly confirm?: boolean | undefined;
  /** Withdraws the message while it waits. One that a connection has taken goes its way. */
  readonly signal?: AbortSignal | undefined;
}

/** What can be asked of a client that connects again, and told to it. */
export interface ReconnectHandleOf<Connection> {
  readonly state: ReconnectState;
  /** How many attempts were made since the last stable connection, that which is under way included. */
  readonly attempts: number;
  /** The connection that there is; `undefined` while there is none, and when it has ended. */
  readonly connection: Connection | undefined;
  /** What waits to be sent: how many messages, and their bytes. */
  readonly queued: { readonly messages: number; readonly bytes: number };
  /**
   * Makes the next attempt now, if it waits: when the network is back, say. The waits after it stay as they were.
   *
   * @returns whether it has waited
   */
  reconnectNow(): boolean;
  /**
   * Sends a message over the connection that there is, or that comes next, behind those that wait.
   *
   * @param data - of which a copy waits
   *
   * @returns when a connection has taken it and its output is below `highWaterMark`; it may still be lost with the connection, unless `confirm` was asked for
   *
   * @throws {UndeliveredMessageError} it was not delivered, or that is not known: see its `fate`
   * @throws {LocalUsageError} the data are nothing that can be sent so, or bytes to be sent as text are not UTF-8
   */
  send(data: Chunk, options?: DeliveryOptions): Promise<void>;
  /**
   * Ends it, as if the application were done: closes the connection, if there is one, and makes no other. Repeating it waits for the same.
   *
   * @param code - as for `close` of a connection
   *
   * @returns when there is no connection any more
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long
   */
  close(code?: number, reason?: string): Promise<void>;
}

/** Why a wait was ended before its time. */
const NOW = new Error('the next attempt was asked for');

/** Why all is ended: the application has asked for it. */
export const STOPPED: Error = new Error('the client was closed');

/** A client that connects again, as its application and its loop see it. */
export class ReconnectControl<Connection extends ReplaceableConnection> implements ReconnectHandleOf<Connection> {
  /** Aborted when the application has closed it. */
  readonly stopping: AbortController = new AbortController();
  attempts = 0;
  readonly #port: ConnectionPort<Connection>;
  readonly #queue: MessageQueue<Connection> | undefined;
  #phase: 'idle' | 'connecting' | 'connected' | 'waiting' | 'ended' = 'idle';
  #connection: Connection | undefined;
  #wait: AbortController | undefined;

  constructor(queue: ResolvedQueueOptions | undefined, port: ConnectionPort<Connection>) {
    this.#port = port;
    this.#queue = queue === undefined ? undefined : new MessageQueue(queue, port);
  }

  get state(): ReconnectState {
    if (this.#phase !== 'connected') return this.#phase;
    return this.#connection?.state === 'open' ? 'open' : 'closing';
  }

  get connection(): Connection | undefined {
    return this.#connection?.state === 'closed' ? undefined : this.#connection;
  }

  get queued(): { readonly messages: number; readonly bytes: number } {
    return this.#queue?.size ?? { messages: 0, bytes: 0 };
  }

  reconnectNow(): boolean {
    if (this.#wait === undefined) return false;
    this.#wait.abort(NOW);
    return true;
  }

  send(data: Chunk, { type, confirm = false, signal }: DeliveryOptions = {}): Promise<void> {
    return attempt(() => {
      checkBoolean('confirm', confirm);
      const message = this.#port.toMessage(data, type);
      if (signal?.aborted === true) return rejected(signal.reason);
      if (this.#phase === 'ended') throw new UndeliveredMessageError('not sent', 'there will be no connection');
      if (this.#queue !== undefined) return handled(this.#queue.send(message, { confirm, signal }));
      const connection = this.#connection;
      if (connection !== undefined && this.#port.canSend(connection)) {
        return handled(deliver(this.#port, connection, { ...message, confirm }));
      }
      throw new UndeliveredMessageError('not sent', 'there is no connection, and no option queue');
    });
  }

  close(code?: number, reason?: string): Promise<void> {
    return attempt(() => handled(this.#close(code, reason)));
  }

  // For its loop

  /** An attempt begins. */
  connecting(): void {
    this.#phase = 'connecting';
    this.attempts++;
  }

  /** There is a connection, which is about to be handed out: what its application sends at once goes before what waits. */
  connected(connection: Connection): void {
    this.#phase = 'connected';
    this.#connection = connection;
    this.#port.later(() => {
      if (this.#connection === connection) this.#queue?.attach(connection);
    });
  }

  /**
   * Waits before the next attempt.
   *
   * @param wait - takes a signal, whose reason it fails with
   */
  async waiting(wait: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#phase = 'waiting';
    this.#connection = undefined;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#wait = controller;
    try {
      await wait(controller.signal);
    } catch (error) {
      if (error !== NOW) throw error;
    } finally {
      this.#wait = undefined;
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** There will be no further connection. */
  ended(cause: unknown): void {
    this.#phase = 'ended';
    this.#connection = undefined;
    this.#queue?.end(cause);
  }

  async #close(code: number | undefined, reason: string | undefined): Promise<void> {
    // What is wrong with them is said before anything is done.
    const closing = this.#connection?.close(code, reason);
    await closing;
    this.stopping.abort(STOPPED);
    if (this.#phase === 'idle') this.ended(STOPPED);
  }
}
