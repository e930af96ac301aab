import { toError } from './errors.ts';
import { isPromise } from './promise.ts';
import type { PulledPiece } from './transform.ts';

/** How long a job of an extension may take, in milliseconds. */
const MAX_JOB_TIME = 30_000;

/** What {@link TransformJobs} ask of whoever has them done. */
export interface TransformJobsOwner {
  /** The time in milliseconds. */
  now(): number;
  /** A job is under way, which takes time. */
  onJobBegun(): void;
  /** It has ended: calls `proceed`, in which anything may go wrong, and goes on. */
  onJobEnded(proceed: () => void): void;
}

/** The jobs of transforms that take time, one after the other. */
export class TransformJobs {
  readonly #owner: TransformJobsOwner;
  /** Ends the job that is under way. */
  #job: AbortController | undefined;
  /** For the next job. */
  #nextJob: AbortController | undefined;
  /** When the job has taken too long, in milliseconds of the host's clock; `Infinity` without one. */
  deadline: number = Infinity;
  #isClosed = false;

  constructor(owner: TransformJobsOwner) {
    this.#owner = owner;
  }

  /** Whether a job is under way. */
  get isRunning(): boolean {
    return this.#job !== undefined;
  }

  /**
   * Begins a job.
   *
   * @param start - begins it; the signal fires when its result is of no use any more
   * @param take - takes its result, if that is not there at once
   *
   * @returns its result, or `'later'`
   */
  run<Result = PulledPiece>(
    start: (signal: AbortSignal) => Result | Promise<Result>,
    take: (result: Result) => void,
  ): Result | 'later' {
    const controller = (this.#nextJob ??= new AbortController());
    const started = start(controller.signal);
    if (!isPromise(started)) return started;
    this.#nextJob = undefined;
    this.#job = controller;
    this.deadline = this.#owner.now() + MAX_JOB_TIME;
    this.#owner.onJobBegun();
    // Not `Promise.resolve`, which hands a promise on whose own `then` may call back at once.
    const settled = new Promise<Result>((resolve) => {
      resolve(started);
    });
    settled.then(
      (result) => this.#end(controller, () => take(result)),
      (error: unknown) =>
        this.#end(controller, () => {
          throw toError(error);
        }),
    );
    return 'later';
  }

  /** Ends the job that is under way; its result is of no use any more, and it is not waited for. */
  cancel(): void {
    this.deadline = Infinity;
    const job = this.#job;
    this.#job = undefined;
    job?.abort();
  }

  /** Nothing more is wanted. Repeating it does nothing. */
  close(): void {
    this.#isClosed = true;
    this.cancel();
  }

  #end(job: AbortController, proceed: () => void): void {
    const isWanted = this.#job === job;
    if (isWanted) {
      this.#job = undefined;
      this.deadline = Infinity;
    }
    this.#owner.onJobEnded(isWanted && !this.#isClosed ? proceed : nothing);
  }
}

function nothing(): void {
  // Its result is of no use any more.
}
