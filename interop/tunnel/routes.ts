// The ways on which redis-cli reaches Redis, as data: each through a client and a server of a tunnel, of which one is ours at least.
import { fileURLToPath } from 'node:url';

import { listenTunnel, serveTunnel } from 'millrace/tunnel';

import { findFreePort, lines, start, stop, waitForListener } from './program.ts';

/** Debian's, for which its packages are. */
const PYTHON = '/usr/bin/python3';

const WEBSOCKIFY_CLIENT = fileURLToPath(new URL('../../python/websockify_client.py', import.meta.url));

const HERE = { host: '127.0.0.1', port: 0 };

/** One side of a tunnel, at work. */
interface Side<Place> {
  readonly place: Place;
  close(): Promise<unknown>;
}

type Subprotocol = 'binary' | 'base64';

/** A way to Redis. */
export interface Route {
  readonly name: string;
  /** Starts the server, which leads to a Unix domain socket; its URL. */
  serve(socketPath: string): Promise<Side<string>>;
  /** Starts the client; its port. */
  listen(url: string): Promise<Side<number>>;
}

/** All ways. This websockify knows no base64 any more, and refuses text. */
export const ROUTES: readonly Route[] = [
  { name: 'millrace', serve: serveByUs, listen: (url) => listenByUs(url, 'binary') },
  { name: 'millrace, base64', serve: serveByUs, listen: (url) => listenByUs(url, 'base64') },
  { name: '→ websockify', serve: serveByWebsockify, listen: (url) => listenByUs(url, 'binary') },
  { name: 'websockify →', serve: serveByUs, listen: (url) => listenByWebsockify(url, 'binary') },
  { name: '– no subprotocol', serve: serveByUs, listen: (url) => listenByWebsockify(url) },
];

async function serveByUs(socketPath: string): Promise<Side<string>> {
  const server = await serveTunnel(HERE, { socketPath });
  return { place: server.url, close: () => server.close() };
}

async function listenByUs(url: string, subprotocol: Subprotocol): Promise<Side<number>> {
  const listener = await listenTunnel(HERE, url, { subprotocols: [subprotocol] });
  return { place: listener.port ?? 0, close: () => listener.close() };
}

async function serveByWebsockify(socketPath: string): Promise<Side<string>> {
  const place = { ...HERE, port: await findFreePort() };
  const listen = `${place.host}:${place.port}`;
  const program = start(PYTHON, ['-B', '-m', 'websockify', `--unix-target=${socketPath}`, listen]);
  await waitForListener(place);
  return { place: `ws://${listen}`, close: () => stop(program) };
}

async function listenByWebsockify(url: string, ...subprotocols: 'binary'[]): Promise<Side<number>> {
  const program = start(PYTHON, ['-B', WEBSOCKIFY_CLIENT, url, ...subprotocols]);
  const hello = await lines(program).next();
  const port = Number(hello.value);
  return { place: port, close: () => stop(program) };
}
