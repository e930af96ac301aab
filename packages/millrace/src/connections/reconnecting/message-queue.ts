import { onAbort } from '../../engine/abort.ts';
import { createDeferred, type Deferred } from '../../engine/deferred.ts';
import { ENTRY_COST, WAITER_COST } from '../../protocol/base/costs.ts';
import { Fifo } from '../../protocol/base/fifo.ts';
import type { WholeMessage } from '../sending/sendable.ts';
import type { ConnectionPort, ReplaceableConnection } from './connection-port.ts';
import type { ResolvedQueueOptions } from './queue-options.ts';
import { UndeliveredMessageError } from './undelivered-message-error.ts';

/** How a message is to be sent. */
export interface Delivery {
  /** Whether to wait until the peer has received it. */
  readonly confirm: boolean;
  /** Withdraws it while it waits. */
  readonly signal: AbortSignal | undefined;
}

interface WaitingMessage {
  /** A copy. */
  readonly payload: Uint8Array;
  readonly opcode: number;
  readonly confirm: boolean;
  readonly cost: number;
  readonly delivered: Deferred<undefined>;
}

/**
 * Messages on their way to whatever connection there is: handed to it one by one, in order, and kept while there is none. What a connection has taken is not
 * given to another.
 */
export class MessageQueue<Connection extends ReplaceableConnection> {
  readonly #limits: ResolvedQueueOptions;
  readonly #port: ConnectionPort<Connection>;
  readonly #waiting = new Fifo<WaitingMessage>();
  #count = 0;
  #cost = 0;
  #bytes = 0;
  /** Who takes messages now. */
  #connection: Connection | undefined;
  #isDraining = false;

  constructor(limits: ResolvedQueueOptions, port: ConnectionPort<Connection>) {
    this.#limits = limits;
    this.#port = port;
  }

  /** How many messages wait, and how many bytes they are. */
  get size(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#count, bytes: this.#bytes };
  }

  /** From now on messages go to a connection, those that wait first. */
  attach(connection: Connection): void {
    this.#connection = connection;
    void this.#drain();
  }

  /** Sends a message, or has it wait. */
  send(message: WholeMessage, delivery: Delivery): Promise<void> {
    const connection = this.#connection;
    const isFree = this.#count === 0 && !this.#isDraining && connection !== undefined && !connection.isSlow;
    if (isFree && this.#port.canSend(connection)) return this.#deliver(connection, message, delivery.confirm);
    const delivered = this.#put(message, delivery);
    void this.#drain();
    return delivered;
  }

  /** Gives up what waits. */
  end(cause: unknown): void {
    this.#connection = undefined;
    for (const message of this.#waiting.takeAll()) {
      this.#forget(message);
      message.delivered.reject(new UndeliveredMessageError('not sent', 'there will be no connection', { cause }));
    }
  }

  #put({ payload, opcode }: WholeMessage, { confirm, signal }: Delivery): Promise<void> {
    const bytes = typeof payload === 'string' ? this.#port.encode(payload) : new Uint8Array(payload);
    const cost = bytes.length + ENTRY_COST + WAITER_COST;
    this.#makeRoom(cost);
    const delivered = createDeferred<undefined>();
    const message = { payload: bytes, opcode, confirm, cost, delivered };
    const entry = this.#waiting.put(message);
    this.#count++;
    this.#cost += cost;
    this.#bytes += bytes.length;
    onAbort(signal, delivered.promise, (reason) => {
      if (!this.#waiting.remove(entry)) return;
      this.#forget(message);
      delivered.reject(reason);
    });
    return delivered.promise;
  }

  /** @throws {UndeliveredMessageError} there is no room */
  #makeRoom(cost: number): void {
    const { maxBytes, maxMessages, onFull } = this.#limits;
    const isFull = (): boolean => this.#cost + cost > maxBytes || this.#count >= maxMessages;
    while (isFull()) {
      const oldest = onFull === 'dropOldest' && cost <= maxBytes ? this.#waiting.take() : undefined;
      if (oldest === undefined) {
        const limits = `queue.maxBytes is ${String(maxBytes)}, queue.maxMessages ${String(maxMessages)}`;
        throw new UndeliveredMessageError('not sent', `the queue is full: ${limits}`);
      }
      this.#forget(oldest);
      oldest.delivered.reject(new UndeliveredMessageError('not sent', 'it was dropped for a newer one'));
    }
  }

  #forget({ cost, payload }: WaitingMessage): void {
    this.#count--;
    this.#cost -= cost;
    this.#bytes -= payload.length;
  }

  async #drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // The connection may be another one after each.
    for (let connection = this.#ready; connection !== undefined; connection = this.#ready) {
      await roomIn(connection);
      if (!this.#port.canSend(connection)) continue;
      const message = this.#waiting.take();
      if (message === undefined) break;
      this.#forget(message);
      await this.#handOver(connection, message);
    }
    this.#isDraining = false;
  }

  #deliver(connection: Connection, { payload, opcode }: WholeMessage, confirm: boolean): Promise<void> {
    return deliver(this.#port, connection, { payload, opcode, confirm });
  }

  get #ready(): Connection | undefined {
    return this.#connection !== undefined && this.#port.canSend(this.#connection) ? this.#connection : undefined;
  }

  /** Waits until the next one may follow, which is not until this one is confirmed. */
  async #handOver(connection: Connection, message: WaitingMessage): Promise<void> {
    const { delivered, confirm } = message;
    try {
      await this.#deliver(connection, message, false);
      if (confirm) confirmed(connection).then(() => delivered.resolve(undefined), delivered.reject);
      else delivered.resolve(undefined);
    } catch (error) {
      delivered.reject(error);
    }
  }
}

/** Waits until a connection is not slow any more, or has ended. */
async function roomIn(connection: ReplaceableConnection): Promise<void> {
  if (!connection.isSlow) return;
  try {
    await connection.drained();
  } catch {
    // The next connection has the rest.
  }
}

/**
 * Sends a message over a connection that takes it.
 *
 * @throws {UndeliveredMessageError} the connection has ended meanwhile
 */
export async function deliver<Connection extends ReplaceableConnection>(
  port: ConnectionPort<Connection>,
  connection: Connection,
  { confirm, ...message }: WholeMessage & { readonly confirm: boolean },
): Promise<void> {
  try {
    await port.send(connection, message);
  } catch (cause) {
    throw new UndeliveredMessageError('perhaps sent', 'the connection has ended', { cause });
  }
  if (confirm) await confirmed(connection);
}

/** Waits until the peer has received all that was sent: it answers a ping behind it. */
async function confirmed(connection: ReplaceableConnection): Promise<void> {
  try {
    await connection.ping();
  } catch (cause) {
    throw new UndeliveredMessageError('perhaps sent', 'the connection has ended before the peer confirmed it', {
      cause,
    });
  }
}
