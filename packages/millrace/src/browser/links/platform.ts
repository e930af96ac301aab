import { LocalUsageError } from '../../protocol/base/errors.ts';

/** The `WebSocket` of a browser, as far as it is used here. */
export interface PlatformWebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly extensions: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: PlatformEvent) => void): void;
}

/** An event of it: `data` of a message, the others of `close`. */
export interface PlatformEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

/** The `WebSocketStream` of a browser, as far as it is used here. */
export interface PlatformWebSocketStream {
  readonly opened: Promise<PlatformStreams>;
  readonly closed: Promise<PlatformCloseInfo>;
  close(info?: PlatformCloseInfo): void;
}

/** The two directions of a `WebSocketStream`. */
export interface PlatformStreams {
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<string | Uint8Array<ArrayBuffer>>;
  readonly protocol: string;
  readonly extensions: string;
}

/** A Close frame, as a `WebSocketStream` has it. */
export interface PlatformCloseInfo {
  readonly closeCode?: number;
  readonly reason?: string;
}

type WebSocketClass = new (url: string, protocols: string[]) => PlatformWebSocket;
type WebSocketStreamClass = new (
  url: string,
  options: { protocols: string[]; signal: AbortSignal },
) => PlatformWebSocketStream;

/**
 * The `WebSocket` of the browser.
 *
 * @throws {LocalUsageError} there is none
 */
export function findWebSocket(): WebSocketClass {
  const found: unknown = Reflect.get(globalThis, 'WebSocket');
  if (isWebSocketClass(found)) return found;
  throw new LocalUsageError('there is no WebSocket here: millrace was loaded as in a browser');
}

/** The `WebSocketStream` of the browser, which few have. */
export function findWebSocketStream(): WebSocketStreamClass | undefined {
  const found: unknown = Reflect.get(globalThis, 'WebSocketStream');
  return isWebSocketStreamClass(found) ? found : undefined;
}

/** The address of the page, which relative URLs begin at; `undefined` where there is none. */
export function findBase(): string | undefined {
  const location: unknown = Reflect.get(globalThis, 'location');
  if (typeof location !== 'object' || location === null) return undefined;
  const href: unknown = Reflect.get(location, 'href');
  return typeof href === 'string' ? href : undefined;
}

function isWebSocketClass(value: unknown): value is WebSocketClass {
  return typeof value === 'function';
}

function isWebSocketStreamClass(value: unknown): value is WebSocketStreamClass {
  return typeof value === 'function';
}
