import {
  WebSocketServerFactory,
  connect,
  listenWS,
  serve,
  type ConnectionCallbacks,
  type ConnectionHandler,
  type WebSocketConnection,
  type WebSocketServerProtocol,
} from 'millrace';
import { webSocketStreamOf } from 'millrace/web';

import { echoFrames, echoMessages, echoStreams } from './connection-echoes.ts';
import {
  FrameEchoClient,
  MessageEchoClient,
  MirrorEchoClient,
  StreamEchoClient,
  connectClient,
  type TestClient,
} from './echo-clients.ts';
import { FrameEchoServer, MessageEchoServer, MirrorEchoServer, StreamEchoServer } from './echo-servers.ts';
import { echoBetween, echoWithWebSocket, echoWithWebSocketStream } from './web-echoes.ts';

/** Starts an echo server; resolves to its URL. */
export type Serve = () => Promise<string>;

/** Connects and echoes; resolves when the connection is over, or could not be made. */
export type Echo = (url: string) => Promise<void>;

const PLACE = { port: 0, host: '127.0.0.1', allowedOrigins: '*' } as const;

/** Frames that are mirrored with their length cannot be compressed: they have another one then. */
const MIRRORS: readonly unknown[] = [MirrorEchoServer, MirrorEchoClient, echoFrames];

/** Each way in which an application can have a server. */
export const SERVERS: ReadonlyMap<string, Serve> = new Map([
  ['classes-message', classServer(MessageEchoServer)],
  ['classes-frame', classServer(FrameEchoServer)],
  ['classes-stream', classServer(StreamEchoServer)],
  ['classes-mirror', classServer(MirrorEchoServer)],
  ['callbacks', server(callbacks())],
  ['async-message', server(echoMessages)],
  ['async-stream', server(echoStreams)],
  ['async-mirror', server(echoFrames)],
  ['web-stream', server(async (connection) => echoBetween(await webSocketStreamOf(connection).opened))],
]);

/** Each way in which an application can have a client. */
export const CLIENTS: ReadonlyMap<string, Echo> = new Map([
  ['classes-message', classClient(MessageEchoClient)],
  ['classes-frame', classClient(FrameEchoClient)],
  ['classes-stream', classClient(StreamEchoClient)],
  ['classes-mirror', classClient(MirrorEchoClient)],
  ['async-message', client(echoMessages)],
  ['async-stream', client(echoStreams)],
  ['async-mirror', client(echoFrames)],
  ['web-socket', echoWithWebSocket],
  ['web-stream', echoWithWebSocketStream],
]);

function classServer(protocol: new () => WebSocketServerProtocol): Serve {
  return async () =>
    (
      await listenWS(
        new WebSocketServerFactory(undefined, { ...PLACE, protocol, compression: !MIRRORS.includes(protocol) }),
      )
    ).url;
}

function server(handler: ConnectionHandler<undefined>): Serve {
  // What goes wrong with a connection under test is seen by the suite.
  return async () =>
    (await serve({ ...PLACE, compression: !MIRRORS.includes(handler), onError: () => undefined }, handler)).url;
}

function callbacks(): ConnectionCallbacks {
  return { message: (connection, data) => connection.send(data) };
}

function classClient(protocol: new () => TestClient): Echo {
  return (url) => connectClient(url, protocol, () => undefined);
}

function client(echo: (connection: WebSocketConnection) => Promise<void>): Echo {
  return async (url) => {
    try {
      const connection = await connect(url, { compression: !MIRRORS.includes(echo) });
      // What goes wrong with a connection under test is seen by the suite.
      await echo(connection).catch(() => connection.close());
      await connection.closed;
    } catch {
      // The connection could not be made: some cases answer the opening handshake wrongly.
    }
  };
}
