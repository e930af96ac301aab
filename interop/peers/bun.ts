// Runs in Bun.
import type { Task } from './convention.ts';
import type { Data } from './message.ts';
import { createClient } from './peer-connection.ts';
import type { PeerConnection, PeerSocket } from './peer-connection.ts';
import { acceptTask, chooseSubprotocol, runProgram } from './program.ts';
import { attachWebSocket, memberOf } from './whatwg.ts';

/** What is used of Bun's server. */
interface BunServerSocket {
  readonly data: { readonly connection: PeerConnection; readonly protocol: string };
  send(data: Data): number;
  ping(payload: string): number;
  close(code?: number, reason?: string): void;
}

declare const Bun: {
  readonly version: string;
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    fetch(request: Request, server: BunServer): Response | undefined;
    readonly websocket: {
      readonly maxPayloadLength: number;
      readonly backpressureLimit: number;
      open(socket: BunServerSocket): void;
      message(socket: BunServerSocket, data: string | Uint8Array): void;
      pong(socket: BunServerSocket, payload: Uint8Array): void;
      close(socket: BunServerSocket, code: number, reason: string): void;
    };
  }): BunServer;
};

interface BunServer {
  readonly port: number;
  upgrade(request: Request, options: { data: BunServerSocket['data']; headers: Record<string, string> }): boolean;
}

runProgram({
  versions: { Bun: Bun.version },

  connect(task: Task) {
    const connection = createClient(task);
    const webSocket = new WebSocket(task.url, [...task.subprotocols]);
    webSocket.addEventListener('pong', (event) => connection.pong(decode(memberOf(event, 'data'))));
    // Bun's WebSocket has this method beside those of the web.
    attachWebSocket(webSocket, connection, {
      sendPing(payload) {
        const ping = memberOf(webSocket, 'ping');
        if (typeof ping === 'function') ping.call(webSocket, payload);
      },
    });
    return connection;
  },

  serve() {
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request, bunServer) {
        const offered = request.headers.get('sec-websocket-protocol')?.split(/, */) ?? [];
        const protocol = chooseSubprotocol(offered);
        const headers: Record<string, string> = protocol === undefined ? {} : { 'Sec-WebSocket-Protocol': protocol };
        const data = { connection: acceptTask(request.url), protocol: protocol ?? '' };
        return bunServer.upgrade(request, { data, headers }) ? undefined : new Response(null, { status: 400 });
      },
      websocket: {
        maxPayloadLength: 16 * 2 ** 20,
        backpressureLimit: 64 * 2 ** 20,
        open: (socket) => socket.data.connection.opened(new BunPeerSocket(socket)),
        message: (socket, data) => {
          socket.data.connection.message(typeof data === 'string' ? data : new Uint8Array(data));
        },
        pong: (socket, payload) => socket.data.connection.pong(decode(payload)),
        close: (socket, code, reason) => socket.data.connection.closed(code, reason),
      },
    });
    return Promise.resolve(server.port);
  },
});

class BunPeerSocket implements PeerSocket {
  readonly #socket: BunServerSocket;

  constructor(socket: BunServerSocket) {
    this.#socket = socket;
  }

  get protocol(): string {
    return this.#socket.data.protocol;
  }

  sendMessage(data: Data): void {
    this.#socket.send(data);
  }

  sendPing(payload: string): void {
    this.#socket.ping(payload);
  }

  close(code: number, reason: string): void {
    if (code === 0) this.#socket.close();
    else this.#socket.close(code, reason);
  }
}

function decode(payload: unknown): string {
  if (payload instanceof Uint8Array || payload instanceof ArrayBuffer) return new TextDecoder().decode(payload);
  return String(payload);
}
