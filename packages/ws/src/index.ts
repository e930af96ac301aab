import { connectionOf } from './connection-of.ts';
import { extension } from './extension.ts';
import { PerMessageDeflate } from './permessage-deflate.ts';
import { Sender } from './sender.ts';
import { createWebSocketStream } from './stream.ts';
import { subprotocol } from './subprotocol.ts';
import { WebSocket } from './web-socket.ts';
import { WebSocketServer } from './web-socket-server.ts';

Object.assign(WebSocket, {
  connectionOf,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  WebSocket,
  WebSocketServer,
});

export {
  connectionOf,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Sender,
  subprotocol,
  WebSocket,
  WebSocketServer,
};
export { WebSocket as default, WebSocket as 'module.exports' };
