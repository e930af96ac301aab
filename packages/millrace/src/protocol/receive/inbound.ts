import { toError } from '../base/errors.ts';
import { NOTHING } from '../base/nothing.ts';
import { FrameParser } from '../wire/frame-parser.ts';
import { Discarder } from './stages/discarder.ts';
import { FrameReader, type PipelineState, type ReceiveCounts } from './frame-reader.ts';
import type { InboundOwner, InboundSetup } from './inbound-setup.ts';
import { createPipeline, largestPieceFor, type Pipeline } from './pipeline.ts';
import { PipelineGate, type PipelineGateOwner } from './pipeline-gate.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';
import { HoldReason, ReadAhead, type ReadAheadOwner } from './read-ahead.ts';
import { Turn } from './turn.ts';
import { UnreadBytes } from './unread-bytes.ts';

/** From this size on, a chunk is work that is worth a look at the clock, in bytes. */
const LARGE_CHUNK = 64 * 1024;

/**
 * The receiving half of a connection: parses what arrives, and hands it to the application, or has it wait where the application is busy. It stops in the
 * middle of what has arrived when enough waits, when its turn is over, or while an extension has to work, and goes on there later.
 */
export class Inbound implements PipelineGateOwner, PipelineState, ReadAheadOwner {
  readonly #owner: InboundOwner;
  readonly #host: InboundSetup['host'];
  readonly #parser: FrameParser;
  readonly reader: FrameReader;
  readonly #pipeline: Pipeline;
  /** Where extensions work; most connections have none. */
  readonly #gate: PipelineGate | undefined;
  readonly #readAhead: ReadAhead;
  readonly #readAheadLimit: number;
  readonly #turn: Turn;
  /** Counts what comes, where that is limited; {@link renewRate} is to be called at its deadline. */
  readonly rate: RateLimiter | undefined;
  /** What was received and is not parsed; made when there is something. */
  #unread: UnreadBytes | undefined;
  /** Whether the pipeline can take nothing: a stage waits, or receiving has ended. */
  isWaiting = false;
  /** Whether it is at work, so that whoever calls back leaves the rest to it. */
  #isAdvancing = false;
  #isStopped = false;
  /** Whether messages may wait for the application; otherwise, they are discarded when enough waits. */
  #mayWait = true;
  #discarder: Discarder | undefined;
  #bytesDiscarded = 0;
  #bytesBehindEnd = 0;

  constructor(setup: InboundSetup) {
    const { role, reserved, receiver, limits, transforms, host, owner, observer } = setup;
    this.#owner = owner;
    this.#host = host;
    this.#turn = new Turn(host);
    this.#readAheadLimit = limits.readAhead;
    this.#gate = transforms.length === 0 ? undefined : new PipelineGate(this);
    this.#readAhead = new ReadAhead({ receiver, limit: limits.readAhead, turn: this.#turn, owner: this });
    this.rate = createRateLimiter(limits.receiveRate, host, this.#readAhead);
    this.#pipeline = createPipeline({
      receiver,
      limits,
      text: host.text,
      transforms,
      gate: this.#gate,
      readAhead: this.#readAhead,
    });
    this.reader = new FrameReader({
      role,
      reserved,
      messages: this.#pipeline.messages,
      controls: owner,
      pipeline: this,
      onFrameBegin: this.rate === undefined ? undefined : ({ opcode }) => this.rate?.beginFrame(opcode),
      observer,
    });
    this.#parser = new FrameParser(this.reader, largestPieceFor(receiver));
  }

  /** What waits for the application, is being collected for it, or is not parsed yet, by its cost. */
  get cost(): number {
    return this.#readAhead.cost + this.collectedSize + this.#unreadSize;
  }

  /** What was received so far. */
  get counts(): ReceiveCounts & { readonly transformedSize: number | undefined } {
    return { ...this.reader.counts, transformedSize: this.#pipeline.transformedSize };
  }

  /** Whether a frame has begun and not ended, so that the peer cannot say anything else. */
  get insideFrame(): boolean {
    return this.#parser.insideFrame;
  }

  /** Whether {@link stop} was called. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether something was received and is not parsed yet. */
  get hasUnread(): boolean {
    return this.#unreadSize > 0;
  }

  /** Whether its turn of the event loop is over. */
  get isTurnOver(): boolean {
    return this.#turn.isOver;
  }

  /** Whether nothing waits for the application. */
  get isEmpty(): boolean {
    return this.#readAhead.isEmpty;
  }

  /** Whether nothing waits for the application that is worth waiting for: a message that {@link cut} has cut is not. */
  get isSettled(): boolean {
    return this.#readAhead.isSettled;
  }

  /** Whether {@link cut} has cut a message. */
  get isCut(): boolean {
    return this.#readAhead.isCut;
  }

  /** How many things have waited for the application and were handed out. */
  get handedOut(): number {
    return this.#readAhead.handedOut;
  }

  /** What was received and will never be handed out: payload, and what came behind the end of receiving, in bytes. */
  get bytesDiscarded(): number {
    return this.#bytesDiscarded + (this.#discarder?.size ?? 0);
  }

  /** What has come behind the end of receiving, in bytes. */
  get bytesBehindEnd(): number {
    return this.#bytesBehindEnd;
  }

  /** Whether bytes should be read. */
  get wantsInput(): boolean {
    if (this.#isStopped) return !this.#turn.isOver;
    // The end of the peer is to be seen while an extension works.
    if (this.isWaiting) return this.#unreadSize < this.#readAheadLimit;
    return this.#unreadSize === 0 && this.#mayParse;
  }

  /** When a job of an extension has taken too long, in milliseconds of the host's clock. */
  get jobDeadline(): number {
    return this.#gate?.deadline ?? Infinity;
  }

  /**
   * Takes `chunk`, which is borrowed until the call returns, and calls the handlers before it does; what cannot be parsed now waits in a copy.
   *
   * @param now - the time in milliseconds
   */
  receive(chunk: Uint8Array, now: number): void {
    this.#turn.begin(now);
    this.#turn.count();
    if (this.#isStopped) {
      this.#bytesDiscarded += chunk.length;
      this.#bytesBehindEnd += chunk.length;
    } else if (this.#isAdvancing || this.hasUnread || !this.#mayParse) {
      this.#keepUnread().append(chunk);
      this.proceed();
    } else {
      this.#work(() => this.#parseChunk(chunk));
    }
  }

  /** Goes on with what waits, if that is possible now. May be called at any time. */
  proceed(): void {
    if (this.#isAdvancing) return;
    this.#turn.begin(this.#host.now());
    this.#work(undefined);
  }

  /** The application takes nothing, for a reason. Repeating it does nothing. */
  hold(reason: HoldReason): void {
    this.#readAhead.hold(reason);
  }

  /**
   * A reason has gone: goes on with what waits, if it was the last. Repeating it does nothing.
   *
   * @returns whether it was the last
   */
  release(reason: HoldReason): boolean {
    if (!this.#readAhead.isHeldFor(reason)) return false;
    this.#readAhead.release(reason);
    if (this.#readAhead.isBusy) return false;
    this.proceed();
    return true;
  }

  /**
   * Hands out the first thing that waits, for whoever asks for one thing at a time and is held otherwise. It is cheaper than to release and hold for each.
   *
   * @returns whether it did; otherwise {@link release} has more come when there is more
   */
  handOutOne(): boolean {
    if (this.#isAdvancing) return false;
    this.#isAdvancing = true;
    let isHandedOut = false;
    try {
      isHandedOut = this.#readAhead.handOutOne();
    } catch (error) {
      this.#owner.onReceiveError(toError(error));
    }
    this.#endWork();
    // The clock has to be set.
    if (this.#readAhead.isHeldFor(HoldReason.RATE)) this.#owner.onAdvanced();
    // Whoever was told has let all come.
    if (!this.#readAhead.isBusy) this.proceed();
    else if (this.#readAhead.isCut) this.#owner.onAdvanced();
    return isHandedOut;
  }

  /** Goes on, if more may come at `now`; says whether it does. */
  renewRate(now: number): boolean {
    if (this.rate === undefined || now < this.rate.deadline || !this.rate.renew()) return false;
    this.proceed();
    return true;
  }

  /** Tells the application something behind the messages that came before it; not where these are discarded. */
  tellInOrder(payload: Uint8Array, tell: () => void): void {
    if (this.#discarder === undefined) this.#readAhead.onControl(payload, tell);
    else this.#discarder.onFrameData(payload);
  }

  /** From now on messages are dropped as they come. Limits hold as before. Repeating it does nothing. */
  ignoreMessages(): void {
    this.#readAhead.ignoreMessages();
    this.proceed();
  }

  /** From now on messages that find too much waiting are discarded, and all that follow, so that the peer's Close is found behind them. */
  stopWaiting(): void {
    this.#mayWait = false;
    this.rate?.end();
    if (this.#readAhead.isFull) this.#discard();
    this.proceed();
  }

  /** Nothing of messages comes any more: the application is told that one which is not complete will never be, behind what came of it. */
  cut(): void {
    if (this.reader.insideMessage) this.#readAhead.onMessageCut();
  }

  /** Ends receiving for good: nothing that came or will come is parsed. What was complete before can still be handed out. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.isWaiting = true;
    this.#parser.pause();
    this.rate?.end();
    this.#giveUpPipeline();
    if (!this.#isAdvancing) this.#discardUnread();
  }

  /** Throws away what waits for the application. */
  drop(): void {
    this.#bytesDiscarded += this.#readAhead.drop();
  }

  /** A new turn of the event loop has begun. */
  renewTurn(): void {
    this.#turn.renew();
    this.proceed();
  }

  // For the gate of its pipeline

  now(): number {
    return this.#host.now();
  }

  hasRoom(): boolean {
    return !this.#turn.isOver && !(this.#readAhead.isFull && this.#mayWait);
  }

  onGive(): void {
    this.#turn.count();
    this.#turn.look();
  }

  onWait(): void {
    this.isWaiting = true;
    this.#parser.pause();
  }

  onFrame(): void {
    this.#turn.count();
    this.rate?.endFrame();
    if (this.#turn.isOver || this.rate?.isFlooded === true) this.#parser.pause();
  }

  onJobEnded(proceed: () => void): void {
    this.#updateWaiting();
    this.#turn.begin(this.#host.now());
    this.#work(proceed);
  }

  /** Whether the parser may go on. */
  get #mayParse(): boolean {
    if (this.isWaiting || this.#turn.isOver || this.rate?.isFlooded === true) return false;
    return !this.#readAhead.isFull || !this.#mayWait;
  }

  /** Does `first`, and all that can be done after it. What handlers throw fails the connection. */
  #work(first: (() => void) | undefined): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      first?.();
      do this.#readAhead.proceed();
      while (this.#goOn());
    } catch (error) {
      this.#owner.onReceiveError(toError(error));
    }
    this.#endWork();
    this.#owner.onAdvanced();
  }

  #endWork(): void {
    this.#isAdvancing = false;
    if (this.#isStopped) this.#discardUnread();
  }

  /** @returns whether something could be done */
  #goOn(): boolean {
    if (this.isWaiting && this.#gate?.canProceed === true) {
      this.#gate.proceed();
      this.#updateWaiting();
      return true;
    }
    const isIdle = this.#unreadSize === 0 && !this.#parser.isFrameComplete && !this.reader.hasWaiting;
    if (isIdle || !this.#mayParse) return false;
    this.#parseUnread();
    return true;
  }

  #parseUnread(): void {
    const unread = this.#unread;
    const bytes = unread === undefined ? NOTHING : unread.bytes;
    // Where that throws, the rest is of no use.
    let parsed = bytes.length;
    try {
      parsed = this.#parse(bytes);
    } finally {
      unread?.consume(parsed);
    }
  }

  #parseChunk(chunk: Uint8Array): void {
    const parsed = this.#parse(chunk);
    if (this.#isStopped) this.#bytesDiscarded += chunk.length - parsed;
    // Whoever called back meanwhile may have brought more.
    else if (parsed < chunk.length) this.#keepUnread().prepend(chunk.subarray(parsed));
    if (chunk.length >= LARGE_CHUNK) this.#turn.look();
  }

  /** @returns how many bytes were parsed */
  #parse(chunk: Uint8Array): number {
    this.#parser.resume();
    this.reader.proceed();
    if (!this.#mayParse) return 0;
    const most = this.rate?.bytesAtOnce ?? Infinity;
    const parsed = this.#parser.push(chunk.length > most ? chunk.subarray(0, most) : chunk, 0);
    this.rate?.count('bytes', parsed);
    if (parsed === chunk.length) this.#pipeline.release();
    return parsed;
  }

  #updateWaiting(): void {
    this.isWaiting = this.#isStopped || this.#gate?.isWaiting === true;
  }

  // For what stands before the application

  get collectedSize(): number {
    return this.#pipeline.collectedSize;
  }

  onMessageTold(): void {
    this.rate?.countTold();
  }

  onReadAheadFull(): void {
    if (!this.#mayWait) {
      this.#discard();
      return;
    }
    this.#parser.pause();
    this.#owner.onFull();
  }

  #discard(): void {
    if (this.#discarder !== undefined) return;
    this.#giveUpPipeline();
    this.#discarder = new Discarder();
    this.reader.redirect(this.#discarder);
  }

  /** Nothing comes out of the pipeline any more. */
  #giveUpPipeline(): void {
    if (this.#discarder === undefined) this.#bytesDiscarded += this.collectedSize;
    this.#gate?.close();
    this.#updateWaiting();
  }

  #discardUnread(): void {
    this.#bytesDiscarded += this.#unreadSize;
    this.#unread?.clear();
  }

  get #unreadSize(): number {
    return this.#unread === undefined ? 0 : this.#unread.size;
  }

  #keepUnread(): UnreadBytes {
    return (this.#unread ??= new UnreadBytes());
  }
}
