import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  listenWS,
  prepareMessage,
  type ReceivedMessage,
} from '../../src/index.ts';
import { listenTunnel } from '../../src/tunnel/index.ts';
import { WebSocket, WebSocketStream } from '../../src/web/index.ts';
import { Inbox } from '../helpers/inbox.ts';
import { startConnection, startServing } from '../helpers/message-peers.ts';

const HEADERS = { authorization: 'Bearer SECRET' };

/** What `console.log` shows, on one line. */
function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 5 });
}

describe('console.log', () => {
  it('shows where a connection, its server and a message stand, and no payload, context or secret', async (t) => {
    const messages = new Inbox<ReceivedMessage>();
    const server = await startServing(
      t,
      async (connection) => {
        const message = await connection.expectMessage();
        messages.put(message);
        await message.text();
        await connection.closed;
      },
      { onConnect: () => ({ context: { password: 'SECRET' }, subprotocol: 'chat' }), subprotocols: ['chat'] },
    );
    const url = `${server.url}?token=SECRET`;
    const connection = await startConnection(t, url, { subprotocols: ['chat'], headers: HEADERS });
    await connection.send('SECRET');

    assert.match(show(await messages.take()), /^ReceivedMessage \{ type: 'text', bodyUsed: (true|false) \}$/);
    const [accepted] = server.connections;
    assert.match(
      show(accepted),
      /^WebSocketConnection \{ role: 'server', state: 'open', peer: '127\.0\.0\.1:\d+', .*'chat'/,
    );
    assert.match(show(server), /^WebSocketServer \{ url: 'ws:\/\/[^']+', connections: 1, isClosing: false \}$/);
    await connection.close(1000, 'bye');
    assert.match(
      show(connection),
      /role: 'client', state: 'closed', .* closure: \{ code: 1000, reason: 'bye', wasClean: true/,
    );
    for (const each of [accepted, server, connection]) assert.doesNotMatch(show(each), /SECRET/);
  });

  it('shows of a prepared message what it is, not what is in it', () => {
    assert.equal(show(prepareMessage('SECRET')), 'PreparedMessage { opcode: 1, size: 6 }');
  });

  it('shows what a subclass has added to classes, and no options, which may be secret', async (t) => {
    class Protocol extends WebSocketServerProtocol {
      readonly room = 'lobby';
    }
    class Factory extends WebSocketServerFactory {
      readonly visits = 3;
    }
    const place = { protocol: Protocol, port: 0, host: '127.0.0.1', headers: HEADERS };
    const factory = new Factory(undefined, place);
    const listener = await listenWS(factory);
    t.after(() => listener.close());
    const secret = 'ws://user:SECRET@localhost:1/chat?token=SECRET';
    class Client extends WebSocketClientProtocol {}
    const client = new WebSocketClientFactory(secret, { protocol: Client, headers: HEADERS });

    assert.equal(show(factory), 'Factory { visits: 3 }');
    assert.equal(show(listener), `WebSocketListener { url: '${listener.url}' }`);
    assert.match(show(new Protocol()), /^Protocol \{ state: 0, bufferedAmount: 0, .*room: 'lobby' \}$/);
    assert.equal(show(client), "WebSocketClientFactory { url: 'ws://localhost:1/chat?…' }");
  });

  it('shows where the objects of the web stand', async (t) => {
    const server = await startServing(t, async (connection) => {
      await connection.closed;
    });
    const url = `${server.url}?token=SECRET`;
    const socket = new WebSocket(url, { headers: HEADERS });
    const stream = new WebSocketStream(url, { headers: HEADERS });
    const shown = `${server.url}?…`;

    assert.match(show(socket), new RegExp(`^WebSocket \\{ url: '${shown.replace('?', '\\?')}', readyState: 0, `));
    assert.equal(show(stream), `WebSocketStream { url: '${shown}' }`);
    socket.close();
    stream.close();
    await new Promise((resolve) => socket.addEventListener('close', resolve));
  });

  it('shows where a tunnel listens, not where it leads to', async (t) => {
    const listener = await listenTunnel({ port: 0, host: '127.0.0.1' }, 'ws://user:SECRET@localhost:1/?token=SECRET');
    t.after(() => listener.close());

    assert.match(show(listener), /^TunnelListener \{ address: \{ address: '127\.0\.0\.1', .*\}, connections: 0 \}$/);
  });
});
