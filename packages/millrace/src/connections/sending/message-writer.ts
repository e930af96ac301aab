import { LocalUsageError, RemoteProtocolError, toError } from '../../protocol/base/errors.ts';
import { checkFrameLength } from '../../protocol/base/length.ts';
import { MessageType } from '../../protocol/base/opcode.ts';
import { onAbort, untilAborted } from '../../engine/abort.ts';
import { ChunkEncoder, type Room } from './chunk-encoder.ts';
import { attempt, createDeferred, type Deferred } from '../../engine/deferred.ts';
import type { EngineConnection } from '../../engine/engine-connection.ts';
import { ENTRY_COST } from '../../protocol/base/costs.ts';
import type { TurnHolder } from '../../protocol/send/send-queue.ts';
import { FrameWriter } from './frame-writer.ts';
import { PiecePacker } from './piece-packer.ts';
import { toChunk, type Chunk, type MessageKind } from './sendable.ts';

/** Payload that is packed into one frame at most, in bytes, unless it comes in one piece. */
const PACKED_FRAME = 64 * 1024;

/** What may have been packed, by its cost, since whoever writes was told that more may be sent. */
const PACKED_COST = PACKED_FRAME + 2 * ENTRY_COST;

/** Of a piece that is too large to be packed, so much is kept in case that the message ends with it, in bytes. */
const KEPT_END = 4096;

/** How a message is begun. */
export interface WriterSetup {
  /** Taken from the first piece where it is `undefined`. */
  readonly type: MessageKind | undefined;
  readonly signal: AbortSignal | undefined;
  /** What the application said for this message: compress it or not; `undefined` leaves it to the extension. */
  readonly compress?: boolean | undefined;
  /** Learns why the message will never be complete: it was aborted, or the connection has ended. */
  readonly onFailed?: (reason: unknown) => void;
}

/**
 * Sends one message piece by piece. It has the connection to itself: other messages wait until {@link end} or {@link abort}.
 *
 * What is written is packed into frames of up to 64 KiB, or of `highWaterMark` or `fragmentSize` if that is less: a frame goes out when it is full, and at the end of each turn
 * of the event loop, so that no piece waits for the next. Each method resolves when no more than `highWaterMark` bytes are on their way: whoever waits for it
 * sends no faster than the peer reads. Pieces must not be changed after they were written.
 *
 * Each method fails with `LocalUsageError` where it is out of place, which changes nothing, and with `ConnectionClosedError` when the connection has ended.
 */
export class MessageWriter {
  readonly #engine: EngineConnection;
  #type: MessageKind | undefined;
  readonly #compress: boolean | undefined;
  #encoder: ChunkEncoder | undefined;
  /** What waits to become a frame. */
  readonly #pending = new PiecePacker();
  /** What waits at most, in bytes, unless it is one piece. */
  readonly #largestPacked: number;
  /** Whether what waits is a frame as it is, to which nothing may be added. */
  #isSealed = false;
  #isFlushScheduled = false;
  /** Whether the connection knows of the message: a part of it may be on its way. */
  #hasBegun = false;
  #fate: 'open' | 'ended' | 'aborted' = 'open';
  readonly #over = createDeferred<undefined>();
  /** Waits for the turn. */
  #turn: Deferred<undefined> | undefined;
  /** Settles when what is kept by reference has become a frame. */
  #flushed: Deferred<undefined> | undefined;
  #frame: FrameWriter | undefined;
  #writable: WritableStream<Chunk> | undefined;
  readonly #holder: TurnHolder;

  private constructor(engine: EngineConnection, { type, compress }: WriterSetup) {
    const pending = this.#pending;
    this.#engine = engine;
    this.#type = type;
    this.#compress = compress;
    this.#largestPacked = Math.min(PACKED_FRAME, engine.made.options.highWaterMark);
    this.#holder = {
      isWhole: false,
      get pendingSize() {
        return pending.size;
      },
      get pendingCost() {
        return pending.isEmpty ? 0 : pending.size + ENTRY_COST;
      },
      onTurn: () => this.#turn?.resolve(undefined),
      onClosing: () => {
        if (!pending.isEmpty) this.#begin();
        return this.#hasBegun;
      },
      onLost: (error) => {
        pending.take();
        this.#turn?.reject(error);
        this.#flushed?.reject(error);
        this.#over.reject(error);
      },
    };
  }

  /** @internal Begins a message, when its turn comes. Aborting the signal withdraws it before that, and aborts it after. */
  static async begin(engine: EngineConnection, setup: WriterSetup): Promise<MessageWriter> {
    const { signal, onFailed } = setup;
    signal?.throwIfAborted();
    const { sender } = engine.connection;
    if (!sender.canSendMessages || !sender.admit(0)) return untilAborted(engine.ended(), signal);
    const writer = new MessageWriter(engine, setup);
    await writer.#takeTurn(signal);
    const over = writer.#over.promise;
    onAbort(signal, over, (reason) => writer.abort(reason));
    if (onFailed !== undefined) over.catch(onFailed);
    return writer;
  }

  /**
   * Sends the next piece. In text, a surrogate pair may be split over two of them.
   *
   * @param chunk - text or bytes; bytes in a text message are checked to be UTF-8
   */
  write(chunk: Chunk): Promise<void> {
    return attempt(() => {
      this.#expectOpen('write');
      if (!this.#canSend) return this.#engine.ended();
      const { sender } = this.#engine.connection;
      const before = sender.givenReferences;
      const bytes = this.#encode(chunk);
      if (bytes.length > 0 && sender.admit(bytes.length, PACKED_COST)) this.#append(bytes);
      return this.#engine.sent(before);
    });
  }

  /** Sends a piece as a frame of its own, empty ones too, however long it is. */
  writeFrame(payload: Chunk): Promise<void> {
    return attempt(() => {
      this.#expectOpen('writeFrame');
      if (!this.#canSend) return this.#engine.ended();
      const { sender } = this.#engine.connection;
      const before = sender.givenReferences;
      const bytes = this.#encode(payload);
      if (!sender.admit(bytes.length, PACKED_COST)) return this.#engine.ended();
      this.#flush();
      this.#isSealed = true;
      if (bytes.length <= PACKED_FRAME) {
        this.#keep(bytes);
        return this.#engine.sent(before);
      }
      this.#pending.refer(bytes);
      this.#scheduleFlush();
      this.#flushed = createDeferred();
      return this.#flushed.promise.then(() => this.#engine.sent(before));
    });
  }

  /**
   * Begins a frame of exactly `length` bytes, which are written to what is returned. The message goes on when they are complete; if the frame is `final`, it
   * is over then.
   *
   * @param length - up to 2^63−1, as a bigint if it is over 2^53−1
   *
   * @throws {LocalUsageError} the length is none, a frame is open, or the message is over
   */
  beginFrame(length: number | bigint, { final = false }: { readonly final?: boolean | undefined } = {}): FrameWriter {
    this.#expectOpen('beginFrame');
    checkFrameLength(length);
    const isEnd = final && length < 1;
    if (isEnd) this.#appendRest();
    const frame = new FrameWriter({
      engine: this.#engine,
      length,
      final,
      encode: (chunk, room) => this.#encode(chunk, room),
      onComplete: () => {
        if (final) this.#end();
      },
    });
    if (this.#canSend) {
      this.#flush();
      this.#begin();
      this.#engine.connection.sender.beginFrame(length, { final });
    }
    this.#frame = frame;
    if (isEnd) this.#end();
    return frame;
  }

  /** Ends the message. What is left of it goes out in its last frame. Repeating it does nothing. */
  end(): Promise<void> {
    return attempt(() => {
      const before = this.#engine.connection.sender.givenReferences;
      if (this.#fate === 'ended') return this.#engine.sent(before);
      this.#expectOpen('end');
      if (!this.#canSend) return this.#engine.ended();
      this.#appendRest();
      this.#flush('last');
      this.#end();
      return this.#engine.sent(before);
    });
  }

  /**
   * Gives the message up. If a part of it has been sent, that fails the connection (1011), for there is no other way to tell the peer; otherwise nothing
   * was sent. Repeating it does nothing.
   *
   * @param reason - becomes the `error` of the closure
   */
  abort(reason: unknown = new Error('the message was aborted')): void {
    if (this.#fate !== 'open') return;
    this.#fate = 'aborted';
    this.#pending.take();
    this.#over.reject(reason);
    this.#flushed?.reject(reason);
    const { connection } = this.#engine;
    if (this.#hasBegun && !connection.sender.withdrawMessage()) connection.fail(ourFailure(reason));
    else connection.sender.releaseTurn(this.#holder);
  }

  /**
   * Writes to this message: closing the stream ends it, aborting the stream aborts it, as does writing what cannot be written. The stream fails when the
   * message does.
   */
  get writable(): WritableStream<Chunk> {
    this.#writable ??= this.#createWritable();
    return this.#writable;
  }

  get #canSend(): boolean {
    const { connection } = this.#engine;
    return this.#hasBegun ? connection.sender.canSend : connection.sender.canSendMessages;
  }

  #expectOpen(method: string): void {
    if (this.#fate !== 'open') throw new LocalUsageError(`${method}: the message was ${this.#fate}`);
    if (this.#frame === undefined || this.#frame.remaining === 0) return;
    throw new LocalUsageError(
      `${method}: a frame is open, of which ${String(this.#frame.remaining)} bytes are to be written first`,
    );
  }

  #encode(given: Chunk, room?: Room): Uint8Array {
    const chunk = toChunk(given);
    this.#type ??= typeof chunk === 'string' ? 'text' : 'binary';
    this.#encoder ??= new ChunkEncoder(this.#type);
    return this.#encoder.encode(chunk, room);
  }

  /** Adds what the encoder has left over. */
  #appendRest(): void {
    const rest = this.#encoder?.end();
    if (rest !== undefined && rest.length > 0) this.#append(rest);
  }

  async #takeTurn(signal: AbortSignal | undefined): Promise<void> {
    const { sender } = this.#engine.connection;
    const turn = createDeferred<undefined>();
    this.#turn = turn;
    const entry = sender.takeTurn(this.#holder);
    if (entry === undefined) return;
    onAbort(signal, turn.promise, (reason) => {
      if (entry.withdraw()) turn.reject(reason);
    });
    await turn.promise;
    if (signal?.aborted !== true) return;
    // Aborted when it had the turn, but did not know.
    sender.releaseTurn(this.#holder);
    signal.throwIfAborted();
  }

  /** Adds payload. Of much, all goes out at once but the end: the message may be over with it, which its last frame has to say. */
  #append(bytes: Uint8Array): void {
    if (this.#isSealed || this.#pending.size + bytes.length > this.#largestPacked) this.#flush();
    const rest = bytes.length > PACKED_FRAME ? bytes.length - KEPT_END : 0;
    if (rest > 0) {
      this.#begin();
      this.#engine.connection.sender.sendFrames(bytes.subarray(0, rest));
    }
    this.#keep(rest === 0 ? bytes : bytes.subarray(rest));
  }

  /** Keeps a copy, until more comes or the turn of the event loop is over. */
  #keep(bytes: Uint8Array): void {
    this.#pending.add(bytes);
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(this.#flushLater);
  }

  readonly #flushLater = (): void => {
    const engine = this.#engine;
    // It would only wait elsewhere. Whoever waits with it may go on before it is flushed.
    if (engine.connection.sender.needsDrain && this.#fate === 'open') {
      engine.drained().then(() => setImmediate(this.#flushLater), ignore);
      return;
    }
    this.#isFlushScheduled = false;
    if (this.#fate === 'open') this.#flush();
  };

  /** Makes frames of what waits. */
  #flush(place?: 'last'): void {
    const { sender } = this.#engine.connection;
    const final = place === 'last';
    if (this.#pending.isEmpty && !final) return;
    const payload = this.#pending.take();
    const isSealed = this.#isSealed;
    this.#isSealed = false;
    this.#begin();
    if (isSealed) sender.sendFrame(payload, { final });
    else sender.sendFrames(payload, { final });
    this.#flushed?.resolve(undefined);
    this.#flushed = undefined;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const opcode = this.#type === 'text' ? MessageType.TEXT : MessageType.BINARY;
    this.#engine.connection.sender.beginMessage(opcode, { compress: this.#compress });
  }

  /** The message is complete. */
  #end(): void {
    this.#fate = 'ended';
    this.#over.resolve(undefined);
    this.#engine.connection.sender.releaseTurn(this.#holder);
  }

  #createWritable(): WritableStream<Chunk> {
    const orAbort = (done: Promise<void>): Promise<void> =>
      done.catch((error: unknown) => {
        // The stream calls nothing any more when this has failed.
        this.abort(error);
        throw error;
      });
    return new WritableStream({
      start: (controller: WritableStreamDefaultController) => {
        this.#over.promise.catch((reason: unknown) => controller.error(reason));
      },
      write: (chunk) => orAbort(this.write(chunk)),
      close: () => orAbort(this.end()),
      abort: (reason) => this.abort(reason),
    });
  }
}

function ignore(): void {
  // Whoever writes learns of it.
}

/** Makes an error of ours, so that the peer is told 1011, whatever went wrong elsewhere: a message of another connection may be what we send. */
function ourFailure(reason: unknown): Error {
  const error = toError(reason);
  if (!(error instanceof RemoteProtocolError)) return error;
  return new Error('the source of a message has failed', { cause: error });
}
