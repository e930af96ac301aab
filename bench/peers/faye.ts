import { createHash } from 'node:crypto';

import FayeWebSocket from 'faye-websocket';

import { readPeerArguments, refuseMode, startHttpServer } from './support.ts';

const args = readPeerArguments();

type Answer = (socket: FayeWebSocket, data: string | Buffer) => void;

const sockets = new Set<FayeWebSocket>();
const echo: Answer = (socket, data) => void socket.send(data);

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo,
  handshake: echo,
  'hash-message': (socket, data) => void socket.send(createHash('sha256').update(data).digest('hex')),
  broadcast: (_socket, data) => sockets.forEach((each) => each.send(data)),
};

const answer = ANSWERS[args.mode] ?? refuseMode(args.mode);

startHttpServer(args).on('upgrade', (request, stream, head) => {
  const socket = new FayeWebSocket(request, stream, head, []);
  sockets.add(socket);
  socket.addEventListener('message', (event) => {
    if ('data' in event && (typeof event.data === 'string' || event.data instanceof Buffer)) answer(socket, event.data);
  });
  socket.addEventListener('close', () => sockets.delete(socket));
});
