import { CloseCode } from '../protocol/base/close-code.ts';
import { LimitExceededError } from '../protocol/base/errors.ts';

/** Somebody who holds data in memory: a connection. */
export interface DataHolder {
  /** What it holds, in both directions, by its cost in memory. */
  readonly cost: number;
  /** Visits what it holds and others may hold, too, so that it counts once. */
  visitShared(visit: (bytes: Uint8Array) => void): void;
  /** Has it give up what it holds, and ends it for `error`. */
  shed(error: LimitExceededError): void;
}

/** What several may hold. */
interface SharedMemory {
  readonly size: number;
  holders: number;
}

/** What is held, exactly. */
interface Survey {
  /** All of it, what is shared once. */
  total: number;
  readonly holders: readonly HolderSurvey[];
}

interface HolderSurvey {
  readonly holder: DataHolder;
  readonly cost: number;
  /** What nobody else holds. */
  readonly own: number;
  readonly shared: readonly SharedMemory[];
}

/**
 * Keeps what all connections of a server hold together below a limit: beyond it, those that hold most are ended.
 *
 * Each says what it holds when that has changed, which is summed up as if nothing were shared. Only when that may be too much, it is looked exactly: what is shared counts once then. It is
 * looked again when as much as was left may have been added.
 */
export class TotalBuffered {
  readonly #limit: number;
  readonly #costs = new Map<DataHolder, number>();
  /** What is held, if nothing is shared. */
  #sum = 0;
  /** What is held at most by those that were not ended: what was found last, and all that was added since. */
  #most = 0;
  /** What those hold that were ended, and are not gone. */
  readonly #shed = new Set<DataHolder>();
  #isScheduled = false;

  /** @param limit - in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether too much is held, as far as is known without a look at everything, so that nobody else should come. */
  get isExceeded(): boolean {
    if (this.#sum <= this.#limit) return false;
    let ofShed = 0;
    for (const holder of this.#shed) ofShed += this.#costs.get(holder) ?? 0;
    return this.#most + ofShed > this.#limit;
  }

  /** What `holder` holds may have changed. */
  update(holder: DataHolder): void {
    const { cost } = holder;
    const change = this.#set(holder, cost);
    if (change <= 0 || this.#shed.has(holder)) return;
    this.#most += change;
    if (this.#most <= this.#limit || this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#enforce);
  }

  /** `holder` is gone, and holds nothing any more. */
  leave(holder: DataHolder): void {
    this.#set(holder, 0);
    this.#shed.delete(holder);
  }

  /** @returns by how much it has changed */
  #set(holder: DataHolder, cost: number): number {
    const change = cost - (this.#costs.get(holder) ?? 0);
    if (cost === 0) this.#costs.delete(holder);
    else if (change !== 0) this.#costs.set(holder, cost);
    this.#sum += change;
    return change;
  }

  readonly #enforce = (): void => {
    this.#isScheduled = false;
    const survey = this.#survey([...this.#costs.keys()].filter((holder) => !this.#shed.has(holder)));
    // Those who were ended hold some for a while; that others are ended, too, would not help.
    this.#most = survey.total;
    const largestFirst = [...survey.holders].sort((one, other) => other.cost - one.cost);
    for (const one of largestFirst) {
      if (this.#most <= this.#limit) break;
      const size = this.#most;
      this.#most -= giveUp(one);
      this.#shed.add(one.holder);
      one.holder.shed(exceeded(this.#limit, size));
    }
  };

  #survey(holders: readonly DataHolder[]): Survey {
    const known = new Map<ArrayBufferLike, Map<number, SharedMemory>>();
    let total = 0;
    const surveys = holders.map((holder) => {
      const shared = new Set<SharedMemory>();
      let own = this.#costs.get(holder) ?? 0;
      const cost = own;
      holder.visitShared((bytes) => {
        own -= bytes.length;
        const memory = find(known, bytes);
        if (shared.has(memory)) return;
        shared.add(memory);
        if (memory.holders === 0) total += memory.size;
        memory.holders++;
      });
      total += Math.max(own, 0);
      return { holder, cost, own: Math.max(own, 0), shared: [...shared] };
    });
    return { total, holders: surveys };
  }
}

/** Memory is the same if it begins at the same place of the same buffer. */
function find(known: Map<ArrayBufferLike, Map<number, SharedMemory>>, bytes: Uint8Array): SharedMemory {
  const ofBuffer = known.get(bytes.buffer) ?? new Map<number, SharedMemory>();
  const memory = ofBuffer.get(bytes.byteOffset) ?? { size: bytes.length, holders: 0 };
  known.set(bytes.buffer, ofBuffer);
  ofBuffer.set(bytes.byteOffset, memory);
  return memory;
}

/** @returns what nobody holds any more then */
function giveUp({ own, shared }: HolderSurvey): number {
  let freed = own;
  for (const memory of shared) {
    memory.holders--;
    if (memory.holders === 0) freed += memory.size;
  }
  return freed;
}

function exceeded(limit: number, size: number): LimitExceededError {
  const advice = 'all connections together hold too much, and this one most of it';
  return new LimitExceededError({ option: 'maxTotalBuffered', limit, size, advice }, CloseCode.TRY_AGAIN_LATER);
}
