import { ENTRY_COST, WAITER_COST } from '../base/costs.ts';
import { LocalUsageError } from '../base/errors.ts';
import { Fifo } from '../base/fifo.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import { formatOfCopy, type GivenFormat, type MessageOutput, type QueuedEntry } from './message-output.ts';
import type { MessageFormat, PreparedMessage } from './prepared-message.ts';

/** Who sends a message piece by piece, or cannot send it yet. */
export interface TurnHolder {
  /** Whether its message goes out before a Close that is asked for while it waits for its turn: all of it was given already. */
  readonly isWhole: boolean;
  /** What it was given and has not sent, in bytes. */
  readonly pendingSize: number;
  /** What that costs in memory, in bytes. */
  readonly pendingCost: number;
  /** Its turn has come, for which it had to wait. */
  onTurn(): void;
  /** The connection has ended before its message did, or before its turn came. */
  onLost(error: Error): void;
  /**
   * The connection is about to be closed: a message that was written to is begun, so that Close waits for its end.
   *
   * @returns whether it is open
   */
  onClosing(): boolean;
}

/** How a message is sent that may have to wait for its turn; `onTaken` is called when it was copied, or its turn has come. */
export type OutgoingFormat = GivenFormat;

/** Something that waits for its turn. */
interface Waiting {
  /** Sends it, or gives it the turn. */
  readonly begin: () => void;
  /** Tells whoever waits for it that the connection has ended. */
  readonly lose: ((error: Error) => void) | undefined;
  /** Its payload in bytes. */
  readonly size: number;
  readonly cost: number;
  readonly isWhole: boolean;
  /** Its payload, where that is memory of somebody else. */
  readonly shared?: Uint8Array | undefined;
}

/** Whose {@link SendQueue} it is. */
export interface SendQueueOwner {
  /** A payload was detached or shrunk before its turn came. */
  onPayloadLost(size: number): void;
}

/** What a {@link SendQueue} works with. */
export interface SendQueueSetup {
  readonly messages: MessageOutput;
  readonly text: TextCodec;
  /** Up to so much waits in copies, in bytes by its cost; more waits in the memory of whoever gave it. */
  readonly highWaterMark: number;
  readonly owner: SendQueueOwner;
}

/** Who may send: one message at a time, in the order in which they were given, then Close. */
export class SendQueue {
  readonly #messages: MessageOutput;
  readonly #text: TextCodec;
  readonly #highWaterMark: number;
  readonly #owner: SendQueueOwner;
  /** Made when something has to wait: on most connections, nothing ever does. */
  #waiting: Fifo<Waiting> | undefined;
  #waitingSize = 0;
  #waitingCost = 0;
  #holder: TurnHolder | undefined;
  /** The body of the Close frame that goes out behind all that waits. */
  #close: Uint8Array | undefined;
  /** Whoever waits for a turn that will not come, and learns so when the connection has ended. */
  #lost: ((error: Error) => void)[] | undefined;
  #isAdvancing = false;
  #lostSize = 0;

  constructor({ messages, text, highWaterMark, owner }: SendQueueSetup) {
    this.#messages = messages;
    this.#text = text;
    this.#highWaterMark = highWaterMark;
    this.#owner = owner;
  }

  /** Whether a message can be sent at once. */
  get isFree(): boolean {
    return this.#holder === undefined && !this.#messages.insideMessage && !this.#hasWaiting;
  }

  /** Bytes of payload that wait for their turn, and of what was given to whoever has it. */
  get waitingSize(): number {
    return this.#waitingSize + (this.#holder?.pendingSize ?? 0);
  }

  /** What these cost in memory, in bytes. */
  get waitingCost(): number {
    return this.#waitingCost + (this.#holder?.pendingCost ?? 0);
  }

  /** Visits what waits as it was given, and others may hold, too. */
  visitShared(visit: (bytes: Uint8Array) => void): void {
    for (const { shared } of this.#waiting ?? []) if (shared !== undefined) visit(shared);
  }

  /** Bytes of payloads that were detached or shrunk before their turn came. */
  get lostSize(): number {
    return this.#lostSize;
  }

  /**
   * Sends a message when its turn comes, which may be at once.
   *
   * @returns an entry to withdraw it by, if it has to wait
   */
  send(payload: string | Uint8Array, format: OutgoingFormat): QueuedEntry | undefined {
    if (!this.isFree) return this.#wait(payload, format);
    return this.#messages.sendMessage(payload, format);
  }

  /**
   * Sends a message that was framed before, when its turn comes. Its bytes belong to nobody, and do not change.
   *
   * @returns an entry to withdraw it by, if it has to wait
   */
  sendPrepared(message: PreparedMessage): QueuedEntry | undefined {
    const messages = this.#messages;
    if (this.isFree) return messages.sendPreparedMessage(message);
    /** Where it waits when its turn has come. */
    let further: QueuedEntry | undefined;
    const begin = (): void => {
      further = messages.sendPreparedMessage(message);
    };
    const size = message.payload.length;
    const cost = size + ENTRY_COST;
    const entry = this.#put({ begin, lose: undefined, size, cost, isWhole: true, shared: message.frame });
    return { withdraw: () => entry.withdraw() || further?.withdraw() === true };
  }

  /**
   * Gives `holder` the turn, when it comes; {@link release} ends it.
   *
   * @returns an entry to withdraw it by, if it has to wait
   */
  take(holder: TurnHolder): QueuedEntry | undefined {
    if (this.isFree) {
      this.#holder = holder;
      return undefined;
    }
    const begin = (): void => {
      this.#holder = holder;
      holder.onTurn();
    };
    const lose = (error: Error): void => holder.onLost(error);
    const { isWhole, pendingSize: size, pendingCost } = holder;
    return this.#put({ begin, lose, size, cost: pendingCost + ENTRY_COST + WAITER_COST, isWhole });
  }

  /** Sends the message of `holder`, which has the turn, and ends the turn. */
  sendInTurn(holder: TurnHolder, payload: string | Uint8Array, format: MessageFormat): void {
    if (this.#holder !== holder) return;
    this.#messages.sendMessage(payload, format);
    this.release(holder);
  }

  /** Ends the turn of `holder`, if it has it. */
  release(holder: TurnHolder): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    this.advance();
  }

  /** Sends Close behind the open message and all whole messages that wait. Whoever waits to send pieces gets no turn any more. */
  close(body: Uint8Array): void {
    const holder = this.#holder;
    if (holder?.onClosing() === false) this.#loseHolder();
    this.#loseWaiting(({ isWhole }) => !isWhole);
    this.#close = body;
    this.advance();
  }

  /** Gives up all that waits, Close included; whoever has the turn has it no more. */
  clear(): void {
    this.#loseWaiting();
    this.#loseHolder();
    this.#close = undefined;
  }

  /** Whether nobody is to be told when the connection ends. */
  get isIdle(): boolean {
    const isWaited = this.#holder !== undefined || this.#hasWaiting;
    return !isWaited && this.#lost === undefined && this.#close === undefined;
  }

  /** The connection has ended: tells whoever waits for a turn, or has it. */
  end(error: Error): void {
    this.clear();
    for (const lose of this.#lost?.splice(0) ?? []) lose(error);
  }

  /** A message has ended: lets the next ones have their turn. */
  advance(): void {
    if (this.#isAdvancing) return;
    const messages = this.#messages;
    this.#isAdvancing = true;
    while (this.#holder === undefined && !messages.insideMessage) {
      const next = this.#waiting?.take();
      if (next === undefined) break;
      this.#forget(next);
      next.begin();
    }
    this.#isAdvancing = false;
    if (this.#close === undefined || this.#holder !== undefined || messages.insideMessage) return;
    const body = this.#close;
    this.#close = undefined;
    messages.abandon(body);
  }

  /** Has a message wait: in a copy, as long as these are not too many, otherwise where its caller has it. */
  #wait(payload: string | Uint8Array, format: OutgoingFormat): QueuedEntry {
    const bytes = typeof payload === 'string' ? this.#text.encode(payload) : payload;
    const cost = bytes.length + ENTRY_COST;
    if (this.#waitingCost + cost > this.#highWaterMark) {
      // A view of just these bytes: that of the caller may grow with its buffer.
      return this.#waitInPlace(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), format);
    }
    const entry = this.#waitInCopy(typeof payload === 'string' ? bytes : new Uint8Array(bytes), formatOfCopy(format));
    format.onTaken?.();
    return entry;
  }

  #waitInCopy(copy: Uint8Array, format: OutgoingFormat): QueuedEntry {
    const size = copy.length;
    const begin = (): void => void this.#messages.sendMessage(copy, format);
    return this.#put({ begin, lose: undefined, size, cost: size + ENTRY_COST, isWhole: true });
  }

  #waitInPlace(view: Uint8Array, format: OutgoingFormat): QueuedEntry {
    const size = view.length;
    /** Where it waits when its turn has come. */
    let further: QueuedEntry | undefined;
    const begin = (): void => {
      if (view.length === size) {
        further = this.#messages.sendMessage(view, format);
      } else {
        if (format.onLost !== undefined) this.#noteLost(format.onLost);
        this.#lostSize += size;
        this.#owner.onPayloadLost(size);
      }
    };
    const cost = size + ENTRY_COST + WAITER_COST;
    const entry = this.#put({ begin, lose: format.onLost, size, cost, isWhole: true, shared: view });
    return { withdraw: () => entry.withdraw() || further?.withdraw() === true };
  }

  #put(waiting: Waiting): QueuedEntry {
    this.#waitingSize += waiting.size;
    this.#waitingCost += waiting.cost;
    const queue = (this.#waiting ??= new Fifo());
    const entry = queue.put(waiting);
    return {
      withdraw: () => {
        const waited = queue.remove(entry);
        if (waited) this.#forget(waiting);
        return waited;
      },
    };
  }

  #forget(waiting: Waiting): void {
    this.#waitingSize -= waiting.size;
    this.#waitingCost -= waiting.cost;
  }

  /** Takes out what will not be sent, all of it or some; whoever waits for it learns so when the connection has ended. */
  #loseWaiting(isLost?: (waiting: Waiting) => boolean): void {
    for (const waiting of this.#waiting?.takeAll(isLost) ?? []) {
      this.#forget(waiting);
      if (waiting.lose !== undefined) this.#noteLost(waiting.lose);
    }
  }

  #loseHolder(): void {
    const holder = this.#holder;
    this.#holder = undefined;
    if (holder !== undefined) this.#noteLost((error) => holder.onLost(error));
  }

  #noteLost(lose: (error: Error) => void): void {
    (this.#lost ??= []).push(lose);
  }

  get #hasWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0;
  }
}

/** Makes the error for a payload that changed hands before it was sent. */
export function lostPayload(size: number): LocalUsageError {
  return new LocalUsageError(
    `a payload of ${String(size)} bytes was detached or shrunk before it was sent: it must stay as it was given until then`,
  );
}
