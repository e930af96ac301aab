import type { ConnectionMade } from '../engine/engine-connection.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { MessageType, Opcode } from '../protocol/base/opcode.ts';
import { NO_STATS, type ConnectionStats } from '../protocol/connection/host.ts';
import { HoldReason } from '../protocol/receive/read-ahead.ts';
import type { PreparedMessage } from '../protocol/send/prepared-message.ts';
import type { FrameFormat } from '../protocol/send/message-output.ts';
import { checkBoolean, checkNumber, checkObject, checkString } from '../protocol/base/checks.ts';
import type { WebSocketFactory } from './factory.ts';
import { CONTROL_HOOKS, FRAME_HOOKS, READY_STATES, STREAMING_HOOKS } from './hooks.ts';
import { ReadyState, type HookResult, type Hooks } from './hooks.ts';
import { checkBytes, checkPrepared, checkText } from './payload.ts';
import { checkProducer, type Producer } from './producer-registration.ts';
import type { BeginMessageOptions, SendFrameOptions, SendMessageOptions } from './send-options.ts';
import { ProtocolSession, type SessionOwner } from './session.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/**
 * One end of a connection, as a class to derive from: it is called by its hooks, and sends by its methods.
 *
 * Messages reach the hooks at three levels. The default body of each hook feeds the level above it, so that the lowest one
 * that is overridden decides what is buffered: `onMessage` gets whole messages; `onMessageFrame` with `onMessageEnd`, frames;
 * `onMessageFrameData` with `onMessageFrameEnd` and `onMessageEnd`, bytes as they arrive, and nothing is buffered.
 *
 * Each hook may return a promise; receiving waits for it. What a hook throws, or rejects with, fails the connection with 1011.
 *
 * Methods that send do nothing while the connection is not open.
 */
export abstract class WebSocketProtocol<Factory extends WebSocketFactory = WebSocketFactory> implements Hooks {
  static {
    // What a subclass has added, too.
    showFacts<WebSocketProtocol>(this, (shown) => {
      const { state, bufferedAmount, stats } = shown;
      return { state, bufferedAmount, stats, ...Object.fromEntries(Object.entries(shown)) };
    });
  }

  #factory: Factory | undefined;
  #session: ProtocolSession | undefined;

  // What it is

  /**
   * The factory that it belongs to.
   *
   * @throws {LocalUsageError} there is none yet: in the constructor
   */
  get factory(): Factory {
    if (this.#factory === undefined) throw new LocalUsageError('factory: there is none yet in the constructor');
    return this.#factory;
  }

  /** One of {@link ReadyState}. */
  get state(): ReadyState {
    return this.#session === undefined ? ReadyState.CONNECTING : READY_STATES[this.#session.connection.state];
  }

  /** Address of the other end, such as `192.0.2.1:50000`; empty where it has none. */
  get peer(): string {
    return this.#session?.engine.made.peer ?? '';
  }

  /** The subprotocol that was agreed on, or `undefined` for none. */
  get subprotocol(): string | undefined {
    return this.#session?.engine.made.subprotocol;
  }

  /** The extensions that were agreed on, as in the header `Sec-WebSocket-Extensions`; empty for none. */
  get extensions(): string {
    return this.#session?.engine.made.extensions ?? '';
  }

  /** Bytes that were sent and not written yet: by us, or by the socket. */
  get bufferedAmount(): number {
    return this.#session?.engine.bufferedAmount ?? 0;
  }

  /** Whether more than `highWaterMark` bytes are on their way, or wait for their turn, or have not all left since. `false` before {@link onOpen}. */
  get isSlow(): boolean {
    return this.#session?.connection.sender.isSlow ?? false;
  }

  /** Waits until the connection is no longer slow ({@link isSlow}). Fails with `ConnectionClosedError` if it ends before. */
  drained(): Promise<void> {
    return this.#session?.engine.whileSlow() ?? Promise.resolve();
  }

  /** How the connection ended, when it has: never rejects. `undefined` before {@link onOpen}. */
  whenClosed(): Promise<Closure> | undefined {
    return this.#session?.engine.closed;
  }

  /** Counters since the opening handshake. */
  get stats(): ConnectionStats {
    return this.#session?.connection.stats ?? NO_STATS;
  }

  /** How the connection ended, in full; `undefined` before. */
  get closure(): Closure | undefined {
    return this.#session?.engine.closure;
  }

  // Hooks: the connection

  /** The connection is open; now it can send. */
  onOpen(): HookResult {}

  /**
   * The connection is over. Called exactly once after {@link onOpen}, and never without it.
   *
   * @param wasClean - whether the closing handshake was completed
   * @param code - of the peer's Close; 1005 if it had none, 1006 if there was no clean end
   * @param reason - of the peer's Close; for 1006, what we know of the cause
   */
  onClose(wasClean: boolean, code: number, reason: string): HookResult;
  onClose(): HookResult {}

  /** All that was sent has left, after {@link sendMessage} or another method returned `false` or a producer was paused. */
  onDrain(): HookResult {}

  // Hooks: messages, from the wire upwards

  /**
   * A message begins.
   *
   * @param opcode - one of {@link MessageType}, or a data opcode that `extensionPoints` claims
   */
  onMessageBegin(opcode: number): HookResult;
  onMessageBegin(): HookResult {}

  /**
   * A frame of the message begins.
   *
   * @param length - of its payload, in bytes; above 2^53 rounded
   * @param reserved - its reserved bits, as a three-bit number
   */
  onMessageFrameBegin(length: number, reserved: number): HookResult;
  onMessageFrameBegin(): HookResult {}

  /**
   * Payload of the frame arrived. By default, it is collected for {@link onMessageFrame}.
   *
   * @param payload - at least one byte, also of text; yours for good, or with the option `lendPayload` until you return
   */
  onMessageFrameData(payload: Uint8Array): HookResult {
    this.#session?.assembly.appendData(payload);
  }

  /** The frame is complete. By default, {@link onMessageFrame} is called with what was collected. */
  onMessageFrameEnd(): HookResult {
    const assembly = this.#session?.assembly;
    if (assembly !== undefined) return this.onMessageFrame(assembly.takeFrame(), assembly.reserved);
  }

  /**
   * A whole frame arrived. By default, it is collected for {@link onMessage}.
   *
   * @param payload - also of text; yours for good
   * @param reserved - its reserved bits, as a three-bit number
   */
  onMessageFrame(payload: Uint8Array, reserved: number): HookResult;
  onMessageFrame(payload: Uint8Array): HookResult {
    this.#session?.assembly.appendFrame(payload);
  }

  /** The message is complete. By default, {@link onMessage} is called with what was collected. */
  onMessageEnd(): HookResult {
    const assembly = this.#session?.assembly;
    if (assembly !== undefined) return this.onMessage(assembly.takeMessage(), assembly.isBinary);
  }

  /**
   * A whole message arrived.
   *
   * @param payload - text as a string, all else as bytes; yours for good
   * @param isBinary - whether it is anything but text
   */
  onMessage(payload: string | Uint8Array, isBinary: boolean): HookResult;
  onMessage(): HookResult {}

  // Hooks: control frames

  /**
   * A ping arrived. By default, the engine answers it with a pong, in time (RFC 6455 §5.5.2). A class that has an `onPing` of its own when the connection
   * opens answers itself, with `super.onPing(payload)` for one; it is called behind the messages that came before.
   */
  onPing(payload: Uint8Array): HookResult {
    this.#session?.connection.sender.sendAutomaticPong(payload);
  }

  /** A pong arrived, asked for or not. */
  onPong(payload: Uint8Array): HookResult;
  onPong(): HookResult {}

  /** A control frame arrived whose opcode `extensionPoints` claims. */
  onControlFrame(opcode: number, payload: Uint8Array, reserved: number): HookResult;
  onControlFrame(): HookResult {}

  // Sending messages

  /**
   * Sends a message. While another is open, it waits for the end of that one.
   *
   * @param payload - text, or bytes, which must not change until they are sent
   *
   * @returns `false` when more than `highWaterMark` bytes wait to be written: better send no more before {@link onDrain}. Also when the
   *   connection is not open, and nothing was sent
   *
   * @throws {LocalUsageError} the payload is neither text nor bytes, or bytes to be sent as text are not UTF-8
   */
  sendMessage(payload: string | Uint8Array, options: SendMessageOptions = {}): boolean {
    checkObject('options', options);
    const { binary = typeof payload !== 'string', fragmentSize, compress } = options;
    checkBoolean('binary', binary);
    checkBoolean('compress', compress);
    if (typeof payload !== 'string') checkBytes(payload);
    if (typeof payload !== 'string' && !binary) checkText(payload);
    const opcode = binary ? MessageType.BINARY : MessageType.TEXT;
    return this.#session?.connection.sender.sendMessage(payload, { opcode, fragmentSize, compress }) ?? false;
  }

  /**
   * Sends a message that the factory has framed. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} it is no prepared message
   */
  sendPreparedMessage(prepared: PreparedMessage): boolean {
    checkPrepared(prepared);
    return this.#session?.connection.sender.sendPreparedMessage(prepared) ?? false;
  }

  /**
   * Opens a message, whose frames follow.
   *
   * @param opcode - one of {@link MessageType}, or a data opcode that `extensionPoints` claims
   *
   * @throws {LocalUsageError} a message is open, or the opcode is none of a message
   */
  beginMessage(opcode: number = MessageType.TEXT, options: BeginMessageOptions = {}): void {
    checkObject('options', options);
    checkBoolean('compress', options.compress);
    const { compress = false } = options;
    this.#session?.connection.sender.beginMessage(opcode, { compress });
  }

  /**
   * Sends a whole frame of the open message. Results are those of {@link sendMessage}.
   *
   * @throws {LocalUsageError} no message is open, a frame is, the payload is not bytes, or a reserved bit is not claimed
   */
  sendMessageFrame(payload: Uint8Array, options: SendFrameOptions = {}): boolean {
    checkBytes(payload);
    return this.#session?.connection.sender.sendFrame(payload, toFormat(options)) ?? false;
  }

  /**
   * Ends the open message: by an empty final frame, unless its last frame said `final`.
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  endMessage(): void {
    this.#session?.connection.sender.endMessage();
  }

  /**
   * Opens a frame of exactly `length` bytes, which {@link sendMessageFrameData} sends. It ends by itself when they are sent; one of length 0 at
   * once.
   *
   * @param length - in bytes, up to 2^63−1: as a bigint, if it is over 2^53−1
   *
   * @throws {LocalUsageError} no message is open, a frame is, the length is not one, or a reserved bit is not claimed
   */
  beginMessageFrame(length: number | bigint, options: SendFrameOptions = {}): void {
    this.#session?.connection.sender.beginFrame(length, toFormat(options));
  }

  /**
   * Sends payload of the open frame.
   *
   * @returns how many bytes are missing to complete the frame; 0 if it is complete; less if it is complete, and that many bytes of `payload`
   *   were not taken. When nothing can be sent any more, what was missing before
   *
   * @throws {LocalUsageError} no frame is open, or the payload is not bytes
   */
  sendMessageFrameData(payload: Uint8Array): number {
    checkBytes(payload);
    return this.#session?.connection.sender.sendFrameData(payload) ?? 0;
  }

  // Sending control frames

  /**
   * Sends a ping at the next end of a frame.
   *
   * @param payload - at most 125 bytes, which the pong brings back
   *
   * @throws {LocalUsageError} the payload is too long
   */
  sendPing(payload?: Uint8Array): boolean {
    return this.#sendControl(Opcode.PING, payload, 0);
  }

  /** Sends a pong at the next end of a frame; an older one that still waits there is replaced. Otherwise as {@link sendPing}. */
  sendPong(payload?: Uint8Array): boolean {
    return this.#sendControl(Opcode.PONG, payload, 0);
  }

  /**
   * Sends a control frame with an opcode that `extensionPoints` claims, or a ping or pong with reserved bits.
   *
   * @throws {LocalUsageError} the opcode or a bit is not claimed, or the payload is over 125 bytes
   */
  sendControlFrame(opcode: number, payload: Uint8Array, reserved = 0): boolean {
    checkNumber('opcode', opcode);
    return this.#sendControl(opcode, payload, reserved);
  }

  /**
   * Starts the closing handshake: what was sent before goes out first, then Close. Repeating it does nothing.
   *
   * @param code - 1000–1003, 1007–1014 or 3000–4999; without it, the Close says nothing
   * @param reason - at most 123 bytes of UTF-8
   *
   * @throws {LocalUsageError} the code may not be sent, or the reason is too long or comes without a code
   */
  sendClose(code?: number, reason?: string): void {
    if (code !== undefined) checkNumber('close code', code);
    checkString('close reason', reason);
    this.#session?.connection.close(code, reason);
  }

  /** Ends the transport now, without any handshake. */
  dropConnection(): void {
    this.#session?.connection.drop();
  }

  // Flow control

  /**
   * Registers a producer, which from now on is told when to send.
   *
   * @param streaming - `true` for a push producer, which sends until it is paused, `false` for a pull producer, which is resumed once for each
   *   piece. If the connection is not open any more, it is stopped at once
   *
   * @throws {LocalUsageError} another one is registered, it lacks a method, or the connection is not open yet
   */
  registerProducer(producer: Producer, streaming: boolean): void {
    checkProducer(producer, streaming);
    if (this.#session === undefined) throw new LocalUsageError('registerProducer: the connection is not open yet');
    this.#session.registerProducer(producer, streaming);
  }

  /** Takes the registered producer away, if there is one. */
  unregisterProducer(): void {
    this.#session?.unregisterProducer();
  }

  /** Stops receiving, at once: no hook for messages or control frames is called. What comes meanwhile waits, up to `readAhead`. */
  pauseReceiving(): void {
    this.#session?.connection.hold(HoldReason.PAUSE);
  }

  /** Goes on with receiving after {@link pauseReceiving}. */
  resumeReceiving(): void {
    this.#session?.connection.release(HoldReason.PAUSE);
  }

  // For the factory

  /** Tells it where it belongs; called once, by the factory. */
  setFactory(factory: Factory): void {
    this.#factory = factory;
  }

  /** Gives it its connection, and what came right behind the opening handshake; called once, by the factory. */
  makeConnection(made: ConnectionMade, owner: SessionOwner, head: Uint8Array): void {
    const isOverridden = (hook: keyof Hooks): boolean => this[hook] !== WebSocketProtocol.prototype[hook];
    const aboveStreaming = FRAME_HOOKS.some(isOverridden) ? 'frame' : 'message';
    this.#session = new ProtocolSession(made, owner, this, {
      level: STREAMING_HOOKS.some(isOverridden) ? 'streaming' : aboveStreaming,
      collectsData: !isOverridden('onMessageFrameData'),
      controls: new Set(CONTROL_HOOKS.filter(isOverridden)),
    });
    this.#session.start(head);
  }

  #sendControl(opcode: number, payload: Uint8Array | undefined, reserved: number): boolean {
    if (payload !== undefined) checkBytes(payload);
    return this.#session?.connection.sender.sendControlFrame(opcode, payload, reserved) ?? false;
  }
}

function toFormat(options: SendFrameOptions): FrameFormat {
  checkObject('options', options);
  checkBoolean('final', options.final);
  return { reservedBits: options.reserved, final: options.final };
}
