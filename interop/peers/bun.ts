// Runs in Bun.
import type { Compression, Hello, Task } from './convention.ts';
import type { Data } from './message.ts';
import { createClient } from './peer-connection.ts';
import type { PeerConnection, PeerSocket } from './peer-connection.ts';
import { acceptTask, chooseSubprotocol, runProgram } from './program.ts';
import { attachWebSocket, memberOf } from './whatwg.ts';

/** What is used of Bun's server. */
interface BunServerSocket {
  readonly data: { readonly connection: PeerConnection; readonly protocol: string };
  send(data: Data, compress: boolean): number;
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
      readonly perMessageDeflate: { readonly compress: string; readonly decompress: string } | false;
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

/** Memory for compressing, by the bits of the window that it has room for; and for decompressing. */
const COMPRESSORS = new Map([
  [9, '4KB'],
  [10, '8KB'],
  [11, '16KB'],
  [12, '32KB'],
  [13, '64KB'],
  [14, '128KB'],
  [15, '256KB'],
]);
const DECOMPRESSORS = new Map([
  [12, '4KB'],
  [13, '8KB'],
  [14, '16KB'],
  [15, '32KB'],
]);

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
    const { port } = listen(false);
    return Promise.resolve({ port, ports: listenForAll() });
  },
});

/** What a server answers to offers is an option of all of it, so there is one for each. */
function listenForAll(): NonNullable<Hello['ports']> {
  const servers = new Map<string, number>();
  const ports: Record<string, number> = {};
  for (const compression of allCompressions()) {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = compression;
    const compress =
      serverNoContextTakeover === true ? 'shared' : (COMPRESSORS.get(serverMaxWindowBits ?? 0) ?? 'dedicated');
    const decompress =
      clientNoContextTakeover === true ? 'shared' : (DECOMPRESSORS.get(Number(clientMaxWindowBits)) ?? 'dedicated');
    const name = `${compress} ${decompress}`;
    const port = servers.get(name) ?? listen({ compress, decompress }).port;
    servers.set(name, port);
    ports[`compression ${JSON.stringify(compression)}`] = port;
  }
  return ports;
}

/** Every combination of parameters. */
function allCompressions(): Compression[] {
  const bits = [undefined, 9, 10, 11, 12, 13, 14, 15];
  return [{}, { serverNoContextTakeover: true }].flatMap((server) =>
    [{}, { clientNoContextTakeover: true }].flatMap((client) =>
      bits.flatMap((serverBits) =>
        [true, ...bits].map((clientBits): Compression => ({
          ...server,
          ...client,
          ...(serverBits === undefined ? {} : { serverMaxWindowBits: serverBits }),
          ...(typeof clientBits === 'undefined'
            ? {}
            : { clientMaxWindowBits: clientBits === true ? true : Number(clientBits) }),
        })),
      ),
    ),
  );
}

function listen(perMessageDeflate: { readonly compress: string; readonly decompress: string } | false): BunServer {
  return Bun.serve({
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
      perMessageDeflate,
      open: (socket) => socket.data.connection.opened(new BunPeerSocket(socket)),
      message: (socket, data) => {
        socket.data.connection.message(typeof data === 'string' ? data : new Uint8Array(data));
      },
      pong: (socket, payload) => socket.data.connection.pong(decode(payload)),
      close: (socket, code, reason) => socket.data.connection.closed(code, reason),
    },
  });
}

class BunPeerSocket implements PeerSocket {
  readonly #socket: BunServerSocket;

  constructor(socket: BunServerSocket) {
    this.#socket = socket;
  }

  get protocol(): string {
    return this.#socket.data.protocol;
  }

  sendMessage(data: Data): void {
    this.#socket.send(data, this.#socket.data.connection.compression !== undefined);
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
