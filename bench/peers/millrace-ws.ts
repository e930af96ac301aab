import { createHash } from 'node:crypto';

import { WebSocketServer, type RawData, type WebSocket } from '@millrace/ws';

import { announceReady, readPeerArguments, refuseMode } from './support.ts';

const { port, mode } = readPeerArguments();

type Answer = (socket: WebSocket, data: RawData, isBinary: boolean) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo: (socket, data, isBinary) => socket.send(data, { binary: isBinary }),
  'hash-message': (socket, data) => {
    if (data instanceof Buffer) socket.send(createHash('sha256').update(data).digest('hex'));
  },
  broadcast: (_socket, data, isBinary) => {
    for (const client of server.clients) client.send(data, { binary: isBinary });
  },
};

const answer = ANSWERS[mode] ?? refuseMode(mode);

// 0 is without a limit.
const options = { host: '127.0.0.1', port, maxPayload: 2 ** 30, maxFragments: 0, maxBufferedChunks: 0 };
const server = new WebSocketServer(options);
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => answer(socket, data, isBinary));
});
server.on('listening', announceReady);
