import { createServer, type Socket } from 'node:net';

import { RunningHash } from './running-hash.ts';
import { announceReady, readPeerArguments, refuseMode } from './support.ts';

const { port, mode } = readPeerArguments();

const sockets = new Set<Socket>();

type Answer = (socket: Socket) => (chunk: Uint8Array) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo: (socket) => (chunk) => socket.write(chunk),
  handshake: () => () => undefined,
  'hash-stream': (socket) => {
    const hash = new RunningHash((digest) => socket.write(digest, 'latin1'));
    return (chunk) => hash.update(chunk);
  },
  broadcast: () => (chunk) => {
    for (const each of sockets) each.write(chunk);
  },
};

const answer = ANSWERS[mode] ?? refuseMode(mode);

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => undefined);
  socket.on('data', answer(socket));
  // In place of a handshake: only now does a broadcast reach it.
  socket.write('!');
});
server.listen(port, '127.0.0.1', 4096, () => announceReady());
