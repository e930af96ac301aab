import type * as zlib from 'node:zlib';

/** `node:zlib`, which is loaded when it is needed. */
export type Zlib = typeof zlib;

/**
 * The object beneath a stream of `node:zlib`, which does the work.
 *
 * Node's own functions `deflateRawSync`, … call it in this way, and Bun and Deno have the same. None of it is documented, so it is used in this file
 * alone, and {@link canDriveHandles} tries it before it is trusted. Called with other arguments than it expects, or at the wrong time, it aborts the
 * process, which nothing can catch.
 */
interface NativeHandle {
  /** Called with what went wrong, instead of `cb`. */
  onerror: (message: string, errno: number, code: string) => void;
  /** Called when a `write` is done. */
  cb: () => void;
  /** A property of ours: what a `write` works with, which nobody else keeps in memory. */
  buffers: readonly Uint8Array[] | undefined;
  /** Does a piece of the work, and says in `_writeState` of the stream how much of the output is free and of the input left. */
  readonly writeSync: NativeWrite;
  /** The same on the thread pool; on Deno at once, without calling `cb`. */
  readonly write: NativeWrite;
  reset(): void;
  close(): void;
}

type NativeWrite = (...call: NativeCall) => unknown;

type NativeCall = [
  flush: number,
  input: Uint8Array,
  inputOffset: number,
  inputLength: number,
  output: Uint8Array,
  outputOffset: number,
  outputLength: number,
];

/** What is in `_writeState` as long as a `write` is under way. */
const UNDER_WAY = 0xffff_ffff;

const NO_INPUT: Uint8Array = new Uint8Array(0);

/** What zlib says is wrong. */
export class ZlibError extends Error {
  /** zlib's number for it: −3 is invalid data. */
  readonly errno: number;

  constructor(message: string, errno: number) {
    super(message);
    this.errno = errno;
  }
}

/** What waits for a job on the thread pool. */
interface Job {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly resolve: (produced: number) => void;
  readonly reject: (error: Error) => void;
}

/** The one owner of a native handle: does one thing at a time with it, and closes it when nothing is under way. */
export class ZlibHandle {
  readonly #native: NativeHandle;
  readonly #state: Uint32Array;
  #input = NO_INPUT;
  #length = 0;
  #offset = 0;
  #flush = 0;
  #isDone = true;
  #isStuck = false;
  /** Steps in a row that did nothing: one is enough to see that a stream has ended. */
  #idleSteps = 0;
  #error: ZlibError | undefined;
  #job: Job | undefined;
  #isClosed = false;

  /** @param stream - nobody else may use it */
  constructor(stream: zlib.DeflateRaw | zlib.InflateRaw) {
    const { native, state } = nativeParts(stream);
    this.#native = native;
    this.#state = state;
    // What Node calls when a `write` is done hands output to the stream, unless this is set: then it calls `cb` and nothing else.
    Object.defineProperty(stream, 'destroyed', { value: true });
    native.cb = () => {
      this.#endJob();
    };
    native.onerror = (message, errno) => {
      this.#error = new ZlibError(message, errno);
      // The handle is not free for anything else before this call has returned.
      if (this.#job !== undefined) setImmediate(() => this.#endJob());
    };
  }

  /** Whether all that was loaded is used up, and all its output given. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Whether zlib takes no more input, since a block with BFINAL ended the stream. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Bytes of the input that are left. */
  get left(): number {
    return this.#length - this.#offset;
  }

  /** Whether zlib has taken nothing of the input that is loaded. */
  get isUntouched(): boolean {
    return this.#offset === 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Says what is worked on next; what was loaded before must be done, or is forgotten. */
  load(input: Uint8Array, flush: number): void {
    this.#input = input;
    this.#length = input.length;
    this.#offset = 0;
    this.#flush = flush;
    this.#isDone = false;
    this.#isStuck = false;
    this.#idleSteps = 0;
  }

  /** Forgets what is loaded. */
  discardInput(): void {
    this.#input = NO_INPUT;
    this.#length = 0;
    this.#offset = 0;
    this.#isDone = true;
    this.#isStuck = false;
  }

  /**
   * Works synchronously.
   *
   * @param at - where in `output` there is room
   * @param limit - bytes of input to take at most
   *
   * @returns how many bytes were written to `output`
   *
   * @throws {ZlibError} zlib says that something is wrong
   */
  step(output: Uint8Array, at: number, limit: number): number {
    this.#checkFree();
    const inputLength = Math.min(this.left, limit);
    const outputLength = output.length - at;
    const flush = this.#flushOf(inputLength);
    this.#native.writeSync(flush, this.#input, this.#offset, inputLength, output, at, outputLength);
    this.#throwError();
    return this.#account(inputLength, outputLength);
  }

  /**
   * Works on the thread pool, or at once where there is none; the promise is settled in a later turn of the event loop.
   *
   * The input is copied, since others may do with it what they like.
   *
   * @param output - to be filled from its start
   * @param limit - bytes of input to take at most
   *
   * @returns how many bytes were written to `output`; none if the handle was closed meanwhile. Rejects as {@link step} throws
   */
  stepOnPool(output: Uint8Array, limit: number): Promise<number> {
    this.#checkFree();
    const inputLength = Math.min(this.left, limit);
    const outputLength = output.length;
    const flush = this.#flushOf(inputLength);
    const input = this.#input.slice(this.#offset, this.#offset + inputLength);
    return new Promise((resolve, reject) => {
      this.#job = { inputLength, outputLength, resolve, reject };
      this.#native.buffers = [input, output];
      this.#state.fill(UNDER_WAY);
      this.#native.write(flush, input, 0, inputLength, output, 0, outputLength);
      if (this.#state[1] !== UNDER_WAY) setImmediate(() => this.#endJob());
    });
  }

  /** Forgets the history; what is left of the input begins another stream. */
  restart(): void {
    this.#checkFree();
    this.#native.reset();
    this.#isStuck = false;
  }

  /** Frees the memory, now or when the job that is under way is done. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.discardInput();
    if (this.#job === undefined) this.#native.close();
  }

  /** What Node would abort the process for. */
  #checkFree(): void {
    if (this.#isClosed) throw new Error('the zlib context is closed');
    if (this.#job !== undefined) throw new Error('a job of the zlib context is under way');
    if (this.#input.length !== this.#length) throw takenAway();
  }

  /** More input follows what is taken now: only behind the last of it is there anything to flush. */
  #flushOf(inputLength: number): number {
    return inputLength === this.left ? this.#flush : 0;
  }

  #throwError(): void {
    const error = this.#error;
    if (error === undefined) return;
    this.#error = undefined;
    throw error;
  }

  #account(inputLength: number, outputLength: number): number {
    const outputFree = this.#state[0]!;
    const inputLeft = this.#state[1]!;
    this.#offset += inputLength - inputLeft;
    this.#isStuck = inputLeft > 0 && outputFree > 0;
    this.#isDone = this.left === 0 && outputFree > 0;
    const isIdle = inputLeft === inputLength && outputFree === outputLength && !this.#isDone;
    this.#idleSteps = isIdle ? this.#idleSteps + 1 : 0;
    if (this.#idleSteps > 1) throw new Error('zlib does nothing more');
    return outputLength - outputFree;
  }

  #endJob(): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    this.#native.buffers = undefined;
    if (this.#isClosed) {
      this.#native.close();
      job.resolve(0);
      return;
    }
    try {
      this.#throwError();
      job.resolve(this.#account(job.inputLength, job.outputLength));
    } catch (error) {
      job.reject(error instanceof Error ? error : new Error('zlib failed', { cause: error }));
    }
  }
}

/** Makes the error for input whose memory has gone elsewhere: its `ArrayBuffer` was transferred, or made smaller. */
export function takenAway(): Error {
  return new Error('a payload was taken away before it was compressed');
}

/**
 * Says whether the handles take the calls of this file. Node aborts the process on others, so it is watched when it calls them itself; Bun and Deno
 * throw.
 */
export function canDriveHandles(zlib: Zlib): boolean {
  if ('bun' in process.versions || 'deno' in process.versions) return true;
  const { native } = nativeParts(zlib.createDeflateRaw({ chunkSize: 64 }));
  const prototype: unknown = Object.getPrototypeOf(native);
  if (!isNativeHandle(prototype)) return false;
  const original = prototype.writeSync;
  const calls: unknown[][] = [];
  Reflect.set(prototype, 'writeSync', function (this: unknown, ...call: NativeCall): unknown {
    calls.push(call);
    return Reflect.apply(original, this, call);
  });
  try {
    zlib.deflateRawSync('watched');
  } finally {
    Reflect.set(prototype, 'writeSync', original);
    native.close();
  }
  return calls.length > 0 && calls.every(isNativeCall);
}

function isNativeCall(call: readonly unknown[]): boolean {
  const isAsExpected = call.map((argument, index) =>
    index === 1 || index === 4 ? argument instanceof Uint8Array : typeof argument === 'number',
  );
  return call.length === 7 && isAsExpected.every(Boolean);
}

function nativeParts(stream: object): { native: NativeHandle; state: Uint32Array } {
  const native: unknown = Reflect.get(stream, '_handle');
  const state: unknown = Reflect.get(stream, '_writeState');
  if (!isNativeHandle(native) || !(state instanceof Uint32Array)) throw new Error('streams of zlib have no handle');
  return { native, state };
}

function isNativeHandle(value: unknown): value is NativeHandle {
  if (typeof value !== 'object' || value === null) return false;
  return ['writeSync', 'write', 'reset', 'close'].every((name) => typeof Reflect.get(value, name) === 'function');
}
