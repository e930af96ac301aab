// Peers whose connections have the interface of the web.
import type { Task } from './convention.ts';
import type { Data } from './message.ts';
import { createClient } from './peer-connection.ts';
import type { PeerConnection, PeerSocket } from './peer-connection.ts';

/** What is used of the web's WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  send(data: Data): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: object) => void): void;
}

/** Connects, and tells a connection what happens. */
export function connectWebSocket(
  open: (url: string, subprotocols: string[]) => WebSocketLike,
  task: Task,
): PeerConnection {
  const connection = createClient(task);
  attachWebSocket(open(task.url, [...task.subprotocols]), connection);
  return connection;
}

/** What a peer does otherwise than on the web. */
export interface Differences {
  /** Of a server that is not told by its WebSocket. */
  readonly protocol?: string;
  sendPing?(payload: string): void;
}

/** Tells a connection what happens to a WebSocket that is not open yet. */
export function attachWebSocket(
  webSocket: WebSocketLike,
  connection: PeerConnection,
  differences: Differences = {},
): void {
  webSocket.binaryType = 'arraybuffer';
  webSocket.addEventListener('open', () => connection.opened(new WebPeerSocket(webSocket, differences)));
  webSocket.addEventListener('message', (event) => {
    try {
      connection.message(dataOf(memberOf(event, 'data')));
    } catch (error) {
      connection.failed(error);
    }
  });
  webSocket.addEventListener('error', (event) => connection.failed(memberOf(event, 'message') ?? 'error event'));
  webSocket.addEventListener('close', (event) => {
    connection.closed(Number(memberOf(event, 'code')), String(memberOf(event, 'reason')));
  });
}

class WebPeerSocket implements PeerSocket {
  readonly #webSocket: WebSocketLike;
  readonly #differences: Differences;

  constructor(webSocket: WebSocketLike, differences: Differences) {
    this.#webSocket = webSocket;
    this.#differences = differences;
  }

  get protocol(): string {
    return this.#differences.protocol ?? this.#webSocket.protocol;
  }

  sendPing(payload: string): void {
    this.#differences.sendPing?.(payload);
  }

  sendMessage(data: Data): void {
    this.#webSocket.send(data);
  }

  close(code: number, reason: string): void {
    if (code === 0) this.#webSocket.close();
    else this.#webSocket.close(code, reason);
  }
}

/** A member of an event; each peer has its own classes of them. */
export function memberOf(event: object, name: string): unknown {
  return Reflect.get(event, name);
}

function dataOf(value: unknown): Data {
  if (typeof value === 'string') return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new Error(`A message came as ${String(value)}`);
}
