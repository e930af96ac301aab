import { toError } from '../base/errors.ts';
import { isPromise } from '../base/promise.ts';
import type { PulledPiece } from '../base/transform.ts';

/** How long a job of an extension may take, in milliseconds. */
const MAX_JOB_TIME = 30_000;

/** What a {@link PipelineGate} asks of the receiving half that it belongs to. */
export interface PipelineGateOwner {
  /** The time in milliseconds. */
  now(): number;
  /** Whether the application can be given more now. */
  hasRoom(): boolean;
  /** A stage gives a piece. */
  onGive(): void;
  /** A stage has begun to wait. */
  onWait(): void;
  /** A job has ended: calls `proceed`, in which anything may go wrong, and goes on. */
  onJobEnded(proceed: () => void): void;
}

/**
 * Where the stages of a pipeline wait: for a job that takes time, or until there is room for what they have to give. Meanwhile nothing is parsed, so that the
 * order is kept.
 */
export class PipelineGate {
  readonly #owner: PipelineGateOwner;
  /** How stages go on that wait for room, or for a stage behind them; the stage that is nearest to the application comes first. */
  readonly #waiting: ((() => void) | undefined)[] = [];
  /** Ends the job that is under way. */
  #job: AbortController | undefined;
  /** For the next job. */
  #nextJob: AbortController | undefined;
  /** When the job has taken too long, in milliseconds of the host's clock; `Infinity` without one. */
  deadline: number = Infinity;
  #isClosed = false;

  constructor(owner: PipelineGateOwner) {
    this.#owner = owner;
  }

  /** Whether a stage waits for something. */
  get isWaiting(): boolean {
    return this.#job !== undefined || this.#waiting.some((proceed) => proceed !== undefined);
  }

  /** Whether {@link proceed} can go on. */
  get canProceed(): boolean {
    return this.#job === undefined && this.isWaiting && this.#owner.hasRoom();
  }

  /**
   * Says whether a stage may give its next piece. If it may not, it waits.
   *
   * @param depth - how many stages with transforms there are between it and the application
   * @param proceed - called when it may
   */
  mayGive(depth: number, proceed: () => void): boolean {
    const isBlocked = this.#job !== undefined || this.#waiting.slice(0, depth).some((other) => other !== undefined);
    if (!isBlocked && this.#owner.hasRoom()) {
      this.#owner.onGive();
      return true;
    }
    this.#waiting[depth] = proceed;
    this.#owner.onWait();
    return false;
  }

  /** Goes on with the stages that wait for room, as far as there is some. */
  proceed(): void {
    for (let depth = 0; depth < this.#waiting.length; depth++) {
      const proceed = this.#waiting[depth];
      if (proceed === undefined) continue;
      if (!this.canProceed) return;
      this.#waiting[depth] = undefined;
      proceed();
    }
  }

  /**
   * Begins a job.
   *
   * @param start - begins it; the signal fires when its result is of no use any more
   * @param take - takes its result, if that is not there at once
   *
   * @returns its result, or `'later'`
   */
  run(
    start: (signal: AbortSignal) => PulledPiece | Promise<PulledPiece>,
    take: (piece: PulledPiece) => void,
  ): PulledPiece | 'later' {
    const controller = (this.#nextJob ??= new AbortController());
    const started = start(controller.signal);
    if (!isPromise(started)) return started;
    this.#nextJob = undefined;
    this.#job = controller;
    this.deadline = this.#owner.now() + MAX_JOB_TIME;
    this.#owner.onWait();
    Promise.resolve(started).then(
      (piece) => this.#endJob(() => take(piece)),
      (error: unknown) =>
        this.#endJob(() => {
          throw toError(error);
        }),
    );
    return 'later';
  }

  /** Nothing more is wanted: ends the job that is under way, and waits for nothing. Repeating it does nothing. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.deadline = Infinity;
    this.#job?.abort();
    // A job that goes on all the same is not waited for.
    this.#job = undefined;
  }

  #endJob(proceed: () => void): void {
    this.#job = undefined;
    this.deadline = Infinity;
    this.#owner.onJobEnded(this.#isClosed ? nothing : proceed);
  }
}

function nothing(): void {
  // Its result is of no use any more.
}
