import { createDeferred, type Deferred } from '../../engine/deferred.ts';
import { CloseCode } from '../../protocol/base/close-code.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { ENTRY_COST } from '../../protocol/base/costs.ts';
import { LimitExceededError } from '../../protocol/base/errors.ts';
import { Fifo } from '../../protocol/base/fifo.ts';
import { sizeOf, toClosure, type Farewell, type Link, type WholePayload } from './link.ts';
import type { PlatformEvent, PlatformWebSocket } from './platform.ts';

/** What may wait for the application, in bytes. A `WebSocket` cannot tell its server to wait. */
const MAX_UNREAD = 16 * 1024 * 1024;

/** How often it is looked whether the network has taken what was sent, in milliseconds: there is no event that tells. */
const LOOK_INTERVAL = 4;

/** A connection over a `WebSocket`. */
export class EventLink implements Link {
  readonly #socket: PlatformWebSocket;
  readonly #closed: Deferred<Closure> = createDeferred();
  readonly #unread = new Fifo<WholePayload>();
  #unreadCost = 0;
  #asking: Deferred<WholePayload | undefined> | undefined;
  #farewell: Farewell | undefined;
  #hasEnded = false;

  /** @param socket - which is open, or about to be */
  constructor(socket: PlatformWebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => this.#receive(toPayload(data)));
    socket.addEventListener('close', (event) => this.#end(event));
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get closed(): Promise<Closure> {
    return this.#closed.promise;
  }

  receive(): Promise<WholePayload | undefined> {
    const next = this.#unread.take();
    if (next !== undefined) this.#unreadCost -= costOf(next);
    if (next !== undefined || this.#hasEnded) return Promise.resolve(next);
    this.#asking = createDeferred();
    return this.#asking.promise;
  }

  send(data: WholePayload): void {
    this.#socket.send(data);
  }

  async untilBelow(amount: number): Promise<void> {
    while (this.#socket.bufferedAmount > amount && !this.#hasEnded) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL));
    }
  }

  close(farewell: Farewell): void {
    if (this.#farewell !== undefined) return;
    this.#farewell = farewell;
    if (farewell.code === undefined) this.#socket.close();
    else this.#socket.close(farewell.code, farewell.reason);
  }

  drop(): void {
    this.close({ code: undefined, reason: '', initiator: 'application' });
    this.#end({});
  }

  #receive(message: WholePayload): void {
    if (this.#hasEnded || this.#farewell?.initiator === 'engine') return;
    if (this.#asking !== undefined) {
      this.#asking.resolve(message);
      this.#asking = undefined;
      return;
    }
    const cost = costOf(message);
    // One of any size may wait.
    if (this.#unread.size > 0 && this.#unreadCost + cost > MAX_UNREAD) {
      this.#overflow(this.#unreadCost + cost);
      return;
    }
    this.#unread.put(message);
    this.#unreadCost += cost;
  }

  #overflow(size: number): void {
    const advice = 'a WebSocket of a browser cannot tell its server to wait: read faster, or send less at a time';
    const error = new LimitExceededError({ option: 'what waits to be read', limit: MAX_UNREAD, size, advice });
    const code = CloseCode.MESSAGE_TOO_BIG + 3000;
    this.close({ code, reason: 'too much waits to be read', initiator: 'engine', error });
  }

  #end({ code = CloseCode.ABNORMAL_CLOSURE, reason = '', wasClean = false }: PlatformEvent): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const unsentBytes = wasClean ? 0 : this.#socket.bufferedAmount;
    this.#closed.resolve(toClosure({ code, reason, wasClean, unsentBytes }, this.#farewell));
    this.#asking?.resolve(undefined);
    this.#asking = undefined;
  }
}

function costOf(message: WholePayload): number {
  return sizeOf(message) + ENTRY_COST;
}

function toPayload(data: unknown): WholePayload {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : String(data);
}
