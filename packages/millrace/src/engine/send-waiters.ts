import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError } from '../protocol/base/errors.ts';
import { Fifo } from '../protocol/base/fifo.ts';
import type { MessageSender } from '../protocol/connection/message-sender.ts';
import { DONE, createDeferred, type Deferred } from './deferred.ts';

/** Somebody whose memory is still in use. */
interface Lender {
  /** How many payloads were given by reference until then. */
  readonly references: number;
  /** Whether it waits for the high-water mark, too. */
  readonly waitsForMark: boolean;
  readonly released: Deferred<undefined>;
}

/** Those who have sent something, and wait until they may send more. */
export class SendWaiters {
  readonly #sender: MessageSender;
  /** All that wait for nothing but the high-water mark share this. */
  #belowMark: Deferred<undefined> | undefined;
  /** All that wait until everything has left, after it was too much, share this. */
  #drained: Deferred<undefined> | undefined;
  /** All that wait until not much waits for its turn either share this. */
  #notSlow: Deferred<undefined> | undefined;
  /** Those whose memory is in use, in the order in which they gave it. */
  readonly #lenders = new Fifo<Lender>();

  constructor(sender: MessageSender) {
    this.#sender = sender;
  }

  /**
   * Waits until output is below the high-water mark, and memory that was given away may change.
   *
   * @param references - how many payloads were given by reference up to the last one that matters; 0 for none
   */
  wait(references: number): Promise<void> {
    if (!this.#isReleased(references)) return this.#waitAsLender(references, 'mark, too');
    if (this.#sender.isBelowMark) return DONE;
    this.#belowMark ??= createDeferred();
    this.#sender.tellsProgress = true;
    return this.#belowMark.promise;
  }

  /** Waits until memory that was given away may change. */
  waitForMemory(references: number): Promise<void> {
    return this.#isReleased(references) ? DONE : this.#waitAsLender(references, 'memory');
  }

  /** Waits until all has left, after it was too much. */
  waitForDrain(): Promise<void> {
    if (!this.#sender.needsDrain) return DONE;
    this.#drained ??= createDeferred();
    this.#sender.tellsProgress = true;
    return this.#drained.promise;
  }

  /** Does the same, and waits for what waits for its turn, if that is too much. */
  waitWhileSlow(): Promise<void> {
    if (!this.#sender.isSlow) return DONE;
    this.#notSlow ??= createDeferred();
    this.#sender.tellsProgress = true;
    return this.#notSlow.promise;
  }

  /** Output has moved on: tells those who need not wait any more. */
  settle(): void {
    const { isBelowMark } = this.#sender;
    for (let lender = this.#lenders.peek(); lender !== undefined; lender = this.#lenders.peek()) {
      if (!this.#isReleased(lender.references) || (lender.waitsForMark && !isBelowMark)) break;
      this.#lenders.take();
      lender.released.resolve(undefined);
    }
    // What was given up has not left: whoever waits learns that from the end.
    if (!this.#sender.hasGivenUp) this.#settleShared(isBelowMark);
    this.#sender.tellsProgress = this.#isWaited;
  }

  /** The connection has ended. Where that was clean, all has left before. */
  end(closure: Closure): void {
    const lenders = this.#lenders.takeAll().map(({ released }) => released);
    const waiting = [...lenders, this.#belowMark, this.#drained, this.#notSlow].filter((one) => one !== undefined);
    this.#belowMark = undefined;
    this.#drained = undefined;
    this.#notSlow = undefined;
    const error = new ConnectionClosedError(closure);
    for (const { resolve, reject } of waiting) {
      if (closure.wasClean) resolve(undefined);
      else reject(error);
    }
  }

  get #isWaited(): boolean {
    if (this.#belowMark !== undefined || this.#drained !== undefined || this.#notSlow !== undefined) return true;
    return this.#lenders.size > 0;
  }

  #settleShared(isBelowMark: boolean): void {
    if (isBelowMark) {
      this.#belowMark?.resolve(undefined);
      this.#belowMark = undefined;
    }
    if (!this.#sender.needsDrain) {
      this.#drained?.resolve(undefined);
      this.#drained = undefined;
    }
    if (!this.#sender.isSlow) {
      this.#notSlow?.resolve(undefined);
      this.#notSlow = undefined;
    }
  }

  #isReleased(references: number): boolean {
    return references <= this.#sender.releasedReferences;
  }

  #waitAsLender(references: number, until: 'memory' | 'mark, too'): Promise<void> {
    const released = createDeferred<undefined>();
    this.#lenders.put({ references, waitsForMark: until === 'mark, too', released });
    this.#sender.tellsProgress = true;
    return released.promise;
  }
}
