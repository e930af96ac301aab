import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const server = new WebSocketServer({ port: 0 });
let connections = 0;
server.on('connection', (socket) => {
  socket.on('error', console.error);
  socket.send(`Message ${String(++connections)}`);
  if (connections < 3) socket.terminate();
});
await once(server, 'listening');

// #region
function follow(url: string, onMessage: (text: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let socket: WebSocket;
  let isStopped = false;

  function start(): void {
    socket = new WebSocket(url);
    socket.on('error', () => undefined); // 'close' follows
    socket.on('message', (data: Buffer) => onMessage(data.toString()));
    socket.on('close', () => {
      if (!isStopped) timer = setTimeout(start, 50);
    });
  }
  start();

  return () => {
    isStopped = true;
    clearTimeout(timer);
    socket.close();
  };
}
// #endregion

const stop = follow(urlOf(server), (text) => {
  console.log(text);
  if (text !== 'Message 3') return;
  stop();
  server.close();
});
