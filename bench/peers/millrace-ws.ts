import { createHash } from 'node:crypto';

import { WebSocketServer, type RawData, type WebSocket } from '@millrace/ws';

import {
  announceReady,
  compressionOptions,
  LONGEST,
  readPeerArguments,
  refuseMode,
  startHttpServer,
} from './support.ts';

const args = readPeerArguments();
const { port, mode, tls } = args;

type Answer = (socket: WebSocket, data: RawData, isBinary: boolean) => void;

const echo: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo,
  handshake: echo,
  'hash-message': (socket, data) => {
    if (data instanceof Buffer) socket.send(createHash('sha256').update(data).digest('hex'));
  },
  broadcast: (_socket, data, isBinary) => {
    for (const client of server.clients) client.send(data, { binary: isBinary });
  },
};

const answer = ANSWERS[mode] ?? refuseMode(mode);

// 0 is without a limit.
const limits = { maxPayload: LONGEST, maxFragments: 0, maxBufferedChunks: 0 };
const options = { ...limits, perMessageDeflate: compressionOptions(args) };
const server = new WebSocketServer(
  tls === undefined ? { ...options, host: '127.0.0.1', port } : { ...options, server: startHttpServer(args) },
);
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => answer(socket, data, isBinary));
});
if (tls === undefined) server.on('listening', () => announceReady());
