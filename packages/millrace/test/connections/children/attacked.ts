// Servers and clients whose handlers fail in every way, and await nothing. Raw sockets attack them; at the end a good client must still be
// served, and the process must end by itself.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';

import { connect, serve, type ConnectionHandler, type WebSocketConnection } from '../../../src/index.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { CLOSE, sent } from '../../helpers/message-peers.ts';
import { randomBytes } from '../../helpers/random.ts';
import { request } from '../../helpers/raw-peer.ts';
import { FRAME_VECTORS } from '../../classes/frame-vectors.ts';

const [, , sharedReadBuffer = 'true'] = process.argv;
const options = {
  sharedReadBuffer: sharedReadBuffer === 'true',
  handshakeTimeout: 300,
  closeTimeout: 300,
  maxMessageSize: 1000,
  highWaterMark: 1000,
  keepAlive: { interval: 100, timeout: 100, midFrameTimeout: 300 },
};
const FAILURE = new Error('of the application');
const fail = (): never => {
  throw FAILURE;
};
const failLater = (): Promise<never> => Promise.reject(FAILURE);

/** Begins everything that a connection can do, and awaits nothing. */
async function awaitNothing(connection: WebSocketConnection): Promise<void> {
  void connection.receive().then(
    (message) => {
      void message?.bytes();
      void message?.text();
    },
    () => undefined,
  );
  void connection.receive();
  void connection[Symbol.asyncIterator]().next();
  void connection.ping();
  void connection.send('a');
  void connection.send(new Uint8Array(100_000));
  void connection.close(5);
  const message = await connection.receive();
  void message?.frames().next();
  void message?.json();
  void message?.readable
    .getReader()
    .read()
    .catch(() => undefined);
}

async function readFrames(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) {
    for await (const frame of message.frames()) {
      void frame.bytes();
      void frame.discard();
    }
  }
}

const HANDLERS: ConnectionHandler<undefined>[] = [
  {},
  async (connection) => {
    for await (const message of connection) await connection.send(await message.bytes());
  },
  async (connection) => {
    for await (const message of connection) for await (const text of message.textChunks()) await connection.send(text);
  },
  readFrames,
  awaitNothing,
  fail,
  failLater,
  async (connection) => {
    for await (const message of connection) if (message.type === 'text') fail();
  },
  { open: fail, message: fail, drain: fail, close: fail, error: fail },
  { open: failLater, message: failLater, drain: failLater, close: failLater, error: failLater },
  { message: failLater, close: fail },
];

const ATTACKS: Uint8Array[] = [
  ...FRAME_VECTORS.map(([, bytes]) => hex(bytes)),
  hex('82 ff 7f ff ff ff ff ff ff ff 01 02 03 04 05'),
  concat(Array.from({ length: 2000 }, () => sent('', 0x89))),
  concat([sent('a', 0x01), ...Array.from({ length: 2000 }, () => sent('', 0x00))]),
  concat([sent('a', 0x01), sent('b', 0x00), CLOSE]),
  concat([sent('a'), CLOSE, sent('b')]),
  concat([sent('a', 0x01), sent(hex('ff'), 0x80)]),
  sent(new Uint8Array(2000), 0x82),
  randomBytes(5000, 1),
];
const ENDINGS: ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.pause(),
];

const ignore = (): void => undefined;
const sockets: Socket[] = [];

async function attackServer(port: number): Promise<void> {
  for (const attack of ATTACKS) {
    for (const end of ENDINGS) {
      const socket = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', ignore);
      sockets.push(socket);
      await once(socket, 'connect');
      socket.write(concat([Buffer.from(request('127.0.0.1', '/')), attack]), () => end(socket));
    }
  }
}

async function attackClients(): Promise<void> {
  const attacks = ATTACKS.flatMap((bytes) => ENDINGS.map((end) => ({ bytes, end })));
  const count = attacks.length;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', ignore);
    socket.once('data', (head) => {
      const key = /^sec-websocket-key: (.*?)\r$/im.exec(head.toString())?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      const attack = attacks.pop();
      if (attack === undefined) socket.resetAndDestroy();
      else socket.write(concat([Buffer.from(response), attack.bytes]), () => attack.end(socket));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  void connect('ws://127.0.0.1:1', options);
  void connect(url, { ...options, onConnect: failLater });
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, async (_, index) => {
      const connection = await connect(url, options);
      const use = [readFrames, awaitNothing][index % 2] ?? fail;
      await use(connection).catch(ignore);
      await connection.closed;
    }),
  );
  if (outcomes.every(({ status }) => status === 'rejected')) throw new Error('no client was connected');
  server.close();
}

async function greet(url: string): Promise<void> {
  const connection = await connect(url);
  await connection.ping();
  await connection.close();
}

// What handlers throw becomes a process warning; there are many.
process.removeAllListeners('warning');
for (const onError of [undefined, fail, failLater]) {
  const server = await serve({ host: '127.0.0.1', port: 0, ...options, onError }, {});
  await greet(server.url);
  await Promise.all(
    HANDLERS.map(async (handler) => {
      const attacked = await serve({ host: '127.0.0.1', port: 0, ...options, onError }, handler);
      await attackServer(attacked.port ?? 0);
      await attacked.close();
    }),
  );
  await greet(server.url);
  await server.close();
}
await attackClients();
for (const socket of sockets) socket.destroy();
process.stdout.write('survived\n');
