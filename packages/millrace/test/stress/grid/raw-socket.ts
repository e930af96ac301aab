import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** Connects a raw socket, and does the opening handshake. What comes then is not read. */
export async function connectRaw(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(REQUEST);
  await readHead(socket);
  return socket;
}

/** Answers the opening handshake of a client. What comes then is not read. */
export async function acceptRaw(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  const head = await readHead(socket);
  const key = /^sec-websocket-key: *(.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
}

async function readHead(socket: Socket): Promise<string> {
  await once(socket, 'readable');
  const head: unknown = socket.read();
  return String(head);
}
