// Runs in Bun.

import { createHash } from 'node:crypto';

import { announceReady, LONGEST, readPeerArguments, refuseMode } from './support.ts';

type Data = string | Uint8Array;

interface BunSocket {
  send(data: Data, compress: boolean): number;
  subscribe(topic: string): void;
}

interface BunServer {
  upgrade(request: Request): boolean;
  publish(topic: string, data: Data, compress: boolean): number;
}

declare const Bun: {
  gc(synchronously: boolean): void;
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly tls?: { readonly cert: string; readonly key: string };
    fetch(request: Request, server: BunServer): Response | undefined;
    readonly websocket: {
      readonly maxPayloadLength: number;
      readonly backpressureLimit: number;
      readonly perMessageDeflate: boolean | object;
      open(socket: BunSocket): void;
      message(socket: BunSocket, data: Data): void;
    };
  }): BunServer;
};

const COMPRESSION = {
  alone: { compress: 'shared', decompress: 'shared' },
  history: { compress: 'dedicated', decompress: 'dedicated' },
} as const;

const { port, mode, tls, compression } = readPeerArguments();
const compresses = compression !== undefined;

const echo = (socket: BunSocket, data: Data): void => void socket.send(data, compresses);

const ANSWERS: Readonly<Record<string, (socket: BunSocket, data: Data) => void>> = {
  echo,
  handshake: echo,
  'hash-message': (socket, data) => void socket.send(createHash('sha256').update(data).digest('hex'), false),
  broadcast: (_socket, data) => void server.publish('all', data, false),
};

const answer = ANSWERS[mode] ?? refuseMode(mode);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port,
  ...(tls === undefined ? {} : { tls }),
  fetch: (request, bunServer) => (bunServer.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    maxPayloadLength: LONGEST,
    backpressureLimit: LONGEST,
    perMessageDeflate: compresses && COMPRESSION[compression],
    open: (socket) => {
      if (mode === 'broadcast') socket.subscribe('all');
    },
    message: answer,
  },
});
announceReady(() => Bun.gc(true));
