import { isPromise } from '../base/promise.ts';
import type { OutgoingMessage, PulledPiece, SendTransform } from '../base/transform.ts';

/** What is to be told to the transforms of a message, one after the other. */
type Signal = 'flush' | 'end';

/** Several transforms as one: what comes out of each goes into the next. */
export class TransformChain implements SendTransform {
  readonly #transforms: readonly SendTransform[];
  /** Those that the present message goes through. */
  #stages: SendTransform[] = [];
  #signal: Signal | undefined;
  /** How many of the stages have been told it. */
  #told = 0;

  /** @param transforms - in the order in which a message goes through them */
  constructor(transforms: readonly SendTransform[]) {
    this.#transforms = transforms;
  }

  begin(message: OutgoingMessage): number | undefined {
    this.#stages = [];
    this.#signal = undefined;
    let { reservedBits } = message;
    for (const transform of this.#transforms) {
      const bits = transform.begin({ ...message, reservedBits });
      if (bits === undefined) continue;
      reservedBits |= bits;
      this.#stages.push(transform);
    }
    return this.#stages.length === 0 ? undefined : reservedBits;
  }

  push(chunk: Uint8Array): void {
    this.#stages[0]?.push(chunk);
  }

  flush(): void {
    this.#tellFirst('flush');
  }

  end(): void {
    this.#tellFirst('end');
  }

  pull(signal: AbortSignal): PulledPiece | Promise<PulledPiece> {
    return this.#pullFrom(this.#stages.length - 1, signal);
  }

  #tellFirst(signal: Signal): void {
    this.#signal = signal;
    this.#told = 0;
    this.#tellNext();
  }

  #tellNext(): void {
    const stage = this.#stages[this.#told];
    this.#told++;
    if (this.#signal === 'end') stage?.end();
    else stage?.flush();
  }

  /** Pulls from a stage, and lets what comes before it work for as long as it has nothing to give. */
  #pullFrom(index: number, signal: AbortSignal): PulledPiece | Promise<PulledPiece> {
    for (;;) {
      const piece = this.#stages[index]?.pull(signal);
      if (isPromise(piece)) return piece.then((given) => given ?? this.#pullOn(index, signal));
      if (piece !== undefined) return piece;
      const fed = this.#feed(index, signal);
      if (isPromise(fed)) return fed.then((hasInput) => (hasInput ? this.#pullFrom(index, signal) : undefined));
      if (!fed) return undefined;
    }
  }

  #pullOn(index: number, signal: AbortSignal): PulledPiece | Promise<PulledPiece> {
    const fed = this.#feed(index, signal);
    if (isPromise(fed)) return fed.then((hasInput) => (hasInput ? this.#pullFrom(index, signal) : undefined));
    return fed ? this.#pullFrom(index, signal) : undefined;
  }

  /** Gives a stage what the one before it has; returns whether it has something to do. */
  #feed(index: number, signal: AbortSignal): boolean | Promise<boolean> {
    if (index <= 0) return false;
    const piece = this.#pullFrom(index - 1, signal);
    return isPromise(piece) ? piece.then((given) => this.#give(index, given)) : this.#give(index, piece);
  }

  #give(index: number, piece: PulledPiece): boolean {
    if (piece !== undefined) {
      this.#stages[index]?.push(ownMemory(piece));
      return true;
    }
    // All that comes before has given everything.
    if (this.#signal === undefined || this.#told !== index) return false;
    this.#tellNext();
    return true;
  }
}

/** What a transform is given is its own, to be transferred, too: a piece that shares its memory with others is copied. */
function ownMemory(piece: Uint8Array): Uint8Array {
  return piece.length === piece.buffer.byteLength ? piece : new Uint8Array(piece);
}

/** Joins transforms to one; `undefined` if there are none. */
export function chainTransforms(transforms: readonly SendTransform[] = []): SendTransform | undefined {
  return transforms.length > 1 ? new TransformChain(transforms) : transforms[0];
}
