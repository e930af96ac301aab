import { createHash } from 'node:crypto';

/** Where a client takes the bytes that it sends. */
export interface ByteSource {
  /** How many bytes there are in all; `Infinity` for a source without end. */
  readonly size: number;
  /** The next bytes; `undefined` after the last ones. */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A digest that the server has sent. */
export interface DigestResult {
  /** Counted from 0. */
  readonly index: number;
  readonly digest: string;
  /** The digest that was computed here; `undefined` if the server was to send none. */
  readonly expected: string | undefined;
  /** How many bytes, from the first one on, have been answered with a digest. */
  readonly bytes: number;
}

/** What a {@link HashTask} is made of. */
export interface HashTaskOptions {
  readonly source: ByteSource;
  /** The server answers every so many bytes. */
  readonly batchSize: number;
  /** Whether a digest covers its own batch, or everything from the first byte on. */
  readonly covers: 'batch' | 'everything';
  /** Called once, before the first bytes are taken from the source. */
  readonly onStart?: () => void;
  /** Called for each digest that the server sends. */
  readonly onDigest: (result: DigestResult) => void;
  /** Called once, when the connection has ended; the failure says why not all digests came. */
  readonly onEnd: (failure: string | undefined) => void;
}

/**
 * What a client sends and what it expects in return: takes bytes from a source, computes the digests that a server has to
 * answer with, and compares.
 */
export class HashTask {
  readonly #options: HashTaskOptions;
  readonly #expected: { readonly digest: string; readonly bytes: number }[] = [];
  #hash = createHash('sha256');
  #isStarted = false;
  #position = 0;
  #batchEnd: number;
  #received = 0;

  constructor(options: HashTaskOptions) {
    this.#options = options;
    this.#batchEnd = Math.min(options.batchSize, options.source.size);
  }

  /** Whether all bytes were taken and all their digests have come. */
  get isComplete(): boolean {
    return !this.hasMore && this.#received > 0 && this.#expected.length === 0;
  }

  /** Whether there are bytes that were not taken yet. */
  get hasMore(): boolean {
    return this.#position < this.#options.source.size;
  }

  /** The next bytes to send; `undefined` after the last ones. An empty source has one empty piece. */
  async next(): Promise<Uint8Array | undefined> {
    if (!this.#isStarted) this.#options.onStart?.();

    const piece = (await this.#options.source.next()) ?? (this.#isStarted ? undefined : new Uint8Array(0));
    this.#isStarted = true;
    if (piece !== undefined) this.#expectDigestsOf(piece);
    return piece;
  }

  /** Takes a digest from the server. */
  takeDigest(message: string | Uint8Array): void {
    const expected = this.#expected.shift();
    const digest = typeof message === 'string' ? message : Buffer.from(message).toString('hex');
    const index = this.#received;
    this.#received += 1;
    this.#options.onDigest({ index, digest, expected: expected?.digest, bytes: expected?.bytes ?? this.#position });
  }

  /** Takes the end of the connection. */
  end(code: number | undefined, reason: string | undefined): void {
    const failure = `the connection ended after ${this.#received} digests: ${code ?? 'no code'} ${reason ?? ''}`;
    this.#options.onEnd(this.isComplete ? undefined : failure.trimEnd());
  }

  #expectDigestsOf(piece: Uint8Array): void {
    let rest = piece;
    do {
      const part = rest.subarray(0, this.#batchEnd - this.#position);
      rest = rest.subarray(part.length);
      this.#hash.update(part);
      this.#position += part.length;
      if (this.#position === this.#batchEnd) this.#expectDigest();
    } while (rest.length > 0);
  }

  #expectDigest(): void {
    const { source, batchSize, covers } = this.#options;
    this.#expected.push({ digest: this.#hash.copy().digest('hex'), bytes: this.#position });
    if (covers === 'batch') this.#hash = createHash('sha256');
    this.#batchEnd = Math.min(this.#position + batchSize, source.size);
  }
}

/**
 * A task that prints the digests, for a program of its own: exit code 1 if one differs or is missing.
 *
 * @param unit what the server answers, in a word: message, frame or batch
 */
export function createPrintingTask(unit: string, options: Omit<HashTaskOptions, 'onDigest' | 'onEnd'>): HashTask {
  return new HashTask({
    ...options,
    onDigest: ({ index, digest, expected }) => {
      console.log(`Digest for ${unit} ${index} computed by server: ${digest}`);
      if (digest !== expected) fail(`Digest for ${unit} ${index} computed here: ${expected ?? 'none'}`);
    },
    onEnd: (failure) => {
      if (failure !== undefined) fail(`Not all digests have come: ${failure}`);
    },
  });
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
