import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ConnectionDeny,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connect,
  listenWS,
  serve,
  type ServerStats,
} from '../../src/index.ts';
import { createDeferred } from '../../src/engine/deferred.ts';
import { until } from '../helpers/message-peers.ts';

const onConnect = ({ path }: { path: string }): void => {
  if (path !== '/') throw new ConnectionDeny(Number(path.slice(1)), 'no');
};

class Server extends WebSocketServerProtocol {
  override onConnect(request: { path: string }): void {
    onConnect(request);
  }
  override onMessage(payload: string | Uint8Array): void {
    this.sendMessage(payload);
  }
}

interface Counting {
  readonly url: string;
  readonly stats: ServerStats;
  close(): Promise<unknown>;
}

const FACADES: [name: string, start: () => Promise<Counting>][] = [
  ['serve', () => serve({ port: 0, onConnect }, { message: (connection, data) => connection.send(data) })],
  ['listenWS', () => listenWS(new WebSocketServerFactory('ws://localhost:0', { protocol: Server }))],
];

for (const [name, start] of FACADES) {
  describe(`The stats of ${name}`, () => {
    it('are sums over open connections and those that have ended, with refusals by status', async (t) => {
      const server = await start();
      t.after(() => server.close());
      const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
      for (const client of clients) {
        await client.send('abc');
        await (await client.receive())?.text();
      }
      for (const status of [403, 403, 404]) await assert.rejects(connect(`${server.url}${status}`));
      await clients[0]?.close();
      await clients[1]?.close(3999);
      await until(() => server.stats.open === 1);

      const { stats } = server;
      assert.deepEqual(
        { ...stats },
        {
          accepted: 3,
          open: 1,
          refused: { 403: 2, 404: 1 },
          unanswered: 0,
          closed: { 1000: 1, 3999: 1 },
          bytesReceived: 3 * (6 + 3) + 2 * (6 + 2),
          bytesSent: 3 * (2 + 3) + 2 * (2 + 2),
          framesReceived: 5,
          framesSent: 5,
          frameBytesReceived: 9 + 4,
          frameBytesSent: 9 + 4,
          messagesReceived: 3,
          messagesSent: 3,
          messageBytesReceived: 9,
          messageBytesSent: 9,
        },
      );
    });
  });
}

describe('The stats of a server', () => {
  it('count handshakes without an answer', async (t) => {
    const asked = createDeferred<undefined>();
    const server = await serve(
      {
        port: 0,
        onConnect: () => {
          asked.resolve(undefined);
          return new Promise<undefined>(() => undefined);
        },
      },
      {},
    );
    t.after(() => server.close());
    const gone = new AbortController();

    const connecting = connect(server.url, { signal: gone.signal });
    await asked.promise;
    gone.abort(new Error('enough'));
    await assert.rejects(connecting, /enough/);
    await until(() => server.stats.unanswered === 1);

    assert.equal(server.stats.accepted, 0);
  });
});
