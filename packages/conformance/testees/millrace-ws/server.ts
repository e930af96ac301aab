// An echo server on @millrace/ws. Prints its URL.
import { WebSocketServer } from '@millrace/ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('error', () => {
    // The connection fails by itself; without a listener the process would.
  });
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null)
    process.stdout.write(`ws://127.0.0.1:${String(address.port)}/\n`);
});
