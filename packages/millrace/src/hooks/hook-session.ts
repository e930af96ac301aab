import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { LocalUsageError, toError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHandler } from '../protocol/connection/host.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { Receiver, StreamingHandler } from '../protocol/message/handlers.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import type { OnreadPlaces } from '../transport/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import type { HookResult, Hooks } from './hooks.ts';
import { MessageAssembly } from './message-assembly.ts';
import { ProducerRegistration, type Producer } from './producer-registration.ts';

/** What a {@link HookSession} is made of. */
export interface HookSessionSetup {
  readonly role: 'client' | 'server';
  readonly socket: Duplex;
  /** What came right behind the opening handshake. */
  readonly head: Uint8Array;
  readonly options: ResolvedConnectionOptions;
  readonly onreadPlaces: OnreadPlaces | undefined;
  readonly hooks: Hooks;
  /** The lowest level at which the hooks want messages; nothing below it is called. */
  readonly level: Receiver['level'];
  /** Learns of an error that a hook threw, or rejected with. */
  readonly onHookError: (error: Error) => void;
  /** The connection is over, and `onClose` was called. */
  readonly onClosed: (closure: Closure) => void;
}

/** What a lent chunk is overwritten with by `lendPayload: 'debug'`: no UTF-8, and easy to see. */
const OVERWRITTEN = 0xdb;

/** The reason with which receiving waits for the promise of a hook. */
const HOOK = 'hook';

/**
 * One connection of a protocol class: calls its hooks, waits for their promises, and turns what they throw into a failed connection.
 */
export class HookSession implements ConnectionHandler, StreamingHandler {
  readonly connection: Connection;
  /** What the default bodies of the hooks collect. */
  readonly assembly: MessageAssembly;

  readonly #setup: HookSessionSetup;
  readonly #hooks: Hooks;
  readonly #driver: SocketDriver;
  #producer: ProducerRegistration | undefined;
  /** Promises of hooks that are not settled. */
  #pending = 0;

  constructor(setup: HookSessionSetup) {
    const { role, options, socket, onreadPlaces } = setup;
    this.#setup = setup;
    this.#hooks = setup.hooks;
    const receiver = this.#receiver();
    this.#driver = new SocketDriver({
      socket,
      onreadPlaces,
      createConnection: (host) => new Connection({ role, options, host, receiver, handler: this }),
    });
    this.connection = this.#driver.connection;
    this.assembly = new MessageAssembly(options, nodeTextCodec, (error) => this.connection.fail(error));
  }

  /** Tells that the connection is open, and begins to receive. */
  start(): void {
    this.#call(() => this.#hooks.onOpen());
    this.#driver.start(this.#setup.head);
  }

  /** Registers a producer; see `WebSocketProtocol.registerProducer`. */
  registerProducer(producer: Producer, streaming: boolean): void {
    if (this.#producer !== undefined) throw new LocalUsageError('registerProducer: another producer is registered');
    if (this.connection.state !== 'open') {
      producer.stopProducing();
      return;
    }
    this.#producer = new ProducerRegistration(producer, streaming);
    this.connection.sender.tellsEachDrain = !streaming;
    if (!streaming) this.#producer.resume();
  }

  /** Takes the registered producer away, if there is one. */
  unregisterProducer(): void {
    this.#producer = undefined;
    this.connection.sender.tellsEachDrain = false;
  }

  // Level 3. What these hooks throw, the connection catches.

  onMessageBegin(opcode: number): void {
    this.assembly.begin(opcode);
    this.#waitFor(this.#hooks.onMessageBegin(opcode));
  }

  onFrameBegin({ payloadLength, rsv }: FrameHeader): void {
    this.assembly.beginFrame(rsv);
    this.#waitFor(this.#hooks.onMessageFrameBegin(payloadLength, rsv));
  }

  onFrameData(chunk: Uint8Array): void {
    const { lendPayload } = this.#setup.options;
    if (lendPayload === false) {
      this.#waitFor(this.#hooks.onMessageFrameData(new Uint8Array(chunk)));
      return;
    }
    const result = this.#hooks.onMessageFrameData(chunk);
    if (result !== undefined) {
      throw new LocalUsageError('onMessageFrameData returned a promise, but with lendPayload its payload is only lent');
    }
    if (lendPayload === 'debug') chunk.fill(OVERWRITTEN);
  }

  onFrameEnd(): void {
    this.#waitFor(this.#hooks.onMessageFrameEnd());
  }

  onMessageEnd(): void {
    this.#waitFor(this.#hooks.onMessageEnd());
  }

  // Between messages

  onPing(payload: Uint8Array): void {
    this.#waitFor(this.#hooks.onPing(payload));
  }

  onPong(payload: Uint8Array): void {
    this.#waitFor(this.#hooks.onPong(payload));
  }

  onControlFrame(opcode: number, payload: Uint8Array, rsv: number): void {
    this.#waitFor(this.#hooks.onControlFrame(opcode, payload, rsv));
  }

  onError(error: Error): void {
    this.#setup.onHookError(error);
  }

  onHighWater(): void {
    this.#call(() => this.#producer?.pause());
  }

  onDrain(): void {
    this.#call(() => this.#producer?.resume());
    this.#call(() => this.#hooks.onDrain());
  }

  onClosing(): void {
    // While our own Close waits for our open message, its producer may finish it.
    if (this.connection.state !== 'closing') this.#stopProducer();
  }

  onClosed(closure: Closure): void {
    this.#stopProducer();
    this.#call(() => this.#hooks.onClose(closure.wasClean, closure.code, closure.reason));
    this.#setup.onClosed(closure);
  }

  #stopProducer(): void {
    const producer = this.#producer;
    this.unregisterProducer();
    this.#call(() => producer?.stop());
  }

  /** The handler for the level that the hooks want. */
  #receiver(): Receiver {
    const { level } = this.#setup;
    const hooks = this.#hooks;
    switch (level) {
      case 'streaming':
        return { level, handler: this };
      case 'frame': {
        const onFrame = (payload: Uint8Array, rsv: number): void => this.#waitFor(hooks.onMessageFrame(payload, rsv));
        const onMessageBegin = (opcode: number): void => this.onMessageBegin(opcode);
        return { level, handler: { onMessageBegin, onFrame, onMessageEnd: () => this.onMessageEnd() } };
      }
      case 'message': {
        const onMessage = (payload: string | Uint8Array, opcode: number): void =>
          this.#waitFor(hooks.onMessage(payload, opcode !== Opcode.TEXT));
        return { level, handler: { onMessage } };
      }
    }
  }

  /** Calls a hook outside of receiving, and fails the connection if it throws. */
  #call(hook: () => HookResult): void {
    try {
      this.#waitFor(hook());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Has receiving wait for the promise of a hook, if it returned one. */
  #waitFor(result: HookResult): void {
    if (result === undefined) return;
    this.#pending++;
    this.connection.pause(HOOK);
    result.then(this.#settled, (error: unknown) => {
      this.#fail(error);
      this.#settled();
    });
  }

  readonly #settled = (): void => {
    this.#pending--;
    if (this.#pending === 0) this.connection.resume(HOOK);
  };

  #fail(thrown: unknown): void {
    const error = toError(thrown);
    this.connection.fail(error);
    this.#setup.onHookError(error);
  }
}
