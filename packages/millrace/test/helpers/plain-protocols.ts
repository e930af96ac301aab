import { WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { Inbox } from './inbox.ts';

/** A client that hooks nothing. */
export class PlainClient extends WebSocketClientProtocol {}

/** A server that hooks nothing. */
export class PlainServer extends WebSocketServerProtocol {}

/** Makes a server class, and an inbox of its instances that are open. */
export function openedServers(): { Server: new () => WebSocketServerProtocol; opened: Inbox<WebSocketServerProtocol> } {
  const opened = new Inbox<WebSocketServerProtocol>();
  class Server extends WebSocketServerProtocol {
    override onOpen(): void {
      opened.put(this);
    }
  }
  return { Server, opened };
}
