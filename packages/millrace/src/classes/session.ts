import type { Closure } from '../protocol/base/closure.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { isPromise } from '../protocol/base/promise.ts';
import type { Connection } from '../protocol/connection/connection.ts';
import type { FrameHandler, MessageHandler, Receiver, StreamingHandler } from '../protocol/receive/handlers.ts';
import type { ControlHooks } from '../protocol/receive/read-ahead.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import { EngineConnection, type ConnectionMade, type ConnectionUser } from '../engine/engine-connection.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import type { HookResult, Hooks } from './hooks.ts';
import { MessageAssembly } from './message-assembly.ts';
import { ProducerRegistration, type Producer } from './producer-registration.ts';

/** Learns of its connections, each by its protocol instance. */
export interface SessionOwner {
  /** A hook threw an error, or rejected with it. */
  onHookError(error: Error, protocol: Hooks): void;
  /** The connection has ended. */
  onEnded(protocol: Hooks, closure: Closure): void;
  /** The connection is over, and `onClose` was called. */
  onClosed(protocol: Hooks): void;
}

/** What the hooks of a class want. */
export interface HookLevel {
  /** The lowest level at which they want messages; nothing below it is called. */
  readonly level: 'message' | 'frame' | 'streaming';
  /** Whether the payload of frames is collected, as the default body of `onMessageFrameData` does. */
  readonly collectsData: boolean;
  /** Which hooks for control frames differ from the default ones. */
  readonly controls: ReadonlySet<keyof ControlHooks>;
}

/** What a lent chunk is overwritten with by `lendPayload: 'debug'`: no UTF-8, and easy to see. */
const OVERWRITTEN = 0xdb;

/** One connection of a protocol class: calls its hooks, and has its producer go at the pace of the connection. */
export class ProtocolSession implements ConnectionUser, MessageHandler, FrameHandler, StreamingHandler {
  readonly receiver: Receiver;
  readonly controls: ControlHooks;
  /** The engine's side of it. */
  readonly engine: EngineConnection;

  readonly #hooks: Hooks;
  readonly #owner: SessionOwner;
  readonly #collectsData: boolean;
  #assembly: MessageAssembly | undefined;
  #producer: ProducerRegistration | undefined;

  constructor(made: ConnectionMade, owner: SessionOwner, hooks: Hooks, { level, collectsData, controls }: HookLevel) {
    this.#hooks = hooks;
    this.#owner = owner;
    this.#collectsData = collectsData;
    this.receiver = { level, handler: this, lendsPayload: made.options.lendPayload !== false };
    this.controls = this.#createControls(controls);
    this.engine = new EngineConnection(made, this);
  }

  /** The connection. */
  get connection(): Connection {
    return this.engine.connection;
  }

  /** What the default bodies of the hooks collect. */
  get assembly(): MessageAssembly {
    const fail = (error: Error): void => this.connection.fail(error);
    return (this.#assembly ??= new MessageAssembly(this.engine.made.options, nodeTextCodec, fail));
  }

  /**
   * Tells that the connection is open, and begins to receive.
   *
   * @param head - what came right behind the opening handshake
   */
  start(head: Uint8Array): void {
    const { calls, made } = this.engine;
    calls.call(() => made.context.open(() => this.#hooks.onOpen()));
    this.engine.start(head);
  }

  /** Registers a producer; see `WebSocketProtocol.registerProducer`. */
  registerProducer(producer: Producer, streaming: boolean): void {
    if (this.#producer !== undefined) throw new LocalUsageError('registerProducer: another producer is registered');
    this.#producer = new ProducerRegistration(producer, streaming);
    if (!this.connection.sender.canSendMessages) {
      this.#stopProducer();
      return;
    }
    this.connection.sender.tellsEachDrain = !streaming;
    if (!streaming) this.#tellProducer((registered) => registered.resume());
  }

  /** Takes the registered producer away, if there is one. */
  unregisterProducer(): void {
    this.#producer = undefined;
    this.connection.sender.tellsEachDrain = false;
  }

  // Receiving. What these hooks throw, the connection catches.

  onMessage(payload: string | Uint8Array, opcode: number): void {
    this.engine.calls.waitFor(this.#hooks.onMessage(payload, opcode !== Opcode.TEXT));
  }

  onFrame(payload: Uint8Array, reservedBits: number): void {
    this.engine.calls.waitFor(this.#hooks.onMessageFrame(payload, reservedBits));
  }

  onMessageBegin(opcode: number): void {
    this.assembly.begin(opcode);
    this.engine.calls.waitFor(this.#hooks.onMessageBegin(opcode));
  }

  onFrameBegin({ payloadLength, reservedBits }: FrameHeader): void {
    this.assembly.beginFrame(payloadLength, reservedBits, this.#collectsData);
    this.engine.calls.waitFor(this.#hooks.onMessageFrameBegin(payloadLength, reservedBits));
  }

  onFrameData(chunk: Uint8Array): void {
    const result = this.#hooks.onMessageFrameData(chunk);
    const { lendPayload } = this.engine.made.options;
    if (lendPayload === false) {
      this.engine.calls.waitFor(result);
      return;
    }
    if (isPromise(result)) {
      // The connection fails for this; how the promise ends does not matter any more.
      result.then(ignore, ignore);
      throw new LocalUsageError('onMessageFrameData returned a promise, but with lendPayload its payload is only lent');
    }
    if (lendPayload === 'debug') chunk.fill(OVERWRITTEN);
  }

  onFrameEnd(): void {
    this.engine.calls.waitFor(this.#hooks.onMessageFrameEnd());
  }

  onMessageEnd(): void {
    this.engine.calls.waitFor(this.#hooks.onMessageEnd());
  }

  // From the engine

  get isWorking(): boolean {
    return false;
  }

  get collectedSize(): number {
    return this.#assembly?.size ?? 0;
  }

  onError(error: Error): void {
    this.#owner.onHookError(error, this.#hooks);
  }

  onHighWater(): void {
    this.#tellProducer((producer) => producer.pause());
  }

  onDrain(): void {
    this.#tellProducer((producer) => producer.resume());
    this.engine.calls.call(() => this.#hooks.onDrain());
  }

  onClosing(): void {
    this.#stopProducer();
  }

  onFull(): void {
    // The hooks are busy.
  }

  onEnded(closure: Closure): void {
    this.#stopProducer();
    this.#owner.onEnded(this.#hooks, closure);
  }

  onClosed({ wasClean, code, reason }: Closure): void {
    this.engine.calls.call(() => this.#hooks.onClose(wasClean, code, reason));
    this.#owner.onClosed(this.#hooks);
  }

  #createControls(overridden: ReadonlySet<keyof ControlHooks>): ControlHooks {
    const hooks = this.#hooks;
    const waitFor = (result: HookResult): void => this.engine.calls.waitFor(result);
    const all: Required<ControlHooks> = {
      onPing: (payload) => waitFor(hooks.onPing(payload)),
      onPong: (payload) => waitFor(hooks.onPong(payload)),
      onControlFrame: (opcode, payload, reserved) => waitFor(hooks.onControlFrame(opcode, payload, reserved)),
    };
    const ifOverridden = <Name extends keyof ControlHooks>(name: Name): ControlHooks[Name] | undefined =>
      overridden.has(name) ? all[name] : undefined;
    return {
      onPing: ifOverridden('onPing'),
      onPong: ifOverridden('onPong'),
      onControlFrame: ifOverridden('onControlFrame'),
    };
  }

  #stopProducer(): void {
    this.#tellProducer((producer) => {
      this.unregisterProducer();
      return producer.stop();
    });
  }

  /** Calls the producer, if there is one. Nothing waits for its promise, but what it throws or rejects with is a hook's error. */
  #tellProducer(tell: (producer: ProducerRegistration) => HookResult): void {
    const producer = this.#producer;
    if (producer === undefined) return;
    this.engine.calls.callUnawaited(() => tell(producer));
  }
}

function ignore(): void {
  // Nobody wants to know.
}
