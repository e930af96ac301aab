import type { Codec, DeflateSettings, Deflater, Inflater } from './codec/codec.ts';
import { ContextPool } from './context-pool.ts';
import { nodeCodec } from './codec/node-codec.ts';

/** zlib as it is in Node has a hash table of this size, in bytes, whatever its settings: measured, see docs/decisions.md. */
const HASH_TABLE = 65_536;

/** What a context takes besides its buffers, in bytes: zlib's state, and the objects of Node around it. */
const DEFLATER_STATE = 16_384;
const INFLATER_STATE = 16_384;

/** The memory that a context for compressing takes, in bytes. */
export function deflaterCost({ windowBits, memLevel }: DeflateSettings): number {
  const windowAndChains = 2 ** (windowBits + 2);
  const literals = 2 ** (memLevel + 8);
  return windowAndChains + literals + HASH_TABLE + DEFLATER_STATE;
}

/** The memory that a context for decompressing comes to take, in bytes. */
export function inflaterCost(windowBits: number): number {
  return 2 ** windowBits + INFLATER_STATE;
}

/** How often it is looked for contexts that nobody uses, in milliseconds. */
const SWEEP_INTERVAL = 15_000;

/** Holds a context between messages. */
export interface ContextHolder {
  /** Gives the context up if it was not used since the last call. */
  sweep(): void;
}

/**
 * All contexts of a process, and the memory that they take.
 *
 * A connection that compresses much holds a context for it, and gives it up when it is idle. For decompressing it must hold one as long as it lives if
 * the peer makes use of its history: that memory is promised when the connection opens.
 */
export class Contexts {
  readonly #codec: () => Codec;
  readonly #deflaters = new Map<string, { readonly pool: ContextPool<Deflater>; readonly cost: number }>();
  readonly #inflaters = new Map<number, ContextPool<Inflater>>();
  readonly #holders = new Set<ContextHolder>();
  #promised = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(codec: () => Codec) {
    this.#codec = codec;
  }

  /** How many contexts there are. */
  get size(): number {
    let size = 0;
    for (const { pool } of this.#deflaters.values()) size += pool.size;
    for (const pool of this.#inflaters.values()) size += pool.size;
    return size;
  }

  /** Memory that is promised for decompressing, in bytes. */
  get promised(): number {
    return this.#promised;
  }

  /** The contexts for compressing with these settings. */
  deflaters(settings: DeflateSettings): ContextPool<Deflater> {
    const { windowBits, level, memLevel } = settings;
    const key = [windowBits, level, memLevel].join();
    let known = this.#deflaters.get(key);
    if (known === undefined) {
      const pool = new ContextPool(() => this.#sweptCodec().createDeflater({ windowBits, level, memLevel }));
      known = { pool, cost: deflaterCost(settings) };
      this.#deflaters.set(key, known);
    }
    return known.pool;
  }

  /** The contexts for decompressing what was made with such a window. */
  inflaters(windowBits: number): ContextPool<Inflater> {
    let pool = this.#inflaters.get(windowBits);
    if (pool === undefined) {
      pool = new ContextPool(() => this.#sweptCodec().createInflater(windowBits));
      this.#inflaters.set(windowBits, pool);
    }
    return pool;
  }

  /** Says whether a connection may hold one more context for compressing. */
  mayHold(settings: DeflateSettings, budget: number): boolean {
    let used = this.#promised + (this.deflaters(settings).hasFree ? 0 : deflaterCost(settings));
    for (const { pool, cost } of this.#deflaters.values()) used += pool.size * cost;
    return used <= budget;
  }

  /** Says whether a context for decompressing may be promised: half of the budget is kept for those that compress. */
  mayPromise(windowBits: number, budget: number): boolean {
    return this.#promised + inflaterCost(windowBits) <= budget / 2;
  }

  /** Promises a context for decompressing, until {@link release}. */
  promise(windowBits: number): void {
    this.#promised += inflaterCost(windowBits);
  }

  /** Takes a promise back, once. */
  release(windowBits: number): void {
    this.#promised -= inflaterCost(windowBits);
  }

  /** Looks after a holder from now on, until {@link leave}. */
  join(holder: ContextHolder): void {
    this.#holders.add(holder);
  }

  /** Looks after it no longer. */
  leave(holder: ContextHolder): void {
    this.#holders.delete(holder);
  }

  /** Frees what was not used since the last call. */
  sweep(): void {
    for (const holder of this.#holders) holder.sweep();
    for (const { pool } of this.#deflaters.values()) pool.sweep();
    for (const pool of this.#inflaters.values()) pool.sweep();
    if (this.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The codec, for a context that is about to be made: from now on there is something to look after. */
  #sweptCodec(): Codec {
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
    return this.#codec();
  }
}

/** The contexts of this process, with its codec. */
export const processContexts: Contexts = new Contexts(nodeCodec);
