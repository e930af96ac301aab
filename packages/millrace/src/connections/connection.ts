import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import { checkOptions } from '../protocol/base/checks.ts';
import { ConnectionClosedError, LocalUsageError } from '../protocol/base/errors.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import type { ClosingState } from '../protocol/connection/closing.ts';
import type { ConnectionStats } from '../protocol/connection/host.ts';
import { PreparedMessage } from '../protocol/send/prepared-message.ts';
import type { AdaptedConnection } from './adapters/adapted-connection.ts';
import { createDuplex, type DuplexOptions } from './adapters/connection-duplex.ts';
import { createReadable, createWritable } from './adapters/connection-streams.ts';
import { untilAborted } from '../engine/abort.ts';
import { attempt, handled } from '../engine/deferred.ts';
import type { EngineConnection } from '../engine/engine-connection.ts';
import {
  BEGIN_OPTION_NAMES,
  SEND_OPTION_NAMES,
  type BeginOptions,
  type SendOptions,
  type WaitOptions,
} from './call-options.ts';
import type { Inbox } from './receiving/inbox.ts';
import { MessageWriter } from './sending/message-writer.ts';
import type { ReceivedMessage } from './receiving/received-message.ts';
import { toPrepared } from './sending/prepare-message.ts';
import {
  checkCompress,
  checkType,
  isChunk,
  toWholeMessage,
  type MessageKind,
  type Sendable,
} from './sending/sendable.ts';
import { sendStream } from './sending/stream-sending.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/**
 * One end of a WebSocket connection: messages to iterate over, and to send.
 *
 * Every promise settles at the latest when the connection has ended, and none has to be looked at: how it ended is in {@link closed}, too.
 */
export class WebSocketConnection<Context = unknown> implements AsyncIterable<ReceivedMessage> {
  static {
    // Neither messages, nor what the application keeps in `context`.
    showFacts<WebSocketConnection>(this, (shown) => {
      const { made, closure } = shown.#engine;
      const { state, peer, subprotocol, extensions, bufferedAmount, stats } = shown;
      const facts = { role: made.role, state, peer, subprotocol, extensions, bufferedAmount, stats };
      return closure === undefined ? facts : { ...facts, closure };
    });
  }

  /** What `onConnect` has returned as `context`. */
  readonly context: Context;
  readonly #engine: EngineConnection;
  readonly #inbox: Inbox | undefined;
  #readable: ReadableStream<string | Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Sendable> | undefined;

  /** @internal */
  constructor(engine: EngineConnection, inbox: Inbox | undefined, context: Context) {
    this.#engine = engine;
    this.#inbox = inbox;
    this.context = context;
  }

  /**
   * Gives the engine's side of a connection, for what sends to many.
   *
   * @internal
   */
  static engineOf(connection: WebSocketConnection): EngineConnection {
    if (#engine in connection) return connection.#engine;
    throw new LocalUsageError(
      'this is no connection of this copy of millrace: another one has made it, so two are installed (npm ls millrace)',
    );
  }

  // What it is

  /** Where it stands: `'open'` until one side begins to close it. */
  get state(): 'open' | 'closing' | 'closed' {
    return STATES[this.#engine.connection.state];
  }

  /** Address of the other end, such as `192.0.2.1:50000`; empty where it has none. */
  get peer(): string {
    return this.#engine.made.peer;
  }

  /** The subprotocol that was agreed on, or `undefined` for none. */
  get subprotocol(): string | undefined {
    return this.#engine.made.subprotocol;
  }

  /** The extensions that were agreed on, as in the header `Sec-WebSocket-Extensions`; empty for none. */
  get extensions(): string {
    return this.#engine.made.extensions;
  }

  /** Counters since the opening handshake. */
  get stats(): ConnectionStats {
    return this.#engine.connection.stats;
  }

  /** Bytes that were sent and not written yet, wherever they wait: for their turn, for a frame, for the socket. 0 when the connection has ended. */
  get bufferedAmount(): number {
    return this.#engine.bufferedAmount;
  }

  /**
   * Fires when the connection has ended, in a shutdown of the server too: for jobs that are of no use then. Its reason is the `ConnectionClosedError`, which a
   * handler may throw on.
   */
  get signal(): AbortSignal {
    return this.#engine.signal;
  }

  /** How the connection ended, when it has. Never rejects. */
  get closed(): Promise<Closure> {
    return this.#engine.closed;
  }

  /** Whether more than `highWaterMark` bytes are on their way to the peer, or wait for their turn, or have not all left since. {@link drained} waits for the end of that. */
  get isSlow(): boolean {
    return this.#engine.connection.sender.isSlow;
  }

  // Receiving

  /**
   * Waits for the next message: for its beginning, as its payload is read from what is returned. It is there when the message before it was read to its
   * end; one that nobody has begun to read is discarded.
   *
   * While nobody asks, no more than `readAhead` bytes are received.
   *
   * @returns `undefined` when the connection has ended, and its messages with it: this side has closed it, or the peer has with 1000, 1001 or no code
   *
   * @throws {ConnectionClosedError} the connection has ended otherwise: there may be messages that did not come
   * @throws {LocalUsageError} messages go to callbacks
   */
  receive({ signal }: WaitOptions = {}): Promise<ReceivedMessage | undefined> {
    return attempt(() => this.#expectInbox('receive').receive(signal));
  }

  /**
   * Waits for the next message as {@link receive} does, where there must be one, such as the answer to a question: that the connection has ended is an error,
   * however it has.
   *
   * @throws {ConnectionClosedError} the connection has ended, and its messages with it
   * @throws {LocalUsageError} messages go to callbacks
   *
   * @example
   * await connection.send(question);
   * const answer = await (await connection.expectMessage()).text();
   */
  expectMessage(options?: WaitOptions): Promise<ReceivedMessage> {
    return handled(this.#expectMessage(options));
  }

  /**
   * Iterates over the messages, as {@link receive} gives them. A loop that is left closes the connection (1000). Several loops share the messages.
   *
   * It ends where {@link receive} gives `undefined`, and fails where that does. A peer that goes away (1001) ends it, too: {@link closed} tells why.
   */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage, undefined> {
    const inbox = this.#expectInbox('iterating');
    let hasBegun = false;
    let last: ReceivedMessage | undefined;
    const take = (message: ReceivedMessage | undefined): IteratorResult<ReceivedMessage, undefined> => {
      last = message;
      return message === undefined ? END : { done: false, value: message };
    };
    /** Only its own: other loops may share the messages. */
    const leaveLast = (): void => {
      if (last === undefined) return;
      if (!last.bodyUsed) last.discard();
      inbox.loopReturned(last);
      last = undefined;
    };
    return {
      next: () => {
        if (!hasBegun) inbox.beginLoop();
        hasBegun = true;
        leaveLast();
        // What is there already is not worth a second promise.
        const message = inbox.takeForLoop();
        return message === undefined ? inbox.nextForLoop(take) : Promise.resolve(take(message));
      },
      return: () => {
        leaveLast();
        // It cannot tell a loop that is left from one that has thrown, for which the connection may be about to fail.
        setImmediate(() => void this.close());
        return Promise.resolve(END);
      },
    };
  }

  /**
   * Has messages read and dropped from now on, those that wait too: for an application that only sends. Otherwise, as nobody asks for what the peer sends, nothing
   * more would be read of it at some point, not even its Close. Limits and keepalive hold as before. Repeating it does nothing.
   */
  ignoreMessages(): void {
    this.#engine.connection.ignoreMessages();
  }

  // Sending

  /**
   * Sends one message. Messages go out in the order of the calls; one that comes in pieces has the connection to itself until it is complete.
   *
   * @param data - text, bytes in any view, a `Blob`, an iterable or stream of text or bytes, whose length need not be known, or what `prepareMessage` has made
   *
   * @returns when the bytes are yours again, and no more than `highWaterMark` is on its way: whoever waits for it sends no faster than the peer reads. Bytes
   *   must not be changed, and their buffer not be transferred, before that
   *
   * @throws {ConnectionClosedError} the connection has ended, or is closing
   * @throws {LocalUsageError} the data are nothing that can be sent, or bytes to be sent as text are not UTF-8
   */
  send(data: Sendable | PreparedMessage, options?: SendOptions): Promise<void> {
    if (options === undefined) {
      if (typeof data === 'string') return this.#engine.send(data, MessageType.TEXT);
      if (data instanceof Uint8Array) return this.#engine.send(data, MessageType.BINARY);
    }
    return attempt(() => this.#send(data, options ?? {}));
  }

  /**
   * Waits until the connection is no longer slow ({@link isSlow}): until all that was sent has left.
   *
   * @throws {ConnectionClosedError} the connection has ended before
   */
  drained({ signal }: WaitOptions = {}): Promise<void> {
    return untilAborted(this.#engine.whileSlow(), signal);
  }

  /**
   * Begins a message that is written piece by piece, when its turn comes. Other messages wait until it is ended.
   *
   * @throws {ConnectionClosedError} the connection has ended, or is closing
   */
  beginMessage(type: MessageKind, options: BeginOptions = {}): Promise<MessageWriter> {
    return attempt(() => {
      checkOptions('beginMessage', options, BEGIN_OPTION_NAMES);
      const { signal, compress = false } = options;
      checkType(type);
      checkCompress(compress);
      return handled(MessageWriter.begin(this.#engine, { type, signal, compress }));
    });
  }

  /**
   * Sends a ping, and waits for its pong, which is noticed ahead of messages that wait, as long as these are not more than `readAhead`.
   *
   * @returns the time between the two, in milliseconds
   *
   * @throws {ConnectionClosedError} the connection has ended before
   */
  ping({ signal }: WaitOptions = {}): Promise<number> {
    return this.#engine.ping(signal);
  }

  // As streams

  /**
   * Makes a stream of Node of it: of bytes, or of messages. It reads and sends in place of its maker: nobody else may receive.
   *
   * - Writing waits as {@link send} does, and what was written must not be changed.
   * - There is no half-close in WebSocket. `end()` closes the connection (1000) when all was sent; what comes after that, the peer has sent before it saw it, and
   *   what nobody reads by then is discarded. `'finish'` says that the peer has answered: it has received all.
   * - When the connection was closed with 1000, or without a code, the stream ends. When it was closed with another code, or was lost, the stream fails with
   *   `ConnectionClosedError` behind what came, so that what is incomplete does not look complete.
   * - `destroy()` closes the connection with 1001, as does a loop that is left; `destroy(error)` fails it with 1011 and `error` in the closure. Neither waits for
   *   its end.
   * - Unlike with other streams, an error that nobody listens to does not end the process; the closure has it.
   *
   * @throws {LocalUsageError} messages go to callbacks, or an option has a value that it cannot have
   */
  duplex(options?: DuplexOptions): Duplex {
    this.#expectInbox('duplex');
    return createDuplex(this.#adapted, options);
  }

  /**
   * The messages that come, text as strings and all else as bytes, each of at most `maxMessageSize` bytes. The next is received when it is asked for. The
   * stream ends and fails as iterating does; cancelling it closes the connection (1000). It is the same stream each time.
   *
   * @throws {LocalUsageError} messages go to callbacks
   */
  get readable(): ReadableStream<string | Uint8Array<ArrayBuffer>> {
    this.#expectInbox('readable');
    this.#readable ??= createReadable(this.#adapted);
    return this.#readable;
  }

  /**
   * Sends what is written, each chunk as a message, as {@link send} does. Closing the stream closes the connection (1000), and waits for its end; aborting it
   * fails the connection (1011). When the connection ends, the stream fails with `ConnectionClosedError`. It is the same stream each time.
   */
  get writable(): WritableStream<Sendable> {
    this.#writable ??= createWritable(this.#adapted);
    return this.#writable;
  }

  // Ending

  /**
   * Starts the closing handshake. What was sent goes out first; a message that is being written may be ended until `closeTimeout`. Repeating it waits for the
   * same.
   *
   * @param code - 1000 to 1003, 1007 to 1014, or 3000 to 4999
   * @param reason - at most 123 bytes of UTF-8
   *
   * @returns how the connection ended
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long
   */
  close(code: number = CloseCode.NORMAL_CLOSURE, reason = ''): Promise<Closure> {
    return attempt(() => this.#engine.close(code, reason));
  }

  /** Ends the transport now, without any handshake. */
  drop(): void {
    this.#engine.connection.drop();
  }

  /** Closes the connection, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(data: Sendable | PreparedMessage, options: SendOptions): Promise<void> {
    checkOptions('send', options, SEND_OPTION_NAMES);
    const { type, signal, compress } = options;
    if (data instanceof PreparedMessage) {
      return this.#engine.sendPrepared(toPrepared(data, options), signal);
    }
    checkCompress(compress);
    if (isChunk(data)) {
      const { payload, opcode } = toWholeMessage(data, type);
      return this.#engine.send(payload, opcode, signal, compress);
    }
    checkType(type);
    return handled(sendStream(this.#engine, { data, type, signal, compress }));
  }

  get #adapted(): AdaptedConnection {
    return {
      receive: () => this.receive(),
      send: (data, options) => this.send(data, options),
      close: (code) => this.close(code),
      fail: (error) => this.#engine.connection.fail(error),
      closed: this.closed,
    };
  }

  async #expectMessage(options: WaitOptions | undefined): Promise<ReceivedMessage> {
    const message = await this.#expectInbox('expectMessage').receive(options?.signal);
    if (message === undefined) throw new ConnectionClosedError(await this.closed);
    return message;
  }

  #expectInbox(method: string): Inbox {
    if (this.#inbox !== undefined) return this.#inbox;
    throw new LocalUsageError(`${method}: the messages of this connection go to callbacks`);
  }
}

const STATES: Readonly<Record<ClosingState, 'open' | 'closing' | 'closed'>> = {
  open: 'open',
  closing: 'closing',
  closeSent: 'closing',
  closeReceived: 'open',
  answering: 'closing',
  closeDone: 'closing',
  failing: 'closing',
  failed: 'closing',
  closed: 'closed',
};

const END = { done: true, value: undefined } as const;
