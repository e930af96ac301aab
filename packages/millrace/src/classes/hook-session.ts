import type { Duplex } from 'node:stream';

import type { Closure } from '../protocol/base/closure.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { isPromise } from '../protocol/base/promise.ts';
import { ApplicationCalls } from '../engine/application-calls.ts';
import { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHandler } from '../protocol/connection/host.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { FrameHandler, MessageHandler, Receiver, StreamingHandler } from '../protocol/receive/handlers.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import type { OnreadPlaces } from '../transport/shared-read-buffer.ts';
import { SocketDriver } from '../transport/socket-driver.ts';
import type { HookResult, Hooks } from './hooks.ts';
import { MessageAssembly } from './message-assembly.ts';
import { ProducerRegistration, type Producer } from './producer-registration.ts';

/** Learns of its connections, each by its protocol instance. */
export interface ConnectionOwner {
  /** A hook threw an error, or rejected with it. */
  onHookError(error: Error, protocol: Hooks): void;
  /** The connection is over, and `onClose` was called. */
  onClosed(protocol: Hooks): void;
}

/** A connection whose opening handshake is done, for its protocol instance. */
export interface ConnectionMade {
  readonly role: 'client' | 'server';
  readonly socket: Duplex;
  readonly options: ResolvedConnectionOptions;
  /** Address of the other end; empty where it has none. */
  readonly peer: string;
  /** The subprotocol that was agreed on. */
  readonly subprotocol: string | undefined;
  /** The extensions that were agreed on, as a header; empty for none. */
  readonly extensions: string;
  readonly onreadPlaces: OnreadPlaces | undefined;
  readonly owner: ConnectionOwner;
}

/** What the hooks of a class want. */
export interface HookLevel {
  /** The lowest level at which they want messages; nothing below it is called. */
  readonly level: Receiver['level'];
  /** Whether the payload of frames is collected, as the default body of `onMessageFrameData` does. */
  readonly collectsData: boolean;
}

/** What a lent chunk is overwritten with by `lendPayload: 'debug'`: no UTF-8, and easy to see. */
const OVERWRITTEN = 0xdb;

/** Bytes that are copied at a time for the application, at most: larger copies come from the operating system each time, and go back to it. */
const LARGEST_COPY = 64 * 1024;

/**
 * One connection of a protocol class: calls its hooks, waits for their promises, and turns what they throw into a failed connection.
 */
export class HookSession implements ConnectionHandler, MessageHandler, FrameHandler, StreamingHandler {
  readonly connection: Connection;
  #assembly: MessageAssembly | undefined;

  /** What it was made of. */
  readonly made: ConnectionMade;
  /** How the connection ended; `undefined` before. */
  closure: Closure | undefined;

  readonly #hooks: Hooks;
  readonly #collectsData: boolean;
  readonly #driver: SocketDriver;
  #producer: ProducerRegistration | undefined;
  readonly #calls = new ApplicationCalls(this);

  constructor(made: ConnectionMade, hooks: Hooks, { level, collectsData }: HookLevel) {
    const { role, options, socket, onreadPlaces } = made;
    this.made = made;
    this.#hooks = hooks;
    this.#collectsData = collectsData;
    const receiver: Receiver = { level, handler: this };
    const copies = level === 'streaming' && options.lendPayload === false;
    this.#driver = new SocketDriver({
      socket,
      onreadPlaces,
      createConnection: (host) => {
        const largestPiece = copies ? LARGEST_COPY : undefined;
        return new Connection({ role, options, host, receiver, handler: this, largestPiece });
      },
    });
    this.connection = this.#driver.connection;
  }

  /** What the default bodies of the hooks collect. */
  get assembly(): MessageAssembly {
    const fail = (error: Error): void => this.connection.fail(error);
    return (this.#assembly ??= new MessageAssembly(this.made.options, nodeTextCodec, fail));
  }

  /**
   * Tells that the connection is open, and begins to receive.
   *
   * @param head - what came right behind the opening handshake
   */
  start(head: Uint8Array): void {
    this.#calls.call(() => this.#hooks.onOpen());
    this.#driver.start(head);
  }

  /** Registers a producer; see `WebSocketProtocol.registerProducer`. */
  registerProducer(producer: Producer, streaming: boolean): void {
    if (this.#producer !== undefined) throw new LocalUsageError('registerProducer: another producer is registered');
    this.#producer = new ProducerRegistration(producer, streaming);
    if (this.connection.state !== 'open') {
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
    this.#calls.waitFor(this.#hooks.onMessage(payload, opcode !== Opcode.TEXT));
  }

  onFrame(payload: Uint8Array, reservedBits: number): void {
    this.#calls.waitFor(this.#hooks.onMessageFrame(payload, reservedBits));
  }

  onMessageBegin(opcode: number): void {
    this.assembly.begin(opcode);
    this.#calls.waitFor(this.#hooks.onMessageBegin(opcode));
  }

  onFrameBegin({ payloadLength, reservedBits }: FrameHeader): void {
    this.assembly.beginFrame(payloadLength, reservedBits, this.#collectsData);
    this.#calls.waitFor(this.#hooks.onMessageFrameBegin(payloadLength, reservedBits));
  }

  onFrameData(chunk: Uint8Array): void {
    const { lendPayload } = this.made.options;
    if (lendPayload === false) {
      this.#calls.waitFor(this.#hooks.onMessageFrameData(new Uint8Array(chunk)));
      return;
    }
    const result = this.#hooks.onMessageFrameData(chunk);
    if (isPromise(result)) {
      // The connection fails for this; how the promise ends does not matter any more.
      result.then(ignore, ignore);
      throw new LocalUsageError('onMessageFrameData returned a promise, but with lendPayload its payload is only lent');
    }
    if (lendPayload === 'debug') chunk.fill(OVERWRITTEN);
  }

  onFrameEnd(): void {
    this.#calls.waitFor(this.#hooks.onMessageFrameEnd());
  }

  onMessageEnd(): void {
    this.#calls.waitFor(this.#hooks.onMessageEnd());
  }

  // Between messages

  onPing(payload: Uint8Array): void {
    this.#calls.waitFor(this.#hooks.onPing(payload));
  }

  onPong(payload: Uint8Array): void {
    this.#calls.waitFor(this.#hooks.onPong(payload));
  }

  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void {
    this.#calls.waitFor(this.#hooks.onControlFrame(opcode, payload, reservedBits));
  }

  onError(error: Error): void {
    this.made.owner.onHookError(error, this.#hooks);
  }

  onHighWater(): void {
    this.#tellProducer((producer) => producer.pause());
  }

  onDrain(): void {
    this.#tellProducer((producer) => producer.resume());
    this.#calls.call(() => this.#hooks.onDrain());
  }

  onClosing(): void {
    this.#stopProducer();
  }

  onClosed(closure: Closure): void {
    this.closure = closure;
    this.#stopProducer();
    this.#calls.call(() => this.#hooks.onClose(closure.wasClean, closure.code, closure.reason));
    this.made.owner.onClosed(this.#hooks);
  }

  #stopProducer(): void {
    this.#tellProducer((producer) => {
      this.unregisterProducer();
      return producer.stop();
    });
  }

  /** Calls the producer, if there is one. Nothing waits for its promise, but what it throws or rejects with is a hook's error. */
  #tellProducer(tell: (producer: ProducerRegistration) => HookResult): void {
    if (this.#producer === undefined) return;
    try {
      const result = tell(this.#producer);
      if (isPromise(result)) result.then(ignore, (error: unknown) => this.#calls.fail(error));
    } catch (error) {
      this.#calls.fail(error);
    }
  }
}

function ignore(): void {
  // Nobody wants to know.
}
