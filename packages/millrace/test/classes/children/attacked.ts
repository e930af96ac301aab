// A server and a client without a single callback, or with callbacks that all throw. Raw sockets attack both; at the end a good client
// must still be served, and the process must end by itself.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import {
  ReadyState,
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from '../../../src/index.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { selfSignedCertificate } from '../../helpers/certificate.ts';
import { frame } from '../../helpers/frames.ts';
import { randomBytes } from '../../helpers/random.ts';
import { request } from '../../helpers/raw-peer.ts';
import { FRAME_VECTORS } from '../frame-vectors.ts';

const [, , mode = 'bare', sharedReadBuffer = 'true'] = process.argv;
const reading = { sharedReadBuffer: sharedReadBuffer === 'true' };
const limits = {
  handshakeTimeout: 300,
  closeTimeout: 300,
  keepAlive: { interval: 100, timeout: 100, midFrameTimeout: 300 },
};

class BareServer extends WebSocketServerProtocol {}
class BareClient extends WebSocketClientProtocol {}

const HOOKS = [
  ...['onConnect', 'onOpen', 'onClose', 'onPing', 'onPong', 'onControlFrame', 'onDrain', 'onOpenFailed'],
  ...[
    'onMessageBegin',
    'onMessageFrameBegin',
    'onMessageFrameData',
    'onMessageFrameEnd',
    'onMessageFrame',
    'onMessageEnd',
    'onMessage',
  ],
];

/** A class whose `hook` fails. */
function failing<Class extends new () => WebSocketServerProtocol | WebSocketClientProtocol>(
  base: Class,
  hook: string,
): Class {
  let calls = 0;
  Object.defineProperty(base.prototype, hook, {
    value: () => {
      // By turns, it throws and rejects.
      if (calls++ % 2 === 0) throw new Error(`${hook} throws`);
      return Promise.reject(new Error(`${hook} rejects`));
    },
  });
  return base;
}

const masked = (bytes: string, byte0: number): Uint8Array => frame({ byte0, payload: hex(bytes), key: '01 02 03 04' });
const PING = masked('70', 0x89);

/** What is sent to a server after its opening handshake. */
const TO_SERVERS: Uint8Array[] = [
  ...FRAME_VECTORS.map(([, bytes]) => hex(bytes)),
  hex('a2 00'),
  hex('82 ff ff ff ff ff ff ff ff ff'),
  hex('82 ff 7f ff ff ff ff ff ff ff 01 02 03 04 05'),
  concat(Array.from({ length: 2000 }, () => PING)),
  concat(Array.from({ length: 2000 }, () => masked('', 0x00))),
  concat([masked('61', 0x01), ...Array.from({ length: 2000 }, () => masked('', 0x00))]),
  concat([masked('03 e8', 0x88), masked('61', 0x81)]),
  concat([masked('61', 0x81), masked('62', 0x8b), masked('63', 0x8a), masked('64', 0x02), masked('65', 0x80)]),
  randomBytes(5000, 1),
  randomBytes(5000, 2),
];

/** What is sent to a client after its opening handshake: the same, without masks and with them. */
const TO_CLIENTS: Uint8Array[] = [
  ...TO_SERVERS,
  hex('81 02 69 6a 89 00 8a 00 88 02 03 e8'),
  hex('01 00 80 00 82 7f 7f ff ff ff ff ff ff ff'),
  hex('88 01 00'),
  hex('88 02 03 ed'),
  hex('81 02 c0 80'),
];

/** How a raw socket behaves once its bytes are sent. */
const ENDINGS: ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  // Half-open: it sends and reads nothing more, until it is given up.
  (socket) => socket.pause(),
];

const ignore = (): void => undefined;

async function dialRaw(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', ignore);
  await once(socket, 'connect');
  return socket;
}

const sockets: Socket[] = [];

async function attackServer(port: number): Promise<void> {
  const head = Buffer.from(request('127.0.0.1', '/'));
  const attacks: Uint8Array[] = [
    ...TO_SERVERS.map((bytes) => concat([head, bytes])),
    // Before the handshake: parts of it, and what is none.
    ...[0, 1, 20, head.length - 2, head.length].map((cut) => head.subarray(0, cut)),
    hex('16 03 01 02 00 01 00 01 fc 03 03'),
    randomBytes(1000, 3),
    Buffer.from(
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5\r\n\r\nhello',
    ),
    Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\0\x01\x02\x03\x04'),
    Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'),
    Buffer.from(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(500)}\r\n`),
    Buffer.from(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`),
  ];
  for (const attack of attacks) {
    // Of those that have to be many, each ends in one way only.
    for (const end of mode === 'bare' ? ENDINGS : [ENDINGS[sockets.length % ENDINGS.length] ?? ignore]) {
      const socket = await dialRaw(port);
      sockets.push(socket);
      socket.write(attack, () => end(socket));
    }
  }
  await dribble(await dialRaw(port), concat([head, masked('61 62 63', 0x81), PING, hex('a2 00')]));
}

/** Sends byte by byte. */
async function dribble(socket: Socket, bytes: Uint8Array): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of bytes) {
    socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resetAndDestroy();
}

/** Accepts each opening handshake, and sends the next attack. */
async function listenAttacking(): Promise<{ server: Server; url: string }> {
  const { createHash } = await import('node:crypto');
  const attacks = [...TO_CLIENTS, hex(''), Buffer.from('HTTP/1.1 200 OK\r\n\r\n')].flatMap((bytes) =>
    ENDINGS.map((end) => ({ bytes, end })),
  );
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
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

async function attackClients(protocols: (new () => WebSocketClientProtocol)[]): Promise<void> {
  const { server, url } = await listenAttacking();
  const connect = (to: string, index: number): Promise<WebSocketClientProtocol> => {
    const protocol = protocols[index % protocols.length] ?? BareClient;
    return connectWS(new WebSocketClientFactory(to, { protocol, ...reading, ...limits }));
  };
  // Nobody awaits it, and it fails.
  void connect('ws://127.0.0.1:1', 0);
  const count = (TO_CLIENTS.length + 3) * ENDINGS.length;
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => connect(url, index)));
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  while (opened.some(({ state }) => state !== ReadyState.CLOSED)) await new Promise((resolve) => setImmediate(resolve));
  server.close();
}

async function serveAttacked(protocol: new () => WebSocketServerProtocol): Promise<void> {
  const tls = await selfSignedCertificate();
  const server = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol, ...reading, ...limits }));
  const secure = await listenWS(
    new WebSocketServerFactory('wss://127.0.0.1:0', { protocol, tls, ...reading, ...limits }),
  );
  await attackServer(server.port ?? 0);
  if (mode === 'bare') {
    await attackServer(secure.port ?? 0);
    await greet(server.url, {});
    await greet(secure.url, { tls: { ca: tls.cert } });
  }
  await Promise.all([server.close(), secure.close()]);
}

/** Connects as a good client does, and waits for an answer. */
async function greet(url: string, options: object): Promise<void> {
  await new Promise<void>((resolve) => {
    class Good extends WebSocketClientProtocol {
      override onOpen(): void {
        this.sendPing(hex('61'));
      }
      override onPong(): void {
        this.sendClose(1000);
        resolve();
      }
    }
    void connectWS(new WebSocketClientFactory(url, { protocol: Good, ...reading, ...options }));
  });
}

// What a hook throws becomes a process warning; there are many.
process.removeAllListeners('warning');
if (mode === 'bare') {
  await serveAttacked(BareServer);
  await attackClients([BareClient]);
} else {
  await Promise.all(HOOKS.map((hook) => serveAttacked(failing(class extends WebSocketServerProtocol {}, hook))));
  await attackClients(HOOKS.map((hook) => failing(class extends WebSocketClientProtocol {}, hook)));
}
for (const socket of sockets) socket.destroy();
process.stdout.write('survived\n');
