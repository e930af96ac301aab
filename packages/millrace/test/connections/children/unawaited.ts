// Calls all that sends, and waits for none of it, on connections that end in every way. Each promise must fail without ending the process.
import { Readable } from 'node:stream';

import type { WebSocketConnection } from '../../../src/index.ts';
import { AsyncContext } from '../../../src/engine/async-context.ts';
import { NO_EVENTS, openIterated } from '../../../src/connections/open.ts';
import { resolveConnectionOptions } from '../../../src/protocol/connection/options.ts';
import { ScriptedPeer, createDuplexPair } from '../../../src/testing/index.ts';

const ENDINGS: ((connection: WebSocketConnection, peer: ScriptedPeer) => void)[] = [
  (connection) => connection.drop(),
  (_, peer) => peer.destroy(),
  (_, peer) => {
    peer.sendBytes(new Uint8Array(100));
    peer.end();
  },
  (connection, peer) => {
    void connection.close();
    peer.sendClose(1000);
    peer.end();
  },
  (_, peer) => {
    peer.sendClose(1000);
    peer.end();
  },
];

function callAll(connection: WebSocketConnection, signal: AbortSignal): void {
  const big = new Uint8Array(100_000);
  void connection.send(big);
  void connection.send(big, { signal });
  void connection.send([big, big, 'never'], { signal });
  void connection.send(new ReadableStream());
  void connection.send(new Readable({ read: () => undefined }), { signal });
  void connection.send('behind', { signal });
  void connection.send('behind');
  void connection.send(5 as unknown as string);
  void connection.beginMessage('text', { signal }).then(
    (writer) => {
      void writer.write('a');
      void writer.write(5 as unknown as string);
      void writer.writable
        .getWriter()
        .write('b')
        .catch(() => undefined);
      void writer.beginFrame(5).write('abcdef');
      void writer.end();
    },
    () => undefined,
  );
  void connection.ping();
  void connection.ping({ signal });
  void connection.receive();
  void connection[Symbol.asyncIterator]().next();
  void connection.close(1006);
  void connection.closed;
}

let rejected = 0;
process.on('unhandledRejection', () => process.exit(2));
for (const end of ENDINGS) {
  for (const abortsFirst of [true, false]) {
    const [socket, other] = createDuplexPair([{}, { chunking: 'by hand' }]);
    const peer = ScriptedPeer.over('client', other);
    const opened = openIterated({
      made: {
        role: 'server',
        socket,
        options: resolveConnectionOptions({ keepAlive: false, closeTimeout: 50 }),
        peer: '',
        subprotocol: undefined,
        extensions: '',
        onreadPlaces: undefined,
        context: new AsyncContext(),
      },
      context: undefined,
      events: NO_EVENTS,
      receives: true,
    });
    opened.start(new Uint8Array(0));
    const { connection } = opened;
    const controller = new AbortController();
    callAll(connection, controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    if (abortsFirst) controller.abort(new Error('aborted'));
    end(connection, peer);
    await connection.closed;
    callAll(connection, controller.signal);
    connection.send('after').catch(() => rejected++);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
console.log(`survived, with ${String(rejected)} promises rejected`);
