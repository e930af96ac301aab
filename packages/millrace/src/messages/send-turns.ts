import { createDeferred, type Deferred } from './deferred.ts';
import { onAbort } from './abort.ts';

/** A message that waits to be sent. */
interface Waiting {
  /** Its size in bytes, if it is there as a whole; 0 for one that comes in pieces. */
  readonly size: number;
  /** Sends it, if it is there as a whole. */
  readonly send: (() => void) | undefined;
  readonly turn: Deferred<undefined>;
}

/** Who may send: one message at a time, in the order in which they were asked for. */
export class SendTurns {
  #isTaken = false;
  #waiting: Waiting[] = [];
  #waitingSize = 0;

  /** Whether nobody has the turn, or waits for it. */
  get isFree(): boolean {
    return !this.#isTaken;
  }

  /** Bytes of the messages that wait as a whole. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** Waits for the turn; {@link release} ends it. Aborting `signal` before it has come withdraws. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isTaken) await this.#wait(0, undefined, signal);
    else this.#isTaken = true;
  }

  /** Sends a whole message when its turn comes, with `send`. Aborting `signal` before it has come withdraws. */
  sendLater(size: number, send: () => void, signal?: AbortSignal): Promise<void> {
    return this.#wait(size, send, signal);
  }

  /** Ends the turn: the next one has it. */
  release(): void {
    this.#isTaken = false;
    this.#sendWhole();
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#isTaken = true;
    next.turn.resolve(undefined);
  }

  /** Sends the whole messages that wait, up to the first one that comes in pieces; the connection puts them behind an open message. */
  hurry(): void {
    this.#sendWhole();
  }

  /** The connection has ended: nobody gets a turn any more. */
  end(error: Error): void {
    for (const { turn } of this.#waiting) turn.reject(error);
    this.#waiting = [];
    this.#waitingSize = 0;
  }

  #wait(size: number, send: (() => void) | undefined, signal: AbortSignal | undefined): Promise<void> {
    const waiting = { size, send, turn: createDeferred<undefined>() };
    this.#waiting.push(waiting);
    this.#waitingSize += size;
    onAbort(signal, waiting.turn.promise, (reason) => {
      if (!this.#waiting.includes(waiting)) return;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      this.#waitingSize -= size;
      waiting.turn.reject(reason);
    });
    return waiting.turn.promise;
  }

  #sendWhole(): void {
    for (let next = this.#waiting[0]; next?.send !== undefined; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingSize -= next.size;
      next.send();
      next.turn.resolve(undefined);
    }
  }
}
