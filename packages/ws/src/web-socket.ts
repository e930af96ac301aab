import type { ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { Opcode, RemoteProtocolError, type Closure } from 'millrace';

import { EMPTY } from './empty.ts';
import { EventTargetEmitter } from './event-target.ts';
import { abortHandshake, dial } from './dial.ts';
import { Link, type LinkOptions, type LinkOwner } from './link.ts';
import { BINARY_TYPES, type BinaryType } from './message-assembly.ts';
import type { DialOptions } from './options.ts';
import { Outbox, type SendFormat } from './outbox.ts';
import { PerMessageDeflate } from './permessage-deflate.ts';
import { isBlob, toBytes } from './payload.ts';
import { checkCloseArguments } from './close-arguments.ts';
import type { WrittenCallback } from './written-callbacks.ts';
import { toWsError } from './ws-error.ts';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const STATE_NAMES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** What a socket was made with. */
interface SocketSettings {
  readonly closeTimeout?: number | undefined;
  readonly autoPong?: boolean | undefined;
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

/**
 * The class `WebSocket` of `ws`: a client, or a server's side of a connection. Names with an underscore are those that programs are known to look at; the rest of
 * what `ws` keeps is not here.
 */
export class WebSocket extends EventTargetEmitter {
  /** Whether it is a server's side. */
  _isServer: boolean;
  /** The socket, as soon as the connection is open. */
  _socket: Duplex | null = null;
  /** Sends frames that were made by `Sender.frame`. */
  _sender: Outbox | null = null;
  /** The request, while the opening handshake goes on. */
  _req: ClientRequest | null = null;
  _url: string | undefined;
  _protocol = '';
  _extensions: Record<string, unknown> = {};
  _redirects = 0;
  _readyState: number = CONNECTING;

  #binaryType: BinaryType = 'nodebuffer';
  #settings: SocketSettings = {};
  #link: Link | undefined;
  #isPaused = false;
  #hasEmittedError = false;
  #closeCode = 1006;
  #closeReason: Buffer = EMPTY;
  /** Bytes of what was given to a socket that does not send any more. */
  #unsentSize = 0;

  /**
   * Dials.
   *
   * @param address - where; `null` for a server's side, to which `setSocket` gives its socket
   * @param protocols - the subprotocols to offer, or the options
   * @param options - how
   *
   * @throws {SyntaxError} the address is none, or a subprotocol is no token or there twice
   * @throws {RangeError} the option `protocolVersion` has another value than 8 and 13
   */
  constructor(address: string | URL | null, protocols?: unknown, options?: DialOptions) {
    super();
    this._isServer = address === null;
    if (address === null) {
      this.#settings = options ?? {};
      return;
    }
    const given = isOptions(protocols) ? protocols : options;
    const offered = protocols === undefined || isOptions(protocols) ? given?.protocols : protocols;
    this.#settings = dial(this, address, toList(offered), given ?? {});
  }

  // Attributes

  /** What binary messages are given as. Other values than the four are ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this.#binaryType = type;
  }

  /** Bytes that were sent and that the system has not taken. What is sent when nothing can be is counted, too. */
  get bufferedAmount(): number {
    if (this.#link === undefined) return this.#unsentSize;
    return this.#link.bufferedAmount + (this._sender?.waitingSize ?? 0) + this.#unsentSize;
  }

  /** The names of the extensions that were agreed on. */
  get extensions(): string {
    return Object.keys(this._extensions).join();
  }

  /** Whether it was paused. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The subprotocol that was agreed on; empty for none. */
  get protocol(): string {
    return this._protocol;
  }

  /** Where it stands: 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    if (this.#link === undefined || this._readyState !== OPEN) return this._readyState;
    return this.#link.isOpen ? OPEN : CLOSING;
  }

  /** Where a client has dialed. */
  get url(): string | undefined {
    return this._url;
  }

  // Opening

  /**
   * Takes the socket of a connection whose opening handshake is done.
   *
   * @param head - what came right behind the handshake
   */
  setSocket(socket: Duplex, head: Uint8Array, options: LinkOptions): void {
    const { closeTimeout, generateMask } = this.#settings;
    const link = new Link({
      role: this._isServer ? 'server' : 'client',
      socket,
      subprotocol: this._protocol,
      deflate: agreedDeflate(this._extensions),
      options: { closeTimeout, generateMask, ...options },
      owner: this.#owner,
    });
    this.#link = link;
    links.set(this, link);
    this._socket = socket;
    this._sender = new Outbox(link, (error) => this.#failToSend(error));
    if (socket instanceof Socket) socket.setTimeout(0).setNoDelay();
    // Before what makes the socket flow.
    link.startLater();
    if (head.length > 0) socket.unshift(Buffer.from(head));
    this._readyState = OPEN;
    this.emit('open');
  }

  // Sending

  /** Sends a message, or a fragment of one. */
  send(data: unknown, options?: SendFormat | WrittenCallback, callback?: WrittenCallback): void {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#refuseToSend();
    const format = typeof options === 'function' ? NO_FORMAT : (options ?? NO_FORMAT);
    const done = typeof options === 'function' ? options : callback;
    const payload = typeof data === 'number' ? String(data) : data;
    if (readyState === OPEN) this._sender?.send(orEmpty(payload), format, done, typeof payload === 'string');
    else this.#sendAfterClose(payload, done);
  }

  /** Sends a Ping. */
  ping(data?: unknown, mask?: unknown, callback?: WrittenCallback): void {
    this.#sendControl(Opcode.PING, data, mask, callback);
  }

  /** Sends a Pong. */
  pong(data?: unknown, mask?: unknown, callback?: WrittenCallback): void {
    this.#sendControl(Opcode.PONG, data, mask, callback);
  }

  // Receiving

  /** Has nothing more read, until `resume` is called. */
  pause(): void {
    const { readyState } = this;
    if (readyState === CONNECTING || readyState === CLOSED) return;
    this.#isPaused = true;
    this.#link?.pause();
  }

  /** Has reading go on. */
  resume(): void {
    const { readyState } = this;
    if (readyState === CONNECTING || readyState === CLOSED) return;
    this.#isPaused = false;
    this.#link?.resume();
  }

  // Ending

  /**
   * Starts the closing handshake.
   *
   * @throws {TypeError} the code may not be sent, or the reason is neither text nor bytes
   * @throws {RangeError} the reason is longer than 123 bytes
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this.readyState === CONNECTING) this.#abort();
    if (this.readyState !== OPEN) return;
    const checked = checkCloseArguments(code, reason);
    this._sender?.close(checked.code, checked.reason);
    this._readyState = CLOSING;
  }

  /** Ends the connection at once. */
  terminate(): void {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#abort();
    if (readyState === CONNECTING || readyState === CLOSED) return;
    this._readyState = CLOSING;
    this._sender?.end();
    this.#link?.terminate();
  }

  /** Emits `'close'`: nothing follows. */
  emitClose(): void {
    this._readyState = CLOSED;
    this.emit('close', this.#closeCode, this.#closeReason);
  }

  // From the link

  get #owner(): LinkOwner {
    return {
      binaryType: () => this.#binaryType,
      onMessage: (data, isBinary) => void this.emit('message', data, isBinary),
      onPing: (payload) => this.#receivePing(payload),
      onPong: (payload) => void this.emit('pong', payload),
      onClosing: (error) => this.#endSending(error),
      onClosed: (closure) => this.#end(closure),
    };
  }

  #receivePing(payload: Buffer): void {
    // One that still waits is replaced, so that pings cannot pile up.
    if (this.#settings.autoPong !== false && this.readyState === OPEN) {
      this.#link?.engine.connection.sender.sendAutomaticPong(payload);
    }
    this.emit('ping', payload);
  }

  #endSending(error: RemoteProtocolError | undefined): void {
    this._readyState = CLOSING;
    if (error !== undefined) process.nextTick(() => this.#tellError(toWsError(error)));
  }

  #end(closure: Closure): void {
    const { received, sent, error } = closure;
    this._closeFrameReceived = received !== undefined;
    this._closeFrameSent = sent !== undefined;
    if (received !== undefined) {
      this.#closeCode = received.code ?? 1005;
      this.#closeReason = received.reason === '' ? EMPTY : Buffer.from(received.reason);
    }
    if (isProtocolError(error)) this.#tellError(toWsError(error));
    this.emitClose();
  }

  #tellError(error: Error): void {
    if (this.#hasEmittedError) return;
    this.#hasEmittedError = true;
    // What a peer does wrong is no reason to end a process that does not listen.
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  /** What was to be sent cannot be read. */
  #failToSend(error: Error): void {
    if (this.readyState === CLOSED) return;
    this._readyState = CLOSING;
    this.#link?.engine.connection.fail(error);
    this.#tellError(error);
  }

  #sendControl(opcode: number, data: unknown, mask: unknown, callback: WrittenCallback | undefined): void {
    const { readyState } = this;
    if (readyState === CONNECTING) this.#refuseToSend();
    const done = [data, mask, callback].find(isCallback);
    const given = typeof data === 'function' ? undefined : data;
    const payload = typeof given === 'number' ? String(given) : given;
    if (readyState === OPEN) this._sender?.sendControl(opcode, orEmpty(payload), done);
    else this.#sendAfterClose(payload, done);
  }

  #sendAfterClose(payload: unknown, callback: WrittenCallback | undefined): void {
    if (Boolean(payload)) this.#unsentSize += isBlob(payload) ? payload.size : toBytes(payload).length;
    if (callback === undefined) return;
    process.nextTick(callback, new Error(`WebSocket is not open: readyState ${this.#describeState()}`));
  }

  #refuseToSend(): never {
    throw new Error(`WebSocket is not open: readyState ${this.#describeState()}`);
  }

  #describeState(): string {
    const { readyState } = this;
    return `${readyState} (${STATE_NAMES[readyState] ?? ''})`;
  }

  #abort(): void {
    if (this._req !== null)
      abortHandshake(this, this._req, 'WebSocket was closed before the connection was established');
  }
}

const NO_FORMAT: SendFormat = {};

/** What stands behind each socket that is open. */
const links = new WeakMap<WebSocket, Link>();

/** The link of a socket; `undefined` before it is open. */
export function linkOf(webSocket: WebSocket): Link | undefined {
  return links.get(webSocket);
}

for (const name of ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url']) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}

// Where programs look for them.
for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) {
  const attribute = Object.getOwnPropertyDescriptor(EventTargetEmitter.prototype, name);
  if (attribute !== undefined) Object.defineProperty(WebSocket.prototype, name, attribute);
}

STATE_NAMES.forEach((name, value) => {
  Object.defineProperty(WebSocket, name, { enumerable: true, value });
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value });
});

/** What was agreed on for compressing; a program may have put anything there. */
function agreedDeflate(extensions: Record<string, unknown>): PerMessageDeflate | undefined {
  const agreed = extensions[PerMessageDeflate.extensionName];
  return agreed instanceof PerMessageDeflate ? agreed : undefined;
}

function isOptions(value: unknown): value is DialOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCallback(value: unknown): value is WrittenCallback {
  return typeof value === 'function';
}

function isProtocolError(error: Error | undefined): error is RemoteProtocolError {
  return error instanceof RemoteProtocolError;
}

function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map((each: unknown) => each) : [value];
}

/** What is nothing is sent as an empty payload. */
function orEmpty(value: unknown): unknown {
  return Boolean(value) ? value : EMPTY;
}
