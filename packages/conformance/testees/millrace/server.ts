// An echo server: node server.js <message|frame|stream>. Prints its URL.
import { WebSocketServerFactory, listenWS } from 'millrace';

import { toLevel } from '../levels.ts';
import { FrameEchoServer, MessageEchoServer, StreamEchoServer } from './echo-servers.ts';

const SERVERS = { message: MessageEchoServer, frame: FrameEchoServer, stream: StreamEchoServer };

const protocol = SERVERS[toLevel(process.argv[2])];
const listener = await listenWS(
  new WebSocketServerFactory(undefined, { protocol, port: 0, host: '127.0.0.1', allowedOrigins: '*' }),
);
process.stdout.write(`${listener.url}\n`);
