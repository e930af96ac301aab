import { ENTRY_COST, payloadCost } from '../base/costs.ts';
import { Fifo } from '../base/fifo.ts';
import { NOTHING } from '../base/nothing.ts';
import { lendsPayload } from './handlers.ts';
import type { FrameHeader } from '../wire/frame-header.ts';
import type { FrameHandler, MessageHandler, Receiver, StreamingHandler, WholeMessageHandler } from './handlers.ts';
import type { Turn } from './turn.ts';

/** Why an application takes nothing for now; there may be several reasons at once. */
export const HoldReason = {
  /** A promise that it has returned is pending. */
  PROMISE: 1,
  /** It has asked for a pause. */
  PAUSE: 2,
  /** Nobody asks for more. */
  DEMAND: 4,
  /** It has received as much as a rate limit allows. */
  RATE: 8,
} as const;

/** One of the values of {@link HoldReason}. */
export type HoldReason = (typeof HoldReason)[keyof typeof HoldReason];

/** What an application is told of control frames, behind the messages that came before them. What is missing, nobody is told. */
export interface ControlHooks {
  /** A Ping came in. Where this is there, it is called in place of the engine's answer (RFC 6455 §5.5.2). */
  readonly onPing?: ((payload: Uint8Array) => void) | undefined;
  /** A Pong came in, asked for or not (RFC 6455 §5.5.3). */
  readonly onPong?: ((payload: Uint8Array) => void) | undefined;
  /** A control frame with a claimed opcode came in. */
  readonly onControlFrame?: ((opcode: number, payload: Uint8Array, reservedBits: number) => void) | undefined;
}

/** Whose {@link ReadAhead} it is. */
export interface ReadAheadOwner {
  /** What is being collected in front of it, in bytes. */
  readonly collectedSize: number;
  /** No more may come for now, or so it seems: {@link ReadAhead.isFull} says. */
  onReadAheadFull(): void;
  /** The application was told of the end of a message. */
  onMessageTold(): void;
}

/** What a {@link ReadAhead} works with. */
export interface ReadAheadSetup {
  readonly receiver: Receiver;
  /** What may wait, in bytes by its cost. */
  readonly limit: number;
  readonly turn: Turn;
  readonly owner: ReadAheadOwner;
}

/** What can be called of an application, whatever its level. */
type Application = Partial<MessageHandler & FrameHandler & StreamingHandler & WholeMessageHandler>;

/** Something that waits for the application: the call that tells it. */
interface Waiting {
  readonly tell: (application: Application) => void;
  /** Its payload, in bytes; of text, in UTF-16 units. */
  readonly size: number;
  readonly cost: number;
  /** Whether it is part of a message; otherwise, it is a control frame. */
  readonly isMessage: boolean;
  /** Whether it is the end of one. */
  readonly endsMessage: boolean;
}

/**
 * Stands between the engine and the application: while the application is busy, what is for it waits here in wire order, up to a limit, and the engine goes
 * on. It is busy while there is a {@link HoldReason}.
 */
export class ReadAhead implements MessageHandler, FrameHandler, WholeMessageHandler {
  #application: Application;
  readonly #limit: number;
  readonly #turn: Turn;
  readonly #owner: ReadAheadOwner;
  readonly #lends: boolean;
  /** Whether chunks come as copies already. */
  readonly #ownsChunks: boolean;
  /** Made when something has to wait: for most applications, nothing ever does. */
  #waiting: Fifo<Waiting> | undefined;
  #cost = 0;
  #holds = 0;
  #isIgnoring = false;
  #handedOut = 0;
  /** How many things will have been handed out when the message begins that has come last. */
  #begun = 0;
  #isCut = false;

  constructor({ receiver, limit, turn, owner }: ReadAheadSetup) {
    this.#limit = limit;
    this.#turn = turn;
    this.#owner = owner;
    this.#application = receiver.handler;
    this.#lends = lendsPayload(receiver);
    this.#ownsChunks = receiver.level === 'whole or streaming' && !this.#lends;
  }

  /** How many things have waited and were handed out. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#waitingCount === 0;
  }

  /** Whether nothing waits that is worth waiting for: a message that will never be complete is not. */
  get isSettled(): boolean {
    return this.isEmpty || (this.#isCut && this.#handedOut >= this.#begun);
  }

  /** Whether {@link onMessageCut} was called. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether the application takes nothing for now. */
  get isBusy(): boolean {
    return this.#holds !== 0;
  }

  /** What waits, by its cost. */
  get cost(): number {
    return this.#cost;
  }

  /** Whether no more should come, since the application is busy and enough waits for it. */
  get isFull(): boolean {
    if (this.#holds === 0) return false;
    // Messages do not wait then, but control frames still may.
    if (this.#isIgnoring) return this.#cost > this.#limit;
    return this.#cost + this.#owner.collectedSize >= this.#limit;
  }

  /** Whether there is the given reason to hold. */
  isHeldFor(reason: HoldReason): boolean {
    return (this.#holds & reason) !== 0;
  }

  /** The application is busy for a reason. Repeating it does nothing. */
  hold(reason: HoldReason): void {
    this.#holds |= reason;
    if (this.isFull) this.#owner.onReadAheadFull();
  }

  /** A reason has gone; {@link proceed} goes on. Repeating it does nothing. */
  release(reason: HoldReason): void {
    this.#holds &= ~reason;
  }

  /** Hands out what waits, until the application is busy, the turn is over, or nothing waits. What a handler throws comes through. */
  proceed(): void {
    while (this.#holds === 0 && !this.#turn.isOver) {
      const next = this.#waiting?.take();
      if (next === undefined) return;
      this.#handOut(next);
    }
  }

  /**
   * Hands out the first thing that waits, though the application is held, if its turn is not over. What a handler throws comes through.
   *
   * @returns whether it did
   */
  handOutOne(): boolean {
    const next = this.#turn.isOver || this.isHeldFor(HoldReason.RATE) ? undefined : this.#waiting?.take();
    if (next === undefined) return false;
    this.#handOut(next);
    return true;
  }

  /**
   * Throws away what waits.
   *
   * @returns how much payload that was, about, in bytes
   */
  drop(): number {
    let size = 0;
    for (const waiting of this.#waiting?.takeAll() ?? []) size += waiting.size;
    this.#cost = 0;
    return size;
  }

  /** From now on nobody is told of messages, but still of control frames. Repeating it does nothing. */
  ignoreMessages(): void {
    this.#isIgnoring = true;
    this.#application = {};
    for (const { cost } of this.#waiting?.takeAll(({ isMessage }) => isMessage) ?? []) this.#cost -= cost;
  }

  // From the pipeline

  onMessage(payload: string | Uint8Array, opcode: number): void {
    if (this.#passes) {
      this.#application.onMessage?.(payload, opcode);
      this.#owner.onMessageTold();
      return;
    }
    this.#wait(payload, (application) => application.onMessage?.(payload, opcode), 'end');
  }

  onWholeMessage(payload: Uint8Array, opcode: number): void {
    if (this.#passes) {
      this.#application.onWholeMessage?.(payload, opcode);
      this.#owner.onMessageTold();
      return;
    }
    this.#wait(payload, (application) => application.onWholeMessage?.(payload, opcode), 'end');
  }

  onMessageBegin(opcode: number): void {
    this.#begun = this.#handedOut + this.#waitingCount;
    if (this.#passes) this.#application.onMessageBegin?.(opcode);
    else this.#wait(NOTHING, (application) => application.onMessageBegin?.(opcode));
  }

  onFrameBegin(header: FrameHeader): void {
    if (this.#passes) {
      this.#application.onFrameBegin?.(header);
      return;
    }
    const copy = { ...header };
    this.#wait(NOTHING, (application) => application.onFrameBegin?.(copy));
  }

  onFrameData(chunk: Uint8Array): void {
    if (this.#passes) {
      this.#application.onFrameData?.(this.#lends || this.#ownsChunks ? chunk : new Uint8Array(chunk));
      return;
    }
    const payload = this.#ownsChunks ? chunk : new Uint8Array(chunk);
    this.#wait(payload, (application) => application.onFrameData?.(payload));
  }

  onFrameEnd(): void {
    if (this.#passes) this.#application.onFrameEnd?.();
    else this.#wait(NOTHING, tellFrameEnd);
  }

  onFrame(payload: Uint8Array, reservedBits: number): void {
    if (this.#passes) this.#application.onFrame?.(payload, reservedBits);
    else this.#wait(payload, (application) => application.onFrame?.(payload, reservedBits));
  }

  onMessageEnd(): void {
    if (this.#passes) {
      this.#application.onMessageEnd?.();
      this.#owner.onMessageTold();
      return;
    }
    this.#wait(NOTHING, tellMessageEnd, 'end');
  }

  onMessageCut(): void {
    this.#isCut = true;
    if (this.#passes) this.#application.onMessageCut?.();
    else this.#wait(NOTHING, tellMessageCut);
  }

  /** Tells something else behind the messages that came before it. */
  onControl(payload: Uint8Array, tell: () => void): void {
    if (this.#passes) tell();
    else
      this.#put({
        tell,
        size: payload.length,
        cost: payload.length + ENTRY_COST,
        isMessage: false,
        endsMessage: false,
      });
  }

  #handOut({ tell, cost, endsMessage }: Waiting): void {
    this.#cost -= cost;
    this.#handedOut++;
    this.#turn.count();
    tell(this.#application);
    if (endsMessage) this.#owner.onMessageTold();
  }

  /** Whether the application takes something at once. */
  get #passes(): boolean {
    return this.#holds === 0 && this.#waitingCount === 0;
  }

  get #waitingCount(): number {
    return this.#waiting === undefined ? 0 : this.#waiting.size;
  }

  /** Has something of a message wait. */
  #wait(payload: string | Uint8Array, tell: Waiting['tell'], place: 'inside' | 'end' = 'inside'): void {
    if (this.#isIgnoring) return;
    this.#put({
      tell,
      size: payload.length,
      cost: payloadCost(payload) + ENTRY_COST,
      isMessage: true,
      endsMessage: place === 'end',
    });
  }

  #put(waiting: Waiting): void {
    (this.#waiting ??= new Fifo()).put(waiting);
    this.#cost += waiting.cost;
    if (this.isFull) this.#owner.onReadAheadFull();
  }
}

function tellFrameEnd(application: Application): void {
  application.onFrameEnd?.();
}

function tellMessageCut(application: Application): void {
  application.onMessageCut?.();
}

function tellMessageEnd(application: Application): void {
  application.onMessageEnd?.();
}
