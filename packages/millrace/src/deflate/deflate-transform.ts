import type { OutgoingMessage, PulledPiece, SendTransform, SharedTransform } from '../protocol/base/transform.ts';
import type { DeflateSettings, Deflater, Piece } from './codec/codec.ts';
import type { ContextPool } from './context-pool.ts';
import type { ContextHolder, Contexts } from './contexts.ts';
import { deflateWhole } from './deflate-whole.ts';
import { COMPRESSED_BIT } from './inflate-transform.ts';
import { EMPTY_BLOCK_HEADER } from './codec/message-end.ts';
import { TailCutter } from './tail-cutter.ts';
import { TurnBudget } from './codec/turn-budget.ts';

/** How a connection compresses what it sends. */
export interface DeflateSetup {
  readonly settings: DeflateSettings;
  /** It may refer back to the messages before. */
  readonly keepsHistory: boolean;
  /** Messages of a known length below this are sent as they are, unless they ask to be compressed; in bytes. */
  readonly threshold: number;
  /** What contexts may take in this process, in bytes. */
  readonly memoryBudget: number;
}

/** Where a message is. */
type Phase =
  /** Its payload may go on. */
  | 'open'
  /** It ended with a sync flush, whose last four bytes are not sent. */
  | 'flushed'
  /** It ended behind a sync flush, or empty: an empty block follows. */
  | 'empty block'
  | 'over';

/**
 * Compresses the messages that a connection sends (RFC 7692 §7.2.1).
 *
 * A context takes 100 KiB or more, so a connection gets one for keeps only with its second message, and gives it up when it is idle. Until then, and
 * while there is no memory, each message is compressed by itself.
 */
export class DeflateTransform implements SendTransform, ContextHolder {
  readonly #contexts: Contexts;
  readonly #pool: ContextPool<Deflater>;
  readonly #setup: DeflateSetup;
  readonly #turn = new TurnBudget();
  #shared: SharedTransform | undefined;
  #deflater: Deflater | undefined;
  /** Whether the deflater is kept from message to message. */
  #isHeld = false;
  /** Whether the deflater is at work for a message. */
  #isWorking = false;
  /** Whether the history of the deflater is not what the peer has. */
  #isStale = false;
  /** Whether a message was compressed before, not long ago. */
  #isActive = false;
  #wasUsed = false;
  #phase: Phase = 'over';
  /** Whether there is input behind the last flush. */
  #hasInput = false;
  #tail: TailCutter | undefined;

  constructor(contexts: Contexts, setup: DeflateSetup) {
    this.#contexts = contexts;
    this.#pool = contexts.deflaters(setup.settings);
    this.#setup = setup;
  }

  get shared(): SharedTransform {
    const { windowBits, level, memLevel } = this.#setup.settings;
    this.#shared ??= {
      key: `permessage-deflate ${[windowBits, level, memLevel].join()}`,
      transform: (payload) => deflateWhole(this.#pool, payload),
      onSent: () => (this.#isStale = true),
    };
    return this.#shared;
  }

  begin({ compress, length }: OutgoingMessage): number | undefined {
    const isSmall = length !== undefined && length < this.#setup.threshold;
    if (!(compress ?? !isSmall)) return undefined;
    this.#phase = 'open';
    this.#hasInput = false;
    return COMPRESSED_BIT;
  }

  push(chunk: Uint8Array): void {
    const deflater = this.#isWorking ? this.#deflater : this.#startWork();
    deflater?.push(chunk);
    this.#hasInput = true;
  }

  flush(): void {
    if (this.#hasInput) this.#deflater?.flush();
    this.#hasInput = false;
  }

  end(): void {
    this.#phase = this.#hasInput ? 'flushed' : 'empty block';
    this.flush();
  }

  pull(): PulledPiece | Promise<PulledPiece> {
    if (this.#phase === 'over') return undefined;
    try {
      const piece = this.#isWorking ? this.#deflater?.pull(this.#turn) : undefined;
      return piece instanceof Promise ? this.#handOnLater(piece) : this.#handOn(piece);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Gives up a context that was not used since the last sweep. */
  sweep(): void {
    if (!this.#wasUsed && !this.#isWorking) this.#giveUp();
    this.#wasUsed = false;
  }

  /** Frees what it holds. Idempotent. */
  close(): void {
    this.#giveUp();
    this.#phase = 'over';
  }

  #giveUp(): void {
    if (this.#deflater !== undefined) this.#pool.discard(this.#deflater);
    if (this.#isHeld) this.#contexts.leave(this);
    this.#deflater = undefined;
    this.#isHeld = false;
    this.#isWorking = false;
    this.#isActive = false;
  }

  #startWork(): Deflater {
    const { settings, keepsHistory, memoryBudget } = this.#setup;
    if (this.#deflater === undefined) {
      const isHeld = keepsHistory && this.#isActive && this.#contexts.mayHold(settings, memoryBudget);
      this.#deflater = this.#pool.take();
      this.#isHeld = isHeld;
      if (isHeld) this.#contexts.join(this);
    } else if (this.#isStale) {
      this.#deflater.reset();
    }
    this.#isStale = false;
    this.#isWorking = true;
    this.#wasUsed = true;
    return this.#deflater;
  }

  async #handOnLater(promised: Promise<Piece>): Promise<PulledPiece> {
    try {
      return await this.#handOn(await promised);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #handOn(piece: Piece): PulledPiece | Promise<PulledPiece> {
    switch (this.#phase) {
      case 'open':
        return piece;
      case 'flushed': {
        if (piece === undefined) {
          this.#finishMessage();
          return undefined;
        }
        this.#tail ??= new TailCutter();
        const safe = this.#tail.cut(piece);
        return safe.length > 0 ? safe : this.pull();
      }
      case 'empty block':
        if (piece !== undefined) return piece;
        this.#finishMessage();
        return Uint8Array.of(EMPTY_BLOCK_HEADER);
      case 'over':
        return undefined;
    }
  }

  #finishMessage(): void {
    this.#phase = 'over';
    this.#tail?.clear();
    this.#isWorking = false;
    this.#isActive = true;
    if (this.#isHeld || this.#deflater === undefined) return;
    this.#pool.give(this.#deflater);
    this.#deflater = undefined;
  }
}
