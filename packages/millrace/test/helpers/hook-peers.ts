import { describe, type TestContext } from 'node:test';

import {
  WebSocketClientFactory,
  WebSocketServerFactory,
  connectWS,
  listenWS,
  type ClientFactoryOptions,
  type ServerFactoryOptions,
  type WebSocketClientProtocol,
  type WebSocketListener,
  type WebSocketServerProtocol,
} from '../../src/index.ts';

/** The way of reading a socket, as an option of factories. */
export interface Reading {
  readonly sharedReadBuffer: boolean;
}

/** In milliseconds; a test that waits for what never comes is then named. */
const TIME_LIMIT = 60_000;

/** Describes a suite twice: with each way of reading sockets. */
export function describeInBothWays(name: string, suite: (reading: Reading) => void): void {
  const options = { timeout: TIME_LIMIT };
  describe(`${name}, with the shared read buffer`, options, () => suite({ sharedReadBuffer: true }));
  describe(`${name}, with 'data' events`, options, () => suite({ sharedReadBuffer: false }));
}

/** Starts a server of `protocol` for the time of a test, on a free port of 127.0.0.1 unless told otherwise. */
export async function startServer(
  t: TestContext,
  protocol: new () => WebSocketServerProtocol,
  options: Partial<ServerFactoryOptions> = {},
): Promise<WebSocketListener> {
  const elsewhere = options.port ?? options.server ?? options.socketPath;
  const place = elsewhere === undefined ? { host: '127.0.0.1', port: 0 } : {};
  const listener = await listenWS(new WebSocketServerFactory(undefined, { ...place, protocol, ...options }));
  t.after(() => listener.close({ timeout: 0 }));
  return listener;
}

/** Connects a client of `protocol` for the time of a test; resolves when its `onOpen` was called. */
export async function startClient<Protocol extends WebSocketClientProtocol>(
  t: TestContext,
  url: string,
  protocol: new () => Protocol,
  options: Partial<ClientFactoryOptions> = {},
): Promise<Protocol> {
  const connected = await connectWS(new WebSocketClientFactory(url, { protocol, ...options }));
  t.after(() => connected.dropConnection());
  if (!(connected instanceof protocol)) throw new Error('the factory made another protocol');
  return connected;
}
