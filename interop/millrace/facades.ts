// Our side of a case, with each part of Millrace.
import type { Facade, Task } from '../test-case.ts';
import { startCallbackServer } from './callbacks.ts';
import { startClassClient, startClassServer } from './classes.ts';
import { startConnectionClient, startConnectionServer } from './connections.ts';
import type { Endpoint } from './endpoint.ts';
import { startWebSocket, startWebSocketStream, startWebSocketStreamServer } from './web.ts';

/** What a part of Millrace can be: a server, a client, or both. */
interface FacadeSides {
  readonly serve?: (task: Task) => Promise<Endpoint>;
  readonly connect?: (task: Task) => Endpoint;
}

const FACADES: Readonly<Record<Facade, FacadeSides>> = {
  classes: { serve: startClassServer, connect: startClassClient },
  callbacks: { serve: startCallbackServer },
  connections: { serve: startConnectionServer, connect: startConnectionClient },
  WebSocket: { connect: startWebSocket },
  WebSocketStream: { serve: startWebSocketStreamServer, connect: startWebSocketStream },
};

/** Begins to listen, for one connection. */
export function startServer(facade: Facade, task: Task): Promise<Endpoint> {
  const { serve } = FACADES[facade];
  if (serve === undefined) throw new Error(`${facade} is no server`);
  return serve(task);
}

/** Begins to connect. */
export function startClient(facade: Facade, task: Task): Endpoint {
  const { connect } = FACADES[facade];
  if (connect === undefined) throw new Error(`${facade} is no client`);
  return connect(task);
}
