// The limit for handshakes that Node's HTTP server parses: it answers the key, and Close with Close.

import { createHash } from 'node:crypto';

import { readPeerArguments, startHttpServer } from './support.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = Uint8Array.of(0x88, 0);

startHttpServer(readPeerArguments()).on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${String(request.headers['sec-websocket-key'])}${GUID}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', () => socket.end(CLOSE));
  socket.on('error', () => undefined);
});
