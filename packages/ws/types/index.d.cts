/// <reference types="node" />

// The types of the package, in the shape of those that programs for `ws` were written against; an ES module that is `require`d is this class.

import { EventEmitter } from 'node:events';
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HttpServer,
} from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { createConnection } from 'node:net';
import { Duplex, DuplexOptions } from 'node:stream';
import { SecureContextOptions } from 'node:tls';
import { URL } from 'node:url';
import { ZlibOptions } from 'node:zlib';

import type { WebSocketConnection } from 'millrace';

/** A client, or a server's side of a connection. */
declare class WebSocket extends EventEmitter {
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSING: 2;
  static readonly CLOSED: 3;

  binaryType: 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly isPaused: boolean;
  readonly protocol: string;
  readonly readyState: 0 | 1 | 2 | 3;
  readonly url: string;

  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  onopen: ((event: WebSocket.Event) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  constructor(address: null);
  constructor(address: string | URL, options?: WebSocket.ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );

  close(code?: number, data?: string | Uint8Array): void;
  ping(data?: any, mask?: boolean, cb?: (error: Error) => void): void;
  pong(data?: any, mask?: boolean, cb?: (error: Error) => void): void;
  send(data: WebSocket.Sendable, cb?: (error?: Error) => void): void;
  send(data: WebSocket.Sendable, options: WebSocket.SendOptions, cb?: (error?: Error) => void): void;
  terminate(): void;
  pause(): void;
  resume(): void;

  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      ((event: WebSocket.WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
    options?: WebSocket.EventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      ((event: WebSocket.WebSocketEventMap[K]) => void) | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
  ): void;

  on<K extends keyof WebSocket.Events>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocket.Events[K]) => void,
  ): this;
  on(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  once<K extends keyof WebSocket.Events>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocket.Events[K]) => void,
  ): this;
  once(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  off<K extends keyof WebSocket.Events>(
    event: K,
    listener: (this: WebSocket, ...args: WebSocket.Events[K]) => void,
  ): this;
  off(event: string | symbol, listener: (this: WebSocket, ...args: any[]) => void): this;
  addListener<K extends keyof WebSocket.Events>(event: K, listener: (...args: WebSocket.Events[K]) => void): this;
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;
  removeListener<K extends keyof WebSocket.Events>(event: K, listener: (...args: WebSocket.Events[K]) => void): this;
  removeListener(event: string | symbol, listener: (...args: any[]) => void): this;
}

declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}

declare namespace WebSocket {
  type RawData = Buffer | ArrayBuffer | Buffer[];
  type Data = string | Buffer | ArrayBuffer | Buffer[];

  /** What `send` takes: all else that a `Buffer` can be made of, too. */
  type Sendable =
    | string
    | number
    | Buffer
    | DataView
    | ArrayBufferView
    | Uint8Array
    | ArrayBuffer
    | SharedArrayBuffer
    | Blob
    | readonly any[]
    | readonly number[]
    | { valueOf(): ArrayBuffer }
    | { valueOf(): SharedArrayBuffer }
    | { valueOf(): Uint8Array }
    | { valueOf(): readonly number[] }
    | { valueOf(): string }
    | { [Symbol.toPrimitive](hint: string): string };

  interface SendOptions {
    binary?: boolean | undefined;
    compress?: boolean | undefined;
    fin?: boolean | undefined;
    /** Whether to mask a whole message, if not as RFC 6455 says: the peer fails the connection then. */
    mask?: boolean | undefined;
  }

  /** What each event is emitted with. */
  interface Events {
    close: [code: number, reason: Buffer];
    error: [error: Error];
    message: [data: RawData, isBinary: boolean];
    open: [];
    ping: [data: Buffer];
    pong: [data: Buffer];
    redirect: [url: string, request: ClientRequest];
    'unexpected-response': [request: ClientRequest, response: IncomingMessage];
    upgrade: [request: IncomingMessage];
  }

  type CertMeta = string | string[] | Buffer | Buffer[];

  type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
    origin: string;
    secure: boolean;
    req: Request;
  }) => boolean;

  type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
  ) => void;

  type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

  /** What both sides have. */
  interface SocketOptions {
    allowSynchronousEvents?: boolean | undefined;
    autoPong?: boolean | undefined;
    closeTimeout?: number | undefined;
    maxBufferedChunks?: number | undefined;
    maxFragments?: number | undefined;
    maxPayload?: number | undefined;
    maxPendingAutoPongs?: number | undefined;
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    skipUTF8Validation?: boolean | undefined;
  }

  interface ClientOptions extends SecureContextOptions, SocketOptions {
    protocol?: string | undefined;
    protocols?: string | string[] | undefined;
    followRedirects?: boolean | undefined;
    generateMask?(mask: Buffer): void;
    handshakeTimeout?: number | undefined;
    maxRedirects?: number | undefined;
    localAddress?: string | undefined;
    protocolVersion?: number | undefined;
    headers?: { [key: string]: string } | undefined;
    origin?: string | undefined;
    agent?: Agent | undefined;
    host?: string | undefined;
    family?: number | undefined;
    checkServerIdentity?(servername: string, cert: CertMeta): boolean;
    rejectUnauthorized?: boolean | undefined;
    createConnection?: typeof createConnection | undefined;
    finishRequest?: FinishRequestCallback | undefined;
  }

  interface PerMessageDeflateOptions {
    serverNoContextTakeover?: boolean | undefined;
    clientNoContextTakeover?: boolean | undefined;
    serverMaxWindowBits?: boolean | number | undefined;
    clientMaxWindowBits?: boolean | number | undefined;
    zlibDeflateOptions?:
      | {
          flush?: number | undefined;
          finishFlush?: number | undefined;
          chunkSize?: number | undefined;
          windowBits?: number | undefined;
          level?: number | undefined;
          memLevel?: number | undefined;
          strategy?: number | undefined;
          dictionary?: Buffer | Buffer[] | DataView | undefined;
          info?: boolean | undefined;
        }
      | undefined;
    zlibInflateOptions?: ZlibOptions | undefined;
    threshold?: number | undefined;
    concurrencyLimit?: number | undefined;
  }

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent extends Event {
    error: any;
    message: string;
  }

  interface CloseEvent extends Event {
    wasClean: boolean;
    code: number;
    reason: string;
  }

  interface MessageEvent extends Event {
    data: Data;
  }

  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  interface EventListenerOptions {
    once?: boolean | undefined;
  }

  interface ServerOptions<
    U extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends SocketOptions {
    host?: string | undefined;
    port?: number | undefined;
    backlog?: number | undefined;
    server?: HttpServer<V> | HttpsServer<V> | undefined;
    verifyClient?: VerifyClientCallbackAsync<InstanceType<V>> | VerifyClientCallbackSync<InstanceType<V>> | undefined;
    handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false;
    path?: string | undefined;
    noServer?: boolean | undefined;
    clientTracking?: boolean | undefined;
    WebSocket?: U | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  /** What each event of a server is emitted with. */
  interface ServerEvents<T extends typeof WebSocket.WebSocket, U extends typeof IncomingMessage> {
    close: [];
    connection: [websocket: InstanceType<T>, request: InstanceType<U>];
    error: [error: Error];
    headers: [headers: string[], request: InstanceType<U>];
    listening: [];
    wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
  }

  class Server<
    T extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends EventEmitter {
    options: ServerOptions<T, U>;
    path: string;
    clients: Set<InstanceType<T>>;

    constructor(options?: ServerOptions<T, U>, callback?: () => void);

    address(): AddressInfo | string | null;
    close(cb?: (err?: Error) => void): void;
    handleUpgrade(
      request: InstanceType<U>,
      socket: Duplex,
      upgradeHead: Buffer,
      callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
    ): void;
    shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

    on<K extends keyof ServerEvents<T, U>>(
      event: K,
      cb: (this: Server<T>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    on(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
    once<K extends keyof ServerEvents<T, U>>(
      event: K,
      cb: (this: Server<T>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    once(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
    off<K extends keyof ServerEvents<T, U>>(
      event: K,
      cb: (this: Server<T>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    off(event: string | symbol, listener: (this: Server<T>, ...args: any[]) => void): this;
    addListener<K extends keyof ServerEvents<T, U>>(event: K, cb: (...args: ServerEvents<T, U>[K]) => void): this;
    addListener(event: string | symbol, listener: (...args: any[]) => void): this;
    removeListener<K extends keyof ServerEvents<T, U>>(event: K, cb: (...args: ServerEvents<T, U>[K]) => void): this;
    removeListener(event: string | symbol, listener: (...args: any[]) => void): this;
  }

  const WebSocketServer: typeof Server;
  interface WebSocketServer extends Server {}
  const WebSocket: typeof WebSocketAlias;
  interface WebSocket extends WebSocketAlias {}

  function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;

  /** Gives the connection of Millrace behind a socket that is open, with streams and backpressure; messages go to it from now on. */
  function connectionOf(websocket: WebSocket): WebSocketConnection<undefined>;

  /** Reads and writes the header `Sec-WebSocket-Extensions`. */
  const extension: {
    parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
    format(extensions: Record<string, object | readonly object[]>): string;
  };

  /** Reads the header `Sec-WebSocket-Protocol`. */
  const subprotocol: { parse(header: string): Set<string> };

  /** Makes frames, for programs that send one through many sockets. */
  const Sender: {
    frame(
      data: string | Uint8Array,
      options: {
        fin?: boolean | undefined;
        generateMask?: ((mask: Buffer) => void) | undefined;
        mask?: boolean | undefined;
        maskBuffer?: Buffer | undefined;
        opcode: number;
        readOnly?: boolean | undefined;
        rsv1?: boolean | undefined;
      },
    ): Buffer[];
  };

  /** permessage-deflate on one connection: its negotiation (RFC 7692 §7.1), in the values that `extension` parses and formats. */
  class PerMessageDeflate {
    static readonly extensionName: 'permessage-deflate';
    /** What was agreed on. */
    params: DeflateParameters | null;
    constructor(
      options?: PerMessageDeflateOptions & { isServer?: boolean | undefined; maxPayload?: number | undefined },
    );
    /** What a client offers. */
    offer(): DeflateParameters;
    /** Agrees on one of the offers of a client, or on the answer of a server; throws if it cannot. */
    accept(configurations: readonly Record<string, (string | true)[]>[]): DeflateParameters;
  }

  interface DeflateParameters {
    server_no_context_takeover?: true;
    client_no_context_takeover?: true;
    server_max_window_bits?: number;
    client_max_window_bits?: number | true;
  }
}

export = WebSocket;
