import { createDeferred, type Deferred } from '../base/deferred.ts';
import { BoundedList, type Budget } from './budget.ts';
import type { Delivery } from './delivery.ts';
import type { FanOut, HandingOut } from './fan-out.ts';

/** After so many receivers, the time is looked at. */
const RECEIVERS_BETWEEN = 32;

/** Somebody who gets live messages. It does not throw. */
export interface Receiver {
  /** @param sequence - of the message in its outlet */
  receive(delivery: Delivery, sequence: number): void;
}

/** The receivers of one topic, or of one root, and the messages that wait for their turn. */
export class Outlet implements HandingOut {
  readonly #fanOut: FanOut;
  readonly #receiversOf: (delivery: Delivery) => Iterator<Receiver>;
  readonly #pending: BoundedList<Delivery>;
  /** Those who have not got the oldest message. */
  #left: Iterator<Receiver> | undefined;
  #accepted = 0;
  #handedOut = 0;
  /** Whether it waits for its turn to hand out, or does that. */
  #isStarted = false;
  #room: Deferred<undefined> | undefined;

  /** @param receiversOf - iterates over a set that may change meanwhile: who is added may get a message, who is removed does not */
  constructor(
    setup: { readonly fanOut: FanOut; readonly budget: Budget; readonly maxPending: number },
    receiversOf: (delivery: Delivery) => Iterator<Receiver>,
  ) {
    this.#fanOut = setup.fanOut;
    this.#pending = new BoundedList(setup.maxPending, setup.budget);
    this.#receiversOf = receiversOf;
  }

  /** The number of the message that was accepted last. A receiver that begins now gets those above. */
  get sequence(): number {
    return this.#accepted;
  }

  /** Whether no message waits. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /** Accepts a message, unless too much waits. {@link start} has it handed out. */
  put(delivery: Delivery): boolean {
    if (!this.#pending.put(delivery)) return false;
    this.#accepted++;
    return true;
  }

  /** Has messages handed out that were accepted: at once, while there is time. */
  start(): void {
    if (this.#isStarted || this.isIdle) return;
    this.#isStarted = true;
    this.#fanOut.add(this);
  }

  /** Waits until no message waits. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    this.#room ??= createDeferred();
    return this.#room.promise;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#handedOut += this.#pending.size;
    this.#pending.clear();
    this.#left = undefined;
    this.#tellIdle();
  }

  handOut(mayGoOn: () => boolean): boolean {
    this.#isStarted = this.#handOutOne(mayGoOn);
    return this.#isStarted;
  }

  #handOutOne(mayGoOn: () => boolean): boolean {
    const delivery = this.#pending.peek();
    if (delivery === undefined) return false;
    const left = (this.#left ??= this.#receiversOf(delivery));
    const sequence = this.#handedOut + 1;
    for (let count = 1; ; count++) {
      const next = left.next();
      if (next.done === true) break;
      next.value.receive(delivery, sequence);
      // It was cleared meanwhile.
      if (this.#left !== left) return this.#pending.size > 0;
      if (count % RECEIVERS_BETWEEN === 0 && !mayGoOn()) return true;
    }
    this.#left = undefined;
    this.#handedOut = sequence;
    this.#pending.take();
    if (this.#pending.size > 0) return true;
    this.#tellIdle();
    return false;
  }

  #tellIdle(): void {
    this.#room?.resolve(undefined);
    this.#room = undefined;
  }
}
