// Receives whole messages, since there is no other way, and answers each with its length.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 2 ** 31 });
server.on('listening', () => process.send?.(server.address()));
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => socket.send(String(data.length)));
});
