import { createReadable, createWritable } from '../connections/adapters/connection-streams.ts';
import type { AdaptedConnection } from '../connections/adapters/adapted-connection.ts';
import type { MessageKind, Sendable } from '../connections/sending/sendable.ts';
import { untilAborted } from '../engine/abort.ts';
import { DONE, attempt, handled } from '../engine/deferred.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import type { CloseBody, Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError, LimitExceededError, LocalUsageError } from '../protocol/base/errors.ts';
import { checkFarewell, type BrowserSendOptions, type BrowserWaitOptions } from './calls.ts';
import { collectPieces } from './collect-pieces.ts';
import { Inlet } from './inlet.ts';
import { sizeOf, type Link, type WholePayload } from './links/link.ts';
import { BrowserMessage } from './message.ts';
import type { ResolvedBrowserOptions } from './options.ts';
import { checkType, isChunk, piecesOf, toPayload } from './payload.ts';
import { SendTurns } from './send-turns.ts';
import { unavailable } from './unavailable.ts';
import { BrowserMessageWriter } from './writer.ts';

/** What a browser may not send as a close code, it says with one of the codes of applications: 4009 is 1009. */
const PRIVATE_CODES = 3000;

/**
 * One end of a WebSocket connection in a browser: messages to iterate over, and to send. It has the methods of Node's connections; what a browser cannot do
 * throws `LocalUsageError`.
 */
export class BrowserConnection<Context = unknown> implements AsyncIterable<BrowserMessage> {
  /** What `onConnect` has returned as `context`. */
  readonly context: Context;
  readonly #link: Link;
  readonly #options: ResolvedBrowserOptions;
  readonly #inlet: Inlet;
  readonly #takesMessages: boolean;
  readonly #turns = new SendTurns();
  readonly #ended = new AbortController();
  #farewell: CloseBody | undefined;
  #closure: Closure | undefined;
  #isClosing = false;
  #readable: ReadableStream<string | Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Sendable> | undefined;

  /** @internal Messages are asked for, or go to callbacks. */
  constructor(link: Link, options: ResolvedBrowserOptions, context: Context, takesMessages = { asked: true }) {
    this.#link = link;
    this.#options = options;
    this.context = context;
    this.#takesMessages = takesMessages.asked;
    this.#inlet = new Inlet(link);
    if (!options.receive) this.#inlet.ignore();
    void link.closed.then((closure) => {
      this.#closure = closure;
      this.#ended.abort(new ConnectionClosedError(closure));
    });
  }

  /**
   * What the application has closed a connection with, if it was the first to want its end.
   *
   * @internal
   */
  static farewellOf(connection: BrowserConnection): CloseBody | undefined {
    return connection.#farewell;
  }

  /**
   * Says whether an error says that a connection has ended, and no more.
   *
   * @internal
   */
  static isEndOf(connection: BrowserConnection, error: unknown): boolean {
    return error instanceof ConnectionClosedError && error.closure === connection.#closure;
  }

  /**
   * Closes a connection for a failure of this side.
   *
   * @internal
   */
  static fail(connection: BrowserConnection, code: number, error: Error | undefined): void {
    connection.#fail(code, error);
  }

  /**
   * Waits for the next message, for callbacks.
   *
   * @internal
   */
  static next(connection: BrowserConnection): Promise<WholePayload | undefined> {
    return connection.#inlet.take(undefined);
  }

  /** Where it stands: `'open'` until this side begins to close it, or it has ended. */
  get state(): 'open' | 'closing' | 'closed' {
    if (this.#closure !== undefined) return 'closed';
    return this.#isClosing ? 'closing' : 'open';
  }

  /** Empty: browsers do not tell the address of the other end. */
  get peer(): string {
    return '';
  }

  /** The subprotocol that was agreed on, or `undefined` for none. */
  get subprotocol(): string | undefined {
    return this.#link.subprotocol === '' ? undefined : this.#link.subprotocol;
  }

  /** The extensions that were agreed on, as in the header `Sec-WebSocket-Extensions`; empty for none. */
  get extensions(): string {
    return this.#link.extensions;
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  get stats(): never {
    throw unavailable('connection.stats', 'it does not show its frames');
  }

  /** Bytes that were sent and that the network has not taken. */
  get bufferedAmount(): number {
    return this.#link.bufferedAmount;
  }

  /** Aborted when the connection has ended. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** How the connection ended, when it has. Never rejects. */
  get closed(): Promise<Closure> {
    return this.#link.closed;
  }

  /** Whether more than `highWaterMark` bytes are on their way. */
  get isSlow(): boolean {
    return this.#link.bufferedAmount > this.#options.highWaterMark;
  }

  /** Waits for the next message; see `receive` of Node's connections. */
  receive({ signal }: BrowserWaitOptions = {}): Promise<BrowserMessage | undefined> {
    return attempt(() => {
      this.#expectAsking('receive');
      return handled(this.#receive(signal));
    });
  }

  /**
   * Waits for the next message where there must be one.
   *
   * @throws {ConnectionClosedError} the connection has ended, and its messages with it
   */
  expectMessage({ signal }: BrowserWaitOptions = {}): Promise<BrowserMessage> {
    return attempt(() => {
      this.#expectAsking('expectMessage');
      return handled(this.#expectMessage(signal));
    });
  }

  /** Iterates over the messages. A loop that is left closes the connection (1000). */
  async *[Symbol.asyncIterator](): AsyncGenerator<BrowserMessage, undefined> {
    this.#expectAsking('iterating');
    try {
      for (let message = await this.#receive(); message !== undefined; message = await this.#receive()) yield message;
    } finally {
      if (this.state === 'open') setTimeout(() => void this.close());
    }
    return undefined;
  }

  /** Has messages dropped from now on. Repeating it does nothing. */
  ignoreMessages(): void {
    this.#inlet.ignore();
  }

  /**
   * Sends one message. What comes in pieces is collected first, up to `maxBufferedAmount`, as browsers send messages whole.
   *
   * @returns when no more than `highWaterMark` is on its way
   *
   * @throws {ConnectionClosedError} the connection has ended, or is closing
   * @throws {LocalUsageError} the data are nothing that can be sent
   * @throws {LimitExceededError} too much waits to be sent
   */
  send(data: Sendable, { type, signal }: BrowserSendOptions = {}): Promise<void> {
    return attempt(() => {
      checkType(type);
      signal?.throwIfAborted();
      if (!isChunk(data)) return handled(this.#sendPieces(piecesOf(data), type, signal));
      const payload = toPayload(data, type);
      return handled(this.#turns.areFree ? this.#give(payload) : this.#sendInTurn(payload, signal));
    });
  }

  /**
   * Waits until the connection is no longer slow: until all that was sent has left.
   *
   * @throws {ConnectionClosedError} the connection has ended before
   */
  drained({ signal }: BrowserWaitOptions = {}): Promise<void> {
    return handled(untilAborted(this.isSlow ? this.#untilBelow(0) : DONE, signal));
  }

  /** Begins a message that is written piece by piece, when its turn comes, and goes out when it is ended. */
  beginMessage(type: MessageKind, { signal }: BrowserWaitOptions = {}): Promise<BrowserMessageWriter> {
    return attempt(() => {
      checkType(type);
      return handled(this.#beginMessage(type, signal));
    });
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  ping(): Promise<number> {
    return attempt(() => {
      throw unavailable('connection.ping', 'pages cannot send pings');
    });
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  duplex(): never {
    throw unavailable('connection.duplex', 'it has no streams of Node; there are readable and writable');
  }

  /** The messages that come, text as strings and all else as bytes. The same stream each time. */
  get readable(): ReadableStream<string | Uint8Array<ArrayBuffer>> {
    this.#expectAsking('readable');
    this.#readable ??= createReadable(this.#adapted);
    return this.#readable;
  }

  /** Sends what is written, each chunk as a message. Closing it closes the connection (1000). The same stream each time. */
  get writable(): WritableStream<Sendable> {
    this.#writable ??= createWritable(this.#adapted);
    return this.#writable;
  }

  /**
   * Starts the closing handshake, behind what was sent. Repeating it waits for the same.
   *
   * @param code - 1000, or 3000 to 4999: browsers take no other
   * @param reason - at most 123 bytes of UTF-8
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long
   */
  close(code: number = CloseCode.NORMAL_CLOSURE, reason = ''): Promise<Closure> {
    return attempt(() => {
      checkFarewell(code, reason);
      if (this.state === 'open') {
        this.#farewell = { code, reason };
        this.#close(code, reason, 'application');
      }
      return this.closed;
    });
  }

  /** Gives the connection up: `closed` settles at once. The browser says goodbye on its own. */
  drop(): void {
    this.#isClosing = true;
    this.#link.drop();
  }

  /** Closes the connection, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(signal?: AbortSignal): Promise<BrowserMessage | undefined> {
    const payload = await this.#inlet.take(signal);
    if (payload === undefined) return undefined;
    const { maxMessageSize } = this.#options;
    return new BrowserMessage(payload, {
      maxMessageSize,
      fail: (error) => this.#fail(CloseCode.MESSAGE_TOO_BIG, error),
    });
  }

  async #expectMessage(signal: AbortSignal | undefined): Promise<BrowserMessage> {
    const message = await this.#receive(signal);
    if (message === undefined) throw new ConnectionClosedError(await this.closed);
    return message;
  }

  /** Gives a message to the browser. */
  #give(payload: WholePayload): Promise<void> {
    if (this.state !== 'open') return this.#whenClosed();
    const { highWaterMark, maxBufferedAmount } = this.#options;
    const size = this.#link.bufferedAmount + sizeOf(payload);
    if (this.isSlow && size > maxBufferedAmount) {
      const advice = 'wait for what send returns';
      const error = new LimitExceededError({ option: 'maxBufferedAmount', limit: maxBufferedAmount, size, advice });
      this.#fail(CloseCode.POLICY_VIOLATION, error);
      throw error;
    }
    this.#link.send(payload);
    return this.isSlow ? this.#untilBelow(highWaterMark) : DONE;
  }

  async #sendInTurn(payload: WholePayload, signal: AbortSignal | undefined): Promise<void> {
    const done = await this.#takeTurn(signal);
    try {
      await this.#give(payload);
    } finally {
      done();
    }
  }

  /** Sends a message that comes in pieces. If the connection ends meanwhile, or the signal is aborted, nobody waits for the next piece. */
  async #sendPieces(
    pieces: AsyncIterable<unknown> | Iterable<unknown>,
    type: MessageKind | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const over = await this.#takeTurn(signal);
    const givingUp = new AbortController();
    const create = (ofFirst: MessageKind): BrowserMessageWriter => this.#createWriter(type ?? ofFirst, over);
    try {
      const collecting = untilAborted(collectPieces(pieces, create, givingUp.signal), signal);
      await Promise.race([collecting, this.#whenClosed()]);
    } catch (error) {
      givingUp.abort(error);
      throw error;
    } finally {
      over();
    }
  }

  async #beginMessage(type: MessageKind, signal: AbortSignal | undefined): Promise<BrowserMessageWriter> {
    const writer = this.#createWriter(type, await this.#takeTurn(signal));
    const abort = (): void => writer.abort();
    signal?.addEventListener('abort', abort, { once: true });
    void this.closed.then(abort);
    return writer;
  }

  #createWriter(type: MessageKind, over: () => void): BrowserMessageWriter {
    const { maxBufferedAmount } = this.#options;
    return new BrowserMessageWriter(type, { maxBufferedAmount, send: (payload) => this.#give(payload), over });
  }

  /** Waits for the turn; whoever gives up waiting does not hold up the others. */
  async #takeTurn(signal: AbortSignal | undefined): Promise<() => void> {
    if (this.state !== 'open') await this.#whenClosed();
    const turn = this.#turns.take();
    try {
      return await Promise.race([untilAborted(turn, signal), this.#whenClosed()]);
    } catch (error) {
      void turn.then((done) => done());
      throw error;
    }
  }

  async #untilBelow(amount: number): Promise<void> {
    await this.#link.untilBelow(amount);
    if (this.#link.bufferedAmount > amount) await this.#whenClosed();
  }

  async #whenClosed(): Promise<never> {
    throw new ConnectionClosedError(await this.closed);
  }

  #fail(code: number, error: Error | undefined): void {
    if (this.state === 'open') this.#close(code + PRIVATE_CODES, '', 'engine', error);
  }

  #close(code: number, reason: string, initiator: 'application' | 'engine', error?: Error): void {
    this.#isClosing = true;
    this.#link.close({ code, reason, initiator, error });
    const { closeTimeout } = this.#options;
    if (closeTimeout === Infinity) return;
    const timer = setTimeout(() => this.#link.drop(), closeTimeout);
    void this.closed.then(() => clearTimeout(timer));
  }

  get #adapted(): AdaptedConnection {
    return {
      receive: () => this.receive(),
      send: (data, options) => this.send(data, options),
      close: (code) => this.close(code),
      fail: (error) => this.#fail(CloseCode.INTERNAL_ERROR, error),
      closed: this.closed,
    };
  }

  #expectAsking(method: string): void {
    if (this.#takesMessages) return;
    throw new LocalUsageError(`${method}: the messages of this connection go to callbacks`);
  }
}
