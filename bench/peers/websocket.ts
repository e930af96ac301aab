import { createHash } from 'node:crypto';

import websocket, { type Connection, type Message } from 'websocket';

import { LONGEST, readPeerArguments, refuseMode, startHttpServer } from './support.ts';

const args = readPeerArguments();

type Answer = (connection: Connection, message: Message) => void;

const connections = new Set<Connection>();
const echo: Answer = (connection, message) => {
  if (message.type === 'utf8') connection.sendUTF(message.utf8Data);
  else connection.sendBytes(message.binaryData);
};

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo,
  handshake: echo,
  'hash-message': (connection, message) => {
    if (message.type === 'binary') connection.sendUTF(createHash('sha256').update(message.binaryData).digest('hex'));
  },
  broadcast: (_connection, message) => connections.forEach((each) => echo(each, message)),
};

const answer = ANSWERS[args.mode] ?? refuseMode(args.mode);

const limits = { maxReceivedFrameSize: LONGEST, maxReceivedMessageSize: LONGEST };
const server = new websocket.server({
  ...limits,
  httpServer: startHttpServer(args),
  fragmentOutgoingMessages: false,
});
server.on('request', (request) => {
  const connection = request.accept(undefined);
  connections.add(connection);
  connection.on('message', (message) => answer(connection, message));
  connection.on('error', () => undefined);
  connection.on('close', () => connections.delete(connection));
});
