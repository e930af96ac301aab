import type { PulledPiece } from '../base/transform.ts';
import { TransformJobs } from '../base/transform-jobs.ts';

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
  /** Made when there is something to do: most connections have no transforms. */
  #jobs: TransformJobs | undefined;
  #isClosed = false;

  constructor(owner: PipelineGateOwner) {
    this.#owner = owner;
  }

  /** When the job has taken too long, in milliseconds of the host's clock; `Infinity` without one. */
  get deadline(): number {
    return this.#jobs?.deadline ?? Infinity;
  }

  /** Whether a stage waits for something. */
  get isWaiting(): boolean {
    return this.#hasJob || this.#waiting.some((proceed) => proceed !== undefined);
  }

  /** Whether {@link proceed} can go on. */
  get canProceed(): boolean {
    return !this.#hasJob && this.isWaiting && this.#owner.hasRoom();
  }

  /**
   * Says whether a stage may give its next piece. If it may not, it waits.
   *
   * @param depth - how many stages with transforms there are between it and the application
   * @param proceed - called when it may
   */
  mayGive(depth: number, proceed: () => void): boolean {
    const isBlocked = this.#hasJob || this.#waiting.slice(0, depth).some((other) => other !== undefined);
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
    this.#jobs ??= this.#createJobs();
    return this.#jobs.run(start, take);
  }

  /** Nothing more is wanted: ends the job that is under way, and waits for nothing. Repeating it does nothing. */
  close(): void {
    this.#waiting.length = 0;
    this.#isClosed = true;
    this.#jobs?.close();
  }

  get #hasJob(): boolean {
    return this.#jobs?.isRunning === true;
  }

  #createJobs(): TransformJobs {
    const owner = this.#owner;
    const jobs = new TransformJobs({
      now: () => owner.now(),
      onJobBegun: () => owner.onWait(),
      onJobEnded: (proceed) => owner.onJobEnded(proceed),
    });
    if (this.#isClosed) jobs.close();
    return jobs;
  }
}
