// Runs in Deno.

import { createHash } from 'node:crypto';

import { announceReady, readPeerArguments, refuseMode } from './support.ts';

interface DenoSocket {
  binaryType: string;
  send(data: string | ArrayBuffer): void;
  addEventListener(type: 'message', listener: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
}

declare const Deno: {
  serve(
    options: {
      readonly hostname: string;
      readonly port: number;
      readonly cert?: string;
      readonly key?: string;
      onListen(): void;
    },
    handler: (request: Request) => Response,
  ): unknown;
  upgradeWebSocket(request: Request): { readonly socket: DenoSocket; readonly response: Response };
};

const { port, mode, tls } = readPeerArguments();
const sockets = new Set<DenoSocket>();

type Answer = (socket: DenoSocket, data: string | ArrayBuffer) => void;

const echo: Answer = (socket, data) => socket.send(data);

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo,
  handshake: echo,
  'hash-message': (socket, data) => {
    const bytes = typeof data === 'string' ? data : new Uint8Array(data);
    socket.send(createHash('sha256').update(bytes).digest('hex'));
  },
  broadcast: (_socket, data) => sockets.forEach((each) => each.send(data)),
};

const answer = ANSWERS[mode] ?? refuseMode(mode);

Deno.serve({ hostname: '127.0.0.1', port, ...tls, onListen: () => announceReady() }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => sockets.add(socket));
  socket.addEventListener('close', () => sockets.delete(socket));
  socket.addEventListener('message', ({ data }) => answer(socket, data));
  return response;
});
