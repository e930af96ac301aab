import type { TestContext } from 'node:test';

import {
  connect,
  serve,
  type ConnectAnswer,
  type ConnectionHandler,
  type ConnectOptions,
  type ServeOptions,
  type WebSocketConnection,
  type WebSocketServer,
} from '../../src/index.ts';
import type { ContextAnswer, ContextOf } from '../../src/connections/serve-options.ts';
import { frame } from './frames.ts';
import { Inbox } from './inbox.ts';
import { connectRaw, type RawPeer } from './raw-peer.ts';

/** Builds a frame as a client sends it: text that is all of a message, unless the first byte says otherwise. */
export function sent(payload: string | Uint8Array, byte0 = 0x81): Uint8Array<ArrayBuffer> {
  return frame({ byte0, payload: Buffer.from(payload), key: '37 fa 21 3d' });
}

/** A Close with 1000, as a client sends it. */
export const CLOSE: Uint8Array = sent(Uint8Array.of(0x03, 0xe8), 0x88);

/** Serves for the time of a test, on a free port of 127.0.0.1 unless told otherwise. */
export async function startServing<Answer extends ConnectAnswer = undefined>(
  t: TestContext,
  handler: ConnectionHandler<ContextOf<Answer>>,
  options: ServeOptions<Answer> = {},
): Promise<WebSocketServer<ContextOf<Answer>>> {
  const elsewhere = options.port ?? options.server ?? options.socketPath;
  const place = elsewhere === undefined ? { host: '127.0.0.1', port: 0 } : {};
  const server = await serve<Answer>({ ...place, ...options }, handler);
  t.after(() => server.close({ timeout: 0 }));
  return server;
}

/** Connects for the time of a test. */
export async function startConnection<Answer extends ContextAnswer = undefined>(
  t: TestContext,
  url: string,
  options: ConnectOptions<Answer> = {},
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  const connection = await connect<Answer>(url, options);
  t.after(() => connection.drop());
  return connection;
}

/** A server's connection, which a test uses, and its client. */
export interface Accepted {
  readonly connection: WebSocketConnection;
  readonly peer: RawPeer;
  readonly server: WebSocketServer;
  /** What `onError` was told. */
  readonly errors: Inbox<Error>;
}

/**
 * Has a raw peer connect to a server whose handler does nothing until the end. Unless told otherwise, `closeTimeout` is short: the Close of the peer is answered
 * after half of it, where nobody asks for the messages before it.
 */
export async function acceptRaw(t: TestContext, options: ServeOptions = {}): Promise<Accepted> {
  const accepted = new Inbox<WebSocketConnection>();
  const errors = new Inbox<Error>();
  const server = await startServing(
    t,
    async (connection) => {
      accepted.put(connection);
      await connection.closed;
    },
    { onError: (error) => errors.put(error), closeTimeout: 200, ...options },
  );
  const peer = await connectRaw(t, server.url);
  return { connection: await accepted.take(), peer, server, errors };
}

/** Has the peer send chunks so that each is read by itself. */
export async function sendCut(
  { connection, peer }: Pick<Accepted, 'connection' | 'peer'>,
  chunks: readonly Uint8Array[],
): Promise<void> {
  let expected = connection.stats.bytesReceived;
  for (const chunk of chunks) {
    expected += chunk.length;
    peer.send(chunk);
    await until(() => connection.stats.bytesReceived >= expected || connection.state === 'closed');
  }
}

/** Waits until something holds, asking again when the event loop has turned. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn a few times: time for what must not happen. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
