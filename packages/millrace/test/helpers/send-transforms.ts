import type {
  OutgoingMessage,
  PulledPiece,
  SendTransform,
  SharedTransform,
} from '../../src/protocol/base/transform.ts';
import { concat } from './bytes.ts';

/** How a {@link TestSendTransform} works. */
export interface TestSendTransformSetup {
  readonly change: (bytes: Uint8Array) => Uint8Array;
  /** Reserved bits that it sets. */
  readonly bits?: number;
  /** Size of the pieces that it gives, at most. */
  readonly pieceSize?: number;
  /** Says whether the next piece comes later; never unless given. */
  readonly isLater?: () => boolean;
  readonly applies?: (message: OutgoingMessage) => boolean;
  /** Keeps all until it is flushed. */
  readonly keeps?: boolean;
  readonly shared?: SharedTransform;
}

/** A transform of what is sent, whose jobs a test ends. */
export class TestSendTransform implements SendTransform {
  readonly #setup: TestSendTransformSetup;
  readonly shared: SharedTransform | undefined;
  readonly messages: OutgoingMessage[] = [];
  /** What it was told, in order. */
  readonly calls: string[] = [];
  readonly jobs: { readonly signal: AbortSignal; finish(): void; fail(error: Error): void }[] = [];
  #kept: Uint8Array[] = [];
  #output: Uint8Array = new Uint8Array(0);

  constructor(setup: TestSendTransformSetup) {
    this.#setup = setup;
    this.shared = setup.shared;
  }

  begin(message: OutgoingMessage): number | undefined {
    this.messages.push({ ...message });
    return (this.#setup.applies?.(message) ?? true) ? (this.#setup.bits ?? 0b010) : undefined;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) throw new Error('an empty chunk was pushed');
    this.calls.push(`push ${String(chunk.length)}`);
    this.#kept.push(chunk);
    if (this.#setup.keeps !== true) this.#release();
  }

  flush(): void {
    this.calls.push('flush');
    this.#release();
  }

  end(): void {
    this.calls.push('end');
    this.#release();
  }

  pull(signal: AbortSignal): PulledPiece | Promise<PulledPiece> {
    const { pieceSize = 64 * 1024, isLater = () => false } = this.#setup;
    const take = (): PulledPiece => {
      const piece = this.#output.slice(0, pieceSize);
      this.#output = this.#output.slice(pieceSize);
      return piece.length === 0 ? undefined : piece;
    };
    if (!isLater()) return take();
    return new Promise((resolve, reject) => {
      const job = {
        signal,
        finish: () => {
          this.jobs.splice(this.jobs.indexOf(job), 1);
          resolve(take());
        },
        fail: reject,
      };
      this.jobs.push(job);
    });
  }

  #release(): void {
    this.#output = concat([this.#output, this.#setup.change(concat(this.#kept.splice(0)))]);
  }
}
