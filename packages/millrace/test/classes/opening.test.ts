import assert from 'node:assert/strict';
import { it } from 'node:test';

import {
  ConnectionDeny,
  HandshakeError,
  LocalUsageError,
  ReadyState,
  TransportError,
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  type ConnectionRequest,
  type ConnectionResponse,
} from '../../src/index.ts';
import type { HandshakeAnswer } from '../../src/classes/server-protocol.ts';
import { hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { hear } from '../helpers/diagnostics.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

const SECRET = new Error('a secret');

const later = async <Value>(value: Value): Promise<Value> => {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
};

type Answer = (request: ConnectionRequest) => HandshakeAnswer | Promise<HandshakeAnswer>;

function answering(journal: Journal, answer: Answer): new () => WebSocketServerProtocol {
  return class extends WebSocketServerProtocol {
    override onConnect(request: ConnectionRequest): HandshakeAnswer | Promise<HandshakeAnswer> {
      journal.write('connect');
      assert.equal(this.state, ReadyState.CONNECTING);
      return answer(request);
    }
    override onOpen(): void {
      journal.write(`open ${String(this.subprotocol)}`);
      assert.equal(this.state, ReadyState.OPEN);
    }
    override onClose(): void {
      journal.write('close');
    }
  };
}

describeInBothWays("A server's onConnect", (reading) => {
  const subprotocols = ['chat', 'soap'];
  const ACCEPTING: [name: string, answer: Answer, subprotocol: string | undefined, header: RegExp][] = [
    ['nothing', () => undefined, 'soap', /^(?!.*x-mine)/is],
    ['a subprotocol', () => 'chat', 'chat', /^(?!.*x-mine)/is],
    [
      'a subprotocol and headers',
      () => ({ subprotocol: 'chat', headers: { 'X-Mine': 'yes' } }),
      'chat',
      /\r\nX-Mine: yes(\r\n|$)/,
    ],
    ['headers alone', () => ({ headers: { 'X-Mine': 'yes' } }), 'soap', /\r\nX-Mine: yes(\r\n|$)/],
  ];
  for (const [name, answer, subprotocol, header] of ACCEPTING) {
    for (const [kind, give] of [
      ['', answer],
      ['a promise of ', async (request: ConnectionRequest) => later(await answer(request))],
    ] as const) {
      it(`accepts with ${kind}${name}`, async (t) => {
        const journal = new Journal();
        const server = await startServer(t, answering(journal, give), { ...reading, subprotocols });
        const peer = await connectRaw(t, server.url, { headers: ['Sec-WebSocket-Protocol: soap, chat'] });

        assert.match(peer.head, /^HTTP\/1.1 101 /);
        assert.match(peer.head, header);
        assert.match(peer.head, new RegExp(`sec-websocket-protocol: ${String(subprotocol)}`, 'i'));
        assert.deepEqual(journal.lines, ['connect', `open ${String(subprotocol)}`]);
        const [protocol] = server.connections;
        assert.ok(protocol !== undefined);
        assert.equal(protocol.subprotocol, subprotocol);
        assert.equal(protocol.peer, `127.0.0.1:${String(peer.socket.localPort)}`);
        assert.equal(protocol.extensions, '');
      });
    }
  }

  const REFUSING: [name: string, answer: Answer, status: number, text: RegExp, reported: boolean][] = [
    ['a ConnectionDeny', () => Promise.reject(new ConnectionDeny(403, 'not you')), 403, /^HTTP\/1.1 403 /, false],
    [
      'a ConnectionDeny with headers',
      () => Promise.reject(new ConnectionDeny(503, 'later', { 'Retry-After': '9' })),
      503,
      /Retry-After: 9/i,
      false,
    ],
    ['another error', () => Promise.reject(SECRET), 500, /^(?!.*secret)/is, true],
    ['a subprotocol that the client does not speak', () => 'other', 500, /^HTTP\/1.1 500 /, true],
    [
      'a header that would split the response',
      () => ({ headers: { 'X-Mine': 'a\r\nb: c' } }),
      500,
      /^(?!.*b: c)/is,
      true,
    ],
  ];
  for (const [name, answer, status, text, isReported] of REFUSING) {
    it(`refuses with ${name}: nothing opens and nothing closes`, async (t) => {
      const journal = new Journal();
      const errors = new Inbox<Error>();
      const server = await startServer(t, answering(journal, answer), {
        ...reading,
        onError: (error) => errors.put(error),
      });
      const peer = await connectRaw(t, server.url, { headers: ['Sec-WebSocket-Protocol: soap'] });
      await peer.ended;

      assert.match(peer.head, new RegExp(`^HTTP/1.1 ${String(status)} `));
      assert.match(peer.head, text);
      assert.deepEqual(journal.lines, ['connect']);
      assert.equal(server.connections.size, 0);
      if (isReported) assert.ok((await errors.take()) instanceof Error);
      assert.equal(errors.size, 0);
    });
  }

  it('can throw as well as reject', async (t) => {
    const journal = new Journal();
    const deny = (): never => {
      throw new ConnectionDeny(401, 'who are you', { 'WWW-Authenticate': 'Basic' });
    };
    const server = await startServer(t, answering(journal, deny), reading);

    const failed = startClient(t, server.url, class extends WebSocketClientProtocol {}, reading);

    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof HandshakeError);
      assert.equal(error.status, 401);
      assert.equal(error.headers['www-authenticate'], 'Basic');
      assert.match(error.body, /who are you/);
      return true;
    });
  });

  it('is given the request, and the protocol has its factory', async (t) => {
    const requests = new Inbox<ConnectionRequest>();
    class Server extends WebSocketServerProtocol {
      readonly hadFactory = ((): unknown => {
        try {
          return this.factory;
        } catch (error) {
          return error;
        }
      })();
      override onConnect(request: ConnectionRequest): void {
        assert.ok(this.factory instanceof WebSocketServerFactory);
        assert.ok(this.hadFactory instanceof LocalUsageError);
        requests.put(request);
      }
    }
    const server = await startServer(t, Server, reading);
    await connectRaw(t, `${server.url}?`, { headers: ['X-Mine: yes'] });

    const request = await requests.take();
    assert.equal(request.path, '/');
    assert.equal(request.headers['x-mine'], 'yes');
  });

  it('may take its time: what the client sends meanwhile waits', async (t) => {
    const journal = new Journal();
    class Server extends answering(journal, () => later(undefined)) {
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${String(payload)}`);
      }
    }
    const server = await startServer(t, Server, reading);
    await connectRaw(t, server.url, { behind: frame({ byte0: 0x81, payload: hex('61'), key: '01 02 03 04' }) });
    await journal.has('message');

    assert.deepEqual(journal.lines, ['connect', 'open undefined', 'message a']);
  });
});

describeInBothWays('A client', (reading) => {
  function journaling(
    journal: Journal,
    onConnect: (response: ConnectionResponse) => void | Promise<void>,
  ): new () => WebSocketClientProtocol {
    return class extends WebSocketClientProtocol {
      override onConnect(response: ConnectionResponse): void | Promise<void> {
        journal.write(`connect ${response.subprotocol ?? ''}`.trimEnd());
        return onConnect(response);
      }
      override onOpen(): void {
        journal.write('open');
      }
      override onOpenFailed(error: Error): void {
        journal.write(`openFailed ${error.constructor.name} ${error.message}`);
      }
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${String(payload)}`);
      }
      override onClose(_wasClean: boolean, code: number): void {
        journal.write(`close ${String(code)}`);
      }
    };
  }

  it('opens after onConnect, and gets what came right behind the response', async (t) => {
    for (const onConnect of [() => undefined, () => later(undefined)]) {
      const journal = new Journal();
      const behind = Buffer.concat([
        frame({ byte0: 0x81, payload: hex('61') }),
        frame({ byte0: 0x88, payload: hex('03 e8') }),
      ]);
      const raw = await listenRaw(t, { headers: ['Sec-WebSocket-Protocol: chat'], behind });
      const client = await startClient(t, raw.url, journaling(journal, onConnect), {
        ...reading,
        subprotocols: ['chat'],
      });
      const peer = await raw.peers.take();
      assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
      peer.socket.end();
      await journal.has('close');

      assert.equal(client.subprotocol, 'chat');
      assert.match(client.peer, /^127.0.0.1:/);
      assert.deepEqual(journal.lines, ['connect chat', 'open', 'message a', 'close 1000']);
    }
  });

  it('fails to open when its onConnect fails: onOpenFailed is told, onClose is not', async (t) => {
    const failing = [
      () => {
        throw SECRET;
      },
      () => Promise.reject(SECRET),
    ];
    for (const onConnect of failing) {
      const journal = new Journal();
      const raw = await listenRaw(t);
      const connecting = startClient(t, raw.url, journaling(journal, onConnect), reading);

      await assert.rejects(connecting, SECRET);
      await (
        await raw.peers.take()
      ).ended;

      assert.deepEqual(journal.lines, ['connect', 'openFailed Error a secret']);
    }
  });

  it('tells onOpenFailed of a refusal, also when nobody awaits connectWS', async (t) => {
    const journal = new Journal();
    const server = await startServer(
      t,
      answering(new Journal(), () => Promise.reject(new ConnectionDeny(404, 'gone'))),
      reading,
    );
    const protocol = journaling(journal, () => undefined);

    void connectWS(new WebSocketClientFactory(server.url, { protocol, ...reading }));
    await journal.has('openFailed');

    assert.match(journal.lines.join('\n'), /^openFailed HandshakeError .*404/);
  });

  it('tells onOpenFailed of a port where nobody listens', async (t) => {
    const journal = new Journal();
    const server = await startServer(
      t,
      answering(new Journal(), () => undefined),
      reading,
    );
    const { url } = server;
    await server.close();

    await assert.rejects(
      startClient(
        t,
        url,
        journaling(journal, () => undefined),
        reading,
      ),
      TransportError,
    );

    assert.match(journal.lines.join('\n'), /^openFailed TransportError .*ECONNREFUSED/);
  });

  it('reports what onOpenFailed throws, and still rejects with the first error', async (t) => {
    const errors = new Inbox<Error>();
    const heard = hear(t, 'millrace:error');
    class Failing extends WebSocketClientProtocol {
      override onConnect(): void {
        throw SECRET;
      }
      override onOpenFailed(): Promise<void> {
        return Promise.reject(new Error('another'));
      }
    }
    const raw = await listenRaw(t);

    await assert.rejects(
      startClient(t, raw.url, Failing, { ...reading, onError: (error) => errors.put(error) }),
      SECRET,
    );

    const error = await errors.take();
    assert.equal(error.message, 'another');
    assert.deepEqual(await heard.first(1), [{ error, connection: undefined }]);
  });

  it('opens and closes when the server has gone while onConnect took its time', async (t) => {
    const journal = new Journal();
    const raw = await listenRaw(t);
    const leave = async (): Promise<void> => {
      const peer = await raw.peers.take();
      peer.socket.resetAndDestroy();
      await peer.closed();
      for (let turn = 0; turn < 5; turn++) await later(undefined);
    };

    await startClient(t, raw.url, journaling(journal, leave), reading);
    await journal.has('close');

    assert.deepEqual(journal.lines, ['connect', 'open', 'close 1006']);
  });

  it('opens and closes when the server has ended while onConnect took its time', async (t) => {
    const journal = new Journal();
    const raw = await listenRaw(t);
    const leave = async (): Promise<void> => {
      (await raw.peers.take()).socket.end();
      for (let turn = 0; turn < 5; turn++) await later(undefined);
    };

    await startClient(t, raw.url, journaling(journal, leave), reading);
    await journal.has('close');

    assert.deepEqual(journal.lines, ['connect', 'open', 'close 1006']);
  });

  it('can be dropped in onOpen, before anything was read', async (t) => {
    const journal = new Journal();
    class Dropping extends journaling(journal, () => undefined) {
      override onOpen(): void {
        this.dropConnection();
        journal.write('open');
      }
    }
    const raw = await listenRaw(t, { behind: frame({ byte0: 0x81, payload: hex('61') }) });

    await startClient(t, raw.url, Dropping, reading);
    await journal.has('close');

    assert.equal(journal.lines[1], 'open');
    assert.equal(journal.lines.at(-1), 'close 1006');
  });

  it('can be dropped by the first message, that came with the response', async (t) => {
    const journal = new Journal();
    class Dropping extends journaling(journal, () => undefined) {
      override onMessage(): void {
        this.dropConnection();
      }
    }
    const raw = await listenRaw(t, { behind: frame({ byte0: 0x81, payload: hex('61') }) });

    await startClient(t, raw.url, Dropping, reading);
    await journal.has('close');

    assert.deepEqual(journal.lines, ['connect', 'open', 'close 1006']);
  });
});
