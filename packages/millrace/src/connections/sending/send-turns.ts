import { onAbort } from '../../engine/abort.ts';
import { createDeferred, type Deferred } from '../../engine/deferred.ts';

/** Who sends a message piece by piece. */
export interface TurnHolder {
  /** Bytes that it was given and has not sent. */
  readonly pendingSize: number;
  /**
   * The connection is about to be closed: a message that was written to is held open, so that Close waits for its end.
   *
   * @returns whether it is open, so that other messages wait behind it
   */
  hold(): boolean;
  /** The connection has ended. */
  lose(error: Error): void;
}

/** A message that waits to be sent. */
interface Waiting {
  /** Its size in bytes, if it is there as a whole; 0 for one that comes in pieces. */
  readonly size: number;
  /** What sends it, if it is there as a whole; otherwise, who does. */
  readonly what: (() => void) | TurnHolder;
  readonly turn: Deferred<undefined>;
}

/** Who may send: one message at a time, in the order in which they were asked for. */
export class SendTurns {
  readonly #isOpen: () => boolean;
  #holder: TurnHolder | undefined;
  #waiting: Waiting[] = [];
  #waitingSize = 0;
  /** Whole messages that the connection has, behind the message that is open while it closes. */
  #handedOver: Waiting[] = [];
  /** How the connection has ended. */
  #error: Error | undefined;

  /** @param isOpen - says whether new messages can be sent */
  constructor(isOpen: () => boolean) {
    this.#isOpen = isOpen;
  }

  /** Whether nobody has the turn, or waits for it. */
  get isFree(): boolean {
    return this.#holder === undefined;
  }

  /** Bytes of the messages that wait as a whole, and of what the holder keeps. */
  get waitingSize(): number {
    return this.#waitingSize + (this.#holder?.pendingSize ?? 0);
  }

  /**
   * Waits for the turn; {@link release} ends it. Aborting `signal` before it has come withdraws.
   *
   * @throws {ConnectionClosedError} the connection has ended before
   */
  async take(holder: TurnHolder, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#error !== undefined) throw this.#error;
    if (this.#holder === undefined && this.#isOpen()) this.#holder = holder;
    else await this.#wait(0, holder, signal);
    if (signal?.aborted !== true) return;
    // Aborted when it had the turn, but did not know.
    this.release(holder);
    signal.throwIfAborted();
  }

  /** Sends a whole message when its turn comes, with `send`. Aborting `signal` before it has come withdraws. */
  sendLater(size: number, send: () => void, signal?: AbortSignal): Promise<void> {
    return this.#wait(size, send, signal);
  }

  /** Ends the turn of `holder`, if it has it: the next one has it. */
  release(holder: TurnHolder): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    for (const { turn } of this.#handedOver.splice(0)) turn.resolve(undefined);
    while (this.#holder === undefined && this.#isOpen()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingSize -= next.size;
      if (typeof next.what === 'function') next.what();
      else this.#holder = next.what;
      next.turn.resolve(undefined);
    }
  }

  /**
   * The connection is about to be closed: whole messages that wait are handed over to it, in order, and go out before its Close. Whoever waits to send pieces
   * gets no turn any more.
   */
  close(): void {
    const isBehind = this.#holder?.hold() === true;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    for (const each of waiting) {
      if (typeof each.what !== 'function') {
        this.#waiting.push(each);
        continue;
      }
      each.what();
      if (isBehind) this.#handedOver.push(each);
      else each.turn.resolve(undefined);
    }
  }

  /** The connection has ended: nobody gets a turn any more. */
  end(error: Error): void {
    this.#error = error;
    this.#holder?.lose(error);
    this.#holder = undefined;
    for (const { turn } of [...this.#handedOver, ...this.#waiting]) turn.reject(error);
    this.#handedOver = [];
    this.#waiting = [];
    this.#waitingSize = 0;
  }

  #wait(size: number, what: (() => void) | TurnHolder, signal: AbortSignal | undefined): Promise<void> {
    const waiting = { size, what, turn: createDeferred<undefined>() };
    this.#waiting.push(waiting);
    this.#waitingSize += size;
    onAbort(signal, waiting.turn.promise, (reason) => {
      const index = this.#waiting.indexOf(waiting);
      if (index === -1) return;
      this.#waiting.splice(index, 1);
      this.#waitingSize -= size;
      waiting.turn.reject(reason);
    });
    return waiting.turn.promise;
  }
}
