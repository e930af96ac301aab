// Our side with protocol classes.
import { WebSocketClientFactory, WebSocketServerFactory, connectWS, listenWS } from 'millrace';

import { SUBPROTOCOL } from '../case-dsl.ts';
import type { Task } from '../test-case.ts';
import { EchoClient, EchoServer } from './echo.ts';
import { compressionOption } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { HashClient, HashServer } from './hash.ts';
import { clientProtocolOf, serverProtocolOf } from './protocols.ts';

/** Begins to listen, for one connection. */
export async function startClassServer(task: Task): Promise<Endpoint> {
  const exchange = task.work === 'echo' ? new EchoServer(task) : new HashServer(task);
  const factory = new WebSocketServerFactory('ws://127.0.0.1:0', {
    protocol: serverProtocolOf(exchange),
    subprotocols: [SUBPROTOCOL],
    ...compressionOption(task),
    lendPayload: task.work === 'hash' && task.level === 'streaming', // what is hashed at once need not be copied
    onError: (error) => exchange.failed(error),
  });
  const server = await listenWS(factory);
  return {
    url: server.url,
    report: exchange.report,
    async stop() {
      exchange.drop();
      await server.close();
    },
  };
}

/** Begins to connect. */
export function startClassClient(task: Task): Endpoint {
  const exchange = task.work === 'echo' ? new EchoClient(task) : new HashClient(task);
  const factory = new WebSocketClientFactory(task.url, {
    protocol: clientProtocolOf(exchange),
    subprotocols: task.subprotocols,
    ...compressionOption(task),
    onError: (error) => exchange.failed(error),
  });
  connectWS(factory).catch(() => undefined); // the exchange is told
  return {
    url: task.url,
    report: exchange.report,
    stop() {
      exchange.drop();
      return Promise.resolve();
    },
  };
}
