import { TransformJobs, type TransformJobsOwner } from '../base/transform-jobs.ts';
import type { OutgoingMessage, PulledPiece, SendTransform } from '../base/transform.ts';
import { NOTHING } from '../base/nothing.ts';
import type { FrameFormat } from './message-output.ts';
import type { Scheduler } from './scheduler.ts';

/** Payload that is given to a transform at a time, in bytes. What it is given is a copy, which is its own. */
export const SLICE: number = 256 * 1024;

/** The message that goes through the transforms. */
export interface TransformedFormat {
  readonly opcode: number;
  /** Those of the application and of the transforms, together. */
  readonly reservedBits: number;
  /** Longest frame in bytes. */
  readonly fragmentSize: number;
}

/** Payload that is to go through the transforms, and what is said behind it. */
export interface Load {
  readonly payload: Uint8Array;
  /** The length of `payload` when it was given. */
  readonly size: number;
  /** Whether its memory belongs to nobody else. */
  readonly isOwn: boolean;
  readonly signal: 'flush' | 'end' | undefined;
  /** Called when all of it was given on. */
  readonly onTaken?: (() => void) | undefined;
  readonly onLost?: ((error: Error) => void) | undefined;
  /** Called when all that comes out of it has become output. */
  readonly onFramed?: (() => void) | undefined;
}

/** What a {@link Transformation} works with. */
export interface TransformationSetup extends TransformJobsOwner {
  readonly scheduler: Scheduler;
  readonly transform: SendTransform;
  /** Whether the transport has enough to do for now. */
  readonly isFull: () => boolean;
  /** A payload was detached or shrunk before it was given on. */
  readonly onPayloadLost: (size: number, lose: Load['onLost']) => void;
}

/**
 * Has one message at a time go through the transforms: gives them payload in slices, and makes frames of what comes out. It stops while they take time, and
 * while the transport has enough to do.
 */
export class Transformation {
  readonly #setup: TransformationSetup;
  readonly jobs: TransformJobs;
  #format: TransformedFormat | undefined;
  #load: Load | undefined;
  #offset = 0;
  #isSignalled = false;
  /** Whether the present load has brought output. */
  #hasOutput = false;
  /** Whether the first frame was written. */
  #hasBegun = false;
  /** The last piece, which may be the end of the message. */
  #held: Uint8Array | undefined;
  /** Payload that has gone in, in bytes, and come out. */
  bytesBefore = 0;
  bytesAfter = 0;

  constructor(setup: TransformationSetup) {
    this.#setup = setup;
    this.jobs = new TransformJobs(setup);
  }

  /** Whether a load is not done with. */
  get isBusy(): boolean {
    return this.#load !== undefined || this.jobs.isRunning;
  }

  /** Whether it goes on when it is told that the transport has less to do. */
  get isStalled(): boolean {
    return this.#load !== undefined && !this.jobs.isRunning;
  }

  /** Whether a message is begun and not ended. */
  get hasMessage(): boolean {
    return this.#format !== undefined;
  }

  /** Bytes of the present load that have not come out. */
  get pendingSize(): number {
    // What has gone in before the present slice has come out, or is held by the transforms.
    return this.#load === undefined ? 0 : this.#load.size - Math.max(0, this.#offset - SLICE);
  }

  /**
   * Begins a message.
   *
   * @returns whether it goes through the transforms
   */
  begin(message: OutgoingMessage, fragmentSize: number): boolean {
    const bits = this.#setup.transform.begin(message);
    if (bits === undefined) return false;
    this.#format = { opcode: message.opcode, reservedBits: message.reservedBits | bits, fragmentSize };
    this.#hasBegun = false;
    this.#held = undefined;
    return true;
  }

  /** Adds reserved bits of the application to those of the message, for its first frame. */
  addReservedBits(bits: number): void {
    if (this.#format !== undefined && bits !== 0 && !this.#hasBegun) {
      this.#format = { ...this.#format, reservedBits: this.#format.reservedBits | bits };
    }
  }

  /** Has payload of the message go through. */
  start(load: Load): void {
    this.#load = load;
    this.#offset = 0;
    this.#isSignalled = load.signal === undefined;
    this.#hasOutput = false;
    if (!this.#feed()) this.#finish();
    else this.proceed();
  }

  /** Goes on, unless a job is under way or the transport has enough to do. */
  proceed(): void {
    while (this.#load !== undefined && !this.jobs.isRunning) {
      if (this.#hasOutput && this.#setup.isFull()) return;
      const piece = this.jobs.run((signal) => this.#setup.transform.pull(signal), this.#takeLater);
      if (piece === 'later') return;
      this.#take(piece);
    }
  }

  /**
   * Gives the message up.
   *
   * @returns the load that was not done with
   */
  cancel(): Load | undefined {
    const load = this.#load;
    this.jobs.cancel();
    this.#load = undefined;
    this.#format = undefined;
    this.#held = undefined;
    return this.#offset < (load?.size ?? 0) ? load : undefined;
  }

  readonly #takeLater = (piece: PulledPiece): void => {
    this.#take(piece);
    this.proceed();
  };

  #take(piece: PulledPiece): void {
    if (piece === undefined) {
      if (!this.#feed()) this.#finish();
      return;
    }
    if (piece.length === 0) throw new Error('an extension has given an empty piece');
    this.#hasOutput = true;
    this.bytesAfter += piece.length;
    if (this.#held !== undefined) this.#write(this.#held, false);
    this.#held = piece;
  }

  /** Gives the transforms something to do; `false` if there is nothing left. */
  #feed(): boolean {
    const load = this.#load;
    if (load === undefined) return false;
    const { size } = load;
    const hasPayload = this.#offset < size;
    if (!hasPayload && this.#isSignalled) return false;
    if (hasPayload && !this.#push(load)) return false;
    if (this.#offset < size) return true;
    if (hasPayload || size === 0) load.onTaken?.();
    if (this.#isSignalled) return true;
    this.#isSignalled = true;
    if (load.signal === 'end') this.#setup.transform.end();
    else this.#setup.transform.flush();
    return true;
  }

  /** Gives the next slice of payload on; `false` if it is there no more. */
  #push({ payload, size, isOwn, onLost }: Load): boolean {
    if (payload.length !== size) {
      this.cancel();
      this.#setup.onPayloadLost(size, onLost);
      return false;
    }
    const slice = payload.subarray(this.#offset, this.#offset + SLICE);
    this.#offset += slice.length;
    this.bytesBefore += slice.length;
    this.#setup.transform.push(isOwn ? slice : new Uint8Array(slice));
    return true;
  }

  /** All of the load has come out. */
  #finish(): void {
    const load = this.#load;
    if (load === undefined) return;
    const held = this.#held;
    this.#load = undefined;
    this.#held = undefined;
    if (load.signal === 'end') this.#write(held ?? NOTHING, true);
    else if (held !== undefined) this.#write(held, false);
    load.onFramed?.();
  }

  #write(piece: Uint8Array, final: boolean): void {
    const format = this.#format;
    if (format === undefined) return;
    const { scheduler } = this.#setup;
    // Whoever is told of the end of the message may begin the next one.
    if (final) this.#format = undefined;
    if (final && !this.#hasBegun) {
      scheduler.sendMessage(piece, format);
      return;
    }
    const { fragmentSize } = format;
    let start = 0;
    for (; piece.length - start > fragmentSize; start += fragmentSize) {
      scheduler.sendFrame(piece.subarray(start, start + fragmentSize), this.#beginFrame(format, false));
    }
    scheduler.sendFrame(piece.subarray(start), this.#beginFrame(format, final));
  }

  #beginFrame({ opcode, reservedBits }: TransformedFormat, final: boolean): FrameFormat {
    if (this.#hasBegun) return { final };
    this.#hasBegun = true;
    this.#setup.scheduler.beginMessage(opcode);
    return { reservedBits, final };
  }
}
