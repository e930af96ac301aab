import type { Duplex } from 'node:stream';

import { RemoteProtocolError, type Closure, type PreparedMessage, type WebSocketConnection } from 'millrace';
import {
  AsyncContext,
  EngineConnection,
  HoldReason,
  adoptConnection,
  findOnreadPlaces,
  type AdoptedConnection,
  type ConnectionUser,
  type ControlHooks,
  type FrameHeader,
  type OnreadPlaces,
  type Receiver,
  type WholeMessageHandler,
} from 'millrace/facade';

import { EMPTY } from './empty.ts';
import { connectionOptions, maskingKeysBy, peerOf, toLimit } from './link-options.ts';
import type { PerMessageDeflate } from './permessage-deflate.ts';
import { MessageAssembly, copyToBuffer, toBuffer, type BinaryType, type MessageData } from './message-assembly.ts';
import { WrittenCallbacks, type WrittenCallback } from './written-callbacks.ts';

/** How a connection deals with what it receives. */
export interface LinkOptions {
  readonly allowSynchronousEvents?: boolean | undefined;
  readonly closeTimeout?: number | undefined;
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  readonly maxFragments?: number | undefined;
  readonly maxPayload?: number | undefined;
  readonly skipUTF8Validation?: boolean | undefined;
}

/** What a {@link Link} works with. */
export interface LinkSetup {
  readonly role: 'client' | 'server';
  readonly socket: Duplex;
  readonly subprotocol: string;
  /** What was agreed on for compressing. */
  readonly deflate: PerMessageDeflate | undefined;
  readonly options: LinkOptions;
  readonly owner: LinkOwner;
}

/** How a message is sent. */
export interface DataFormat {
  readonly opcode: number;
  /** Whether to compress it, where that was agreed on and is worth it. */
  readonly compress: boolean;
  /** Whether to mask it, if not as the role has it. */
  readonly masks?: boolean | undefined;
}

/** How a frame of a message of several is sent. */
export interface FragmentFormat {
  /** That of the message, for the first of them. */
  readonly opcode: number | undefined;
  readonly compress: boolean;
  readonly isFinal: boolean;
}

/** Whoever is told of a connection. */
export interface LinkOwner {
  binaryType(): BinaryType;
  onMessage(data: MessageData, isBinary: boolean): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** Nothing can be sent any more; for an error of the peer, if there is one. */
  onClosing(error: RemoteProtocolError | undefined): void;
  /** The connection is over; nothing comes after. */
  onClosed(closure: Closure): void;
}

/** How messages of each opcode are sent; there are two. */
const FORMATS: Readonly<Record<number, { readonly opcode: number }>> = { 1: { opcode: 1 }, 2: { opcode: 2 } };

/** Where sockets keep their read buffer, when that is known: it is found out once in a process, which takes a moment. */

let onreadPlaces: OnreadPlaces | undefined;

/** Finds out how sockets can be read best, so that later ones are. */
export async function prepareReading(): Promise<void> {
  onreadPlaces = await findOnreadPlaces();
}

/**
 * A socket of `ws` on a connection of Millrace: says what the options of `ws` mean there, and turns what happens there into calls in the order of `ws`.
 */
export class Link implements ConnectionUser, WholeMessageHandler {
  readonly receiver: Receiver;
  readonly controls: ControlHooks;
  readonly engine: EngineConnection;
  readonly callbacks: WrittenCallbacks;

  readonly #owner: LinkOwner;
  readonly #setup: LinkSetup;
  readonly #deflate: PerMessageDeflate | undefined;
  readonly #limits: { readonly maxMessageSize: number; readonly maxFrameSize: number };
  readonly #emitsOneATurn: boolean;
  /** Who takes messages. */
  #messages: WholeMessageHandler;
  #adopted: AdoptedConnection | undefined;
  #isInsideMessage = false;
  #isStarted = false;
  #isOver = false;

  constructor(setup: LinkSetup) {
    const { role, socket, subprotocol, deflate, options, owner } = setup;
    this.#setup = setup;
    this.#deflate = deflate;
    this.#owner = owner;
    this.#emitsOneATurn = options.allowSynchronousEvents === false;
    const maxPayload = toLimit(options.maxPayload);
    const limit = maxPayload > 0 ? maxPayload : Infinity;
    this.#limits = { maxMessageSize: limit, maxFrameSize: limit };
    this.#messages = new MessageAssembly({
      maxPayload,
      maxFragments: toLimit(options.maxFragments),
      binaryType: () => owner.binaryType(),
      onMessage: (data, isBinary) => this.#tellMessage(data, isBinary),
    });
    this.receiver = {
      level: 'whole or streaming',
      handler: this,
      checksText: options.skipUTF8Validation !== true,
      lendsPayload: true,
      copyPayload: copyToBuffer,
    };
    this.controls = {
      onPing: (payload) => this.#tell(() => owner.onPing(toBuffer(payload))),
      onPong: (payload) => this.#tell(() => owner.onPong(toBuffer(payload))),
    };
    this.engine = new EngineConnection(
      {
        role,
        socket,
        options: connectionOptions(options.closeTimeout),
        peer: peerOf(socket),
        subprotocol: subprotocol === '' ? undefined : subprotocol,
        extensions: deflate?.header ?? '',
        agreed: deflate?.agreed,
        onreadPlaces,
        context: new AsyncContext(),
        explainsFailure: false,
        maskingKey: maskingKeysBy(options.generateMask),
      },
      this,
    );
    this.callbacks = new WrittenCallbacks(this.engine.connection);
  }

  /** Begins to receive, when what runs now has run: whoever is told of the connection adds its listeners first. */
  startLater(): void {
    const { socket } = this.#setup;
    let isClosed = socket.destroyed;
    socket.once('close', () => (isClosed = true));
    process.nextTick(() => {
      // If it was destroyed meanwhile, its event 'close' is still to come, and that of the connection comes with it.
      if (socket.destroyed && !isClosed) socket.once('close', () => this.#start());
      else this.#start();
    });
  }

  #start(): void {
    this.#isStarted = true;
    this.engine.start(EMPTY);
  }

  /** Whether messages can be sent, and nothing of ours or of the peer's says that the connection ends. */
  get isOpen(): boolean {
    const { state } = this.engine.connection;
    return state === 'open' || state === 'closeReceived';
  }

  /** Bytes that the system has not taken. What was sent in this turn is offered to it first, as `ws` would have done. */
  get bufferedAmount(): number {
    this.engine.flush();
    return this.engine.bufferedAmount;
  }

  // Sending

  /** Sends a whole message. */
  send(payload: string | Uint8Array, format: DataFormat, callback: WrittenCallback | undefined): void {
    const { sender } = this.engine.connection;
    const { givenReferences } = sender;
    const { opcode, masks } = format;
    const compress = masks === undefined ? this.#compresses(payload, format) : false;
    if (callback === undefined && compress === undefined) sender.sendMessage(payload, FORMATS[opcode] ?? { opcode });
    else sender.sendMessage(payload, { opcode, compress, masks, onFramed: this.callbacks.expect(callback) });
    // Whoever sends with `ws` may use the memory again as soon as the system has it.
    if (sender.givenReferences !== givenReferences) this.engine.flush();
  }

  /** Sends a message that was framed before. */
  sendPrepared(message: PreparedMessage, callback: WrittenCallback | undefined): void {
    const { sender } = this.engine.connection;
    if (callback === undefined) sender.sendPreparedMessage(message);
    else sender.sendMessage(message.payload, { ...message.format, onFramed: this.callbacks.expect(callback) });
  }

  /** Sends a frame of a message of several; `opcode` is that of the message for the first of them. */
  sendFragment(
    payload: Uint8Array,
    { opcode, compress, isFinal }: FragmentFormat,
    callback: WrittenCallback | undefined,
  ): void {
    const { sender } = this.engine.connection;
    const { givenReferences } = sender;
    if (opcode !== undefined) sender.beginMessage(opcode, { compress: this.#compresses(payload, { compress }) });
    sender.sendFrame(payload, { final: isFinal, onFramed: this.callbacks.expect(callback) });
    if (sender.givenReferences !== givenReferences) this.engine.flush();
  }

  /** Sends a Ping or a Pong. */
  sendControl(opcode: number, payload: Uint8Array, callback: WrittenCallback | undefined): void {
    this.engine.connection.sender.sendControlFrame(opcode, payload);
    this.callbacks.expect(callback)?.();
  }

  /** Whether something is compressed; `undefined` where that was not agreed on. */
  #compresses(payload: string | Uint8Array, { compress }: Pick<DataFormat, 'compress'>): boolean | undefined {
    if (this.#deflate === undefined) return undefined;
    return compress && this.#deflate.compresses(payload);
  }

  // Receiving

  /** Has nothing more read until {@link resume}. */
  pause(): void {
    this.engine.connection.hold(HoldReason.PAUSE);
    this.#setup.socket.pause();
  }

  /** Has receiving go on. */
  resume(): void {
    this.engine.connection.release(HoldReason.PAUSE);
    if (this.#isStarted) this.engine.flush();
    else this.#setup.socket.resume();
  }

  /** Ends the transport now; what was sent before is given to the system, as far as it takes it. */
  terminate(): void {
    this.engine.flush();
    this.engine.connection.drop();
    this.#setup.socket.destroy();
  }

  /** Has messages go to a connection of Millrace from now on, from the next one that begins. */
  adopt(): WebSocketConnection<undefined> {
    if (this.#adopted === undefined) {
      this.#adopted = adoptConnection(this.engine, this.#limits);
      if (!this.#isInsideMessage) this.#messages = this.#adopted.receiver;
    }
    return this.#adopted.connection;
  }

  onWholeMessage(payload: Uint8Array, opcode: number): void {
    this.#messages.onWholeMessage(payload, opcode);
  }

  onMessageBegin(opcode: number): void {
    this.#isInsideMessage = true;
    this.#messages.onMessageBegin(opcode);
  }

  onFrameBegin(header: FrameHeader): void {
    this.#messages.onFrameBegin(header);
  }

  onFrameData(chunk: Uint8Array): void {
    // A connection of Millrace keeps what it is given.
    this.#messages.onFrameData(this.#messages === this.#adopted?.receiver ? new Uint8Array(chunk) : chunk);
  }

  onFrameEnd(): void {
    this.#messages.onFrameEnd();
  }

  onMessageEnd(): void {
    this.#isInsideMessage = false;
    this.#messages.onMessageEnd();
    if (this.#adopted !== undefined) this.#messages = this.#adopted.receiver;
  }

  onMessageCut(): void {
    this.#isInsideMessage = false;
    this.#messages.onMessageCut();
  }

  // From the engine

  get isWorking(): boolean {
    return this.#adopted?.isWorking ?? false;
  }

  onHighWater(): void {}
  onDrain(): void {}
  onFull(): void {}
  onError(): void {}

  onProgress(): void {
    this.callbacks.settle();
  }

  onClosing(): void {
    const { error } = this.engine.connection;
    this.#tell(() => this.#owner.onClosing(error instanceof RemoteProtocolError ? error : undefined));
  }

  onEnded(closure: Closure): void {
    this.callbacks.end();
    this.#adopted?.onEnded(closure);
    // What came before the end is for the application, whether it has paused or not.
    this.engine.connection.release(HoldReason.PAUSE);
  }

  onClosed(closure: Closure): void {
    this.#isOver = true;
    this.#adopted?.onClosed();
    this.#tell(() => this.#owner.onClosed(closure));
  }

  #tellMessage(data: MessageData, isBinary: boolean): void {
    try {
      this.#owner.onMessage(data, isBinary);
    } catch (error) {
      process.nextTick(rethrow, error);
    }
    if (this.#emitsOneATurn) this.#waitForTurn();
  }

  /**
   * Tells the application something. What a listener throws is an exception that nobody has caught, as it is where `ws` emits in the callback of a read: it is the
   * program's, and none of the connection's.
   */
  #tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      process.nextTick(rethrow, error);
    }
    if (this.#emitsOneATurn && !this.#isOver) this.#waitForTurn();
  }

  /** Has the next event wait for another turn of the event loop. */
  #waitForTurn(): void {
    this.engine.connection.hold(HoldReason.RATE);
    setImmediate(() => this.engine.connection.release(HoldReason.RATE));
  }
}

/** Calls the application, whose exceptions are not ours. */
export function rethrow(error: unknown): never {
  throw error;
}
