import { toError } from '../base/errors.ts';
import { FrameReader, type Pausing } from './frame-reader.ts';
import type { ControlHandler, StreamingHandler } from './handlers.ts';
import { FrameParser } from '../wire/frame-parser.ts';
import type { ReservedRules } from '../wire/header-rules.ts';

/** Whose receiving half an {@link Inbound} is. */
export interface InboundOwner extends ControlHandler {
  /** A rule was broken, or a handler threw. */
  onReceiveError(error: Error): void;
}

/** What an {@link Inbound} is made of. */
export interface InboundSetup {
  readonly role: 'client' | 'server';
  readonly reserved: ReservedRules;
  readonly messages: StreamingHandler;
  /** Bytes of payload that are handed on at a time, at most. */
  readonly largestPiece: number;
  readonly owner: InboundOwner;
}

const NOTHING = new Uint8Array(0);
const NO_REASONS: readonly string[] = [];

/** The receiving half of a connection: parses what arrives, pauses in the middle of it, goes on with what is left. */
export class Inbound implements Pausing {
  readonly #parser: FrameParser;
  readonly #reader: FrameReader;
  readonly #owner: InboundOwner;

  #pauseReasons: readonly string[] = NO_REASONS;
  /** What was received and not parsed yet, because receiving was paused in the middle of a chunk. */
  #unread: Uint8Array | undefined;
  #isParsing = false;
  /** Whether messages may wait for their reader; not while the connection closes. */
  #mayWait = true;
  #isStopped = false;

  constructor(setup: InboundSetup) {
    const { role, reserved, messages, owner } = setup;
    this.#owner = owner;
    this.#reader = new FrameReader({ role, reserved, messages, controls: owner, pausing: this });
    this.#parser = new FrameParser(this.#reader, setup.largestPiece);
  }

  /** Complete frames and messages so far. */
  get counts(): { readonly framesReceived: number; readonly messagesReceived: number } {
    return this.#reader.counts;
  }

  /** Whether a frame has begun and not ended, so that the peer cannot say anything else. */
  get insideFrame(): boolean {
    return this.#parser.insideFrame;
  }

  /** Whether nothing is wanted for now, or any more. */
  get isPaused(): boolean {
    return this.#isStopped || (this.#mayWait && this.#pauseReasons.length > 0);
  }

  /** Whether bytes are of use now. */
  get isReady(): boolean {
    return !this.isPaused && this.#unread === undefined;
  }

  /** Whether {@link stop} was called. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Parses `chunk`, which is borrowed until the call returns; while paused, a copy waits. */
  receive(chunk: Uint8Array): void {
    if (!this.isReady) this.#keep(chunk);
    else this.#keep(this.#parse(chunk));
  }

  /** Adds a reason to pause; see `Connection.pause`. */
  pause(reason: string): void {
    if (!this.#pauseReasons.includes(reason)) this.#pauseReasons = [...this.#pauseReasons, reason];
    if (this.#mayWait) this.#parser.pause();
    else this.#reader.discardMessages();
  }

  /**
   * Takes a reason away, and goes on with what waits if it was the last.
   *
   * @returns whether it was
   */
  resume(reason: string): boolean {
    if (!this.#pauseReasons.includes(reason)) return false;
    this.#pauseReasons = this.#pauseReasons.filter((other) => other !== reason);
    if (this.#pauseReasons.length > 0 || this.#isStopped) return false;
    this.#parser.resume();
    this.#parseUnread();
    return true;
  }

  /** From now on, messages that would have to wait are discarded, so that the peer's Close is found behind them. */
  stopWaiting(): void {
    this.#mayWait = false;
    if (this.#pauseReasons.length === 0) return;
    this.#reader.discardMessages();
    this.#parser.resume();
    this.#parseUnread();
  }

  /** Ends receiving for good: nothing that came or will come is parsed. */
  stop(): void {
    this.#isStopped = true;
    this.#unread = undefined;
    this.#parser.pause();
  }

  /** Parses `chunk`, and returns what is left of it because receiving was paused. */
  #parse(chunk: Uint8Array): Uint8Array {
    this.#isParsing = true;
    let offset = 0;
    try {
      this.#reader.proceed();
      offset = this.#parser.push(chunk, 0);
    } catch (error) {
      this.#owner.onReceiveError(toError(error));
    } finally {
      this.#isParsing = false;
    }
    return this.#isStopped ? NOTHING : chunk.subarray(offset);
  }

  /** Goes on where a pause has stopped, unless that is going on already. */
  #parseUnread(): void {
    if (this.#isParsing || this.#isStopped) return;
    const unread = this.#unread ?? NOTHING;
    this.#unread = undefined;
    const rest = this.#parse(unread);
    // Ours already: a reader that pauses after each message must not have it copied each time.
    if (rest.length > 0) this.#unread = rest;
  }

  /** Keeps a copy of `chunk` for later. */
  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const before = this.#unread ?? NOTHING;
    const joined = new Uint8Array(before.length + chunk.length);
    joined.set(before);
    joined.set(chunk, before.length);
    this.#unread = joined;
  }
}
