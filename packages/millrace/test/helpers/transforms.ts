import type { MessageTransform, PulledPiece, TransformedMessage } from '../../src/protocol/base/transform.ts';
import { concat } from './bytes.ts';

/** How a {@link TestTransform} works. */
export interface TestTransformSetup {
  /** Changes bytes: some that came, or all that are kept until the end. */
  readonly change: (bytes: Uint8Array) => Uint8Array;
  /** Whether it keeps all until the end of the message. */
  readonly keepsAll?: boolean;
  /** Size of the pieces that it gives, at most; 64 KiB unless given. */
  readonly pieceSize?: number;
  /** Says whether the next piece comes later; never unless given. */
  readonly isLater?: () => boolean;
  /** Says whether it changes a message; each, unless given. */
  readonly applies?: (message: TransformedMessage) => boolean;
}

/** A job of a {@link TestTransform} that a test ends. */
export interface PendingJob {
  readonly signal: AbortSignal;
  /** Gives the piece. */
  finish(): void;
  /** Fails. */
  fail(error: Error): void;
}

/** A transform of what is received that changes bytes as a test says, at once or later. */
export class TestTransform implements MessageTransform {
  readonly #setup: TestTransformSetup;
  /** The messages that it was told of. */
  readonly messages: TransformedMessage[] = [];
  /** The jobs that have not ended. */
  readonly jobs: PendingJob[] = [];
  /** How often something was pulled. */
  pulls = 0;
  #kept: Uint8Array[] = [];
  #output: Uint8Array = new Uint8Array(0);

  constructor(setup: TestTransformSetup) {
    this.#setup = setup;
  }

  begin(message: TransformedMessage): boolean {
    this.messages.push({ ...message });
    return this.#setup.applies?.(message) ?? true;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) throw new Error('an empty chunk was pushed');
    if (this.#setup.keepsAll === true) this.#kept.push(chunk);
    else this.#output = concat([this.#output, this.#setup.change(chunk)]);
  }

  end(): void {
    this.#output = concat([this.#output, this.#setup.change(concat(this.#kept))]);
    this.#kept = [];
  }

  pull(signal: AbortSignal): PulledPiece | Promise<PulledPiece> {
    this.pulls++;
    const { pieceSize = 64 * 1024, isLater = () => false } = this.#setup;
    const take = (): PulledPiece => {
      const piece = this.#output.slice(0, pieceSize);
      this.#output = this.#output.slice(pieceSize);
      return piece.length === 0 ? undefined : piece;
    };
    if (!isLater()) return take();
    return new Promise((resolve, reject) => {
      const job: PendingJob = {
        signal,
        finish: () => {
          this.jobs.splice(this.jobs.indexOf(job), 1);
          resolve(take());
        },
        fail: (error) => {
          this.jobs.splice(this.jobs.indexOf(job), 1);
          reject(error);
        },
      };
      this.jobs.push(job);
    });
  }
}

/** Adds one to each byte. */
export function increment(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte + 1);
}

/** Gives each byte twice. */
export function double(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => [byte, byte]));
}

/** Lets promises that are settled tell so. */
export async function tick(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
