import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';

import { ConnectionDeny, LocalUsageError, TransportError, serve, type ConnectAnswer } from '../../src/index.ts';
import { describeInBothWays } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { CLOSE, sent, startConnection, startServing, until } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const SECRET = new Error('a secret');
const PLACE = { host: '127.0.0.1', port: 0 };

describeInBothWays('serve', (reading) => {
  const options = { ...reading, subprotocols: ['chat', 'soap'] };
  const ANSWERS: [name: string, answer: unknown, subprotocol: string, context: unknown][] = [
    ['nothing', undefined, 'soap', undefined],
    ['a subprotocol', 'chat', 'chat', undefined],
    ['a context', { context: 7 }, 'soap', 7],
    ['all there is', { subprotocol: 'chat', headers: { 'X-Mine': 'yes' }, context: 'c' }, 'chat', 'c'],
  ];
  for (const [name, answer, subprotocol, context] of ANSWERS) {
    for (const [kind, wrap] of [
      ['', (value: unknown) => value],
      ['a promise of ', (value: unknown) => Promise.resolve(value)],
      [
        "another library's promise of ",
        (value: unknown) => ({ then: (resolve: (it: unknown) => void) => resolve(value) }),
      ],
    ] as const) {
      it(`accepts with ${kind}${name} from onConnect`, async (t) => {
        const opened = new Inbox<unknown>();
        const server = await startServing<ConnectAnswer>(
          t,
          { open: (connection) => opened.put([connection.subprotocol, connection.context, connection.peer]) },
          { ...options, onConnect: () => wrap(answer) as ConnectAnswer },
        );

        const peer = await connectRaw(t, server.url, { headers: ['Sec-WebSocket-Protocol: soap, chat'] });

        assert.match(peer.head, new RegExp(`^HTTP/1.1 101 (.|\r\n)*sec-websocket-protocol: ${subprotocol}`, 'i'));
        assert.equal(/x-mine: yes/i.test(peer.head), context === 'c');
        assert.deepEqual(await opened.take(), [subprotocol, context, `127.0.0.1:${String(peer.socket.localPort)}`]);
      });
    }
  }

  const REFUSALS: [name: string, refuse: () => never, status: number, isReported: boolean][] = [
    [
      'a ConnectionDeny',
      () => {
        throw new ConnectionDeny(403, 'No');
      },
      403,
      false,
    ],
    [
      'anything else',
      () => {
        throw SECRET;
      },
      500,
      true,
    ],
  ];
  for (const [name, refuse, status, isReported] of REFUSALS) {
    for (const onConnect of [refuse, async () => refuse()]) {
      it(`refuses with ${String(status)} when onConnect throws ${name}${onConnect === refuse ? '' : ' later'}`, async (t) => {
        const errors = new Inbox<unknown>();
        const server = await startServing(
          t,
          {},
          {
            ...options,
            onConnect,
            onError: (error, connection) => errors.put([error, connection]),
          },
        );

        const peer = await connectRaw(t, server.url);

        assert.match(peer.head, new RegExp(`^HTTP/1.1 ${String(status)} `));
        assert.equal(server.connections.size, 0);
        if (isReported) assert.deepEqual(await errors.take(), [SECRET, undefined]);
        assert.equal(errors.size, 0);
      });
    }
  }

  it('attaches to an HTTP server, which stays when it is closed', async (t) => {
    const http = createServer((_, response) => response.end('plain'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => http.close());
    const server = await startServing(
      t,
      async (connection) => {
        for await (const message of connection) await connection.send(await message.text());
      },
      { ...reading, server: http, path: '/ws' },
    );
    const { port } = http.address() as AddressInfo;
    assert.equal(server.port, port);
    assert.match(server.url, /\/ws$/);
    const connection = await startConnection(t, `ws://127.0.0.1:${String(port)}/ws`, reading);
    await connection.send('hello');
    assert.equal(await (await connection.receive())?.text(), 'hello');

    await server.close();

    assert.equal((await connection.closed).code, 1001);
    const response = await new Promise<{ statusCode?: number | undefined }>((resolve) => {
      request({ port, host: '127.0.0.1', agent: false }, (answer) => resolve(answer.resume())).end();
    });
    assert.equal(response.statusCode, 200);
  });

  it('keeps the open connections, and forgets those that are over', async (t) => {
    const server = await startServing(t, {}, options);
    const peers = [await connectRaw(t, server.url), await connectRaw(t, server.url)];
    await until(() => server.connections.size === 2);

    peers[0]?.send(CLOSE);
    peers[1]?.socket.resetAndDestroy();
    await until(() => server.connections.size === 0);
    peers[0]?.send(sent('a'));
  });
});

describe('serve, told what it cannot do,', () => {
  const WRONG: [name: string, run: () => Promise<unknown>, message: RegExp][] = [
    ['no handler', () => serve(PLACE, undefined as never), /^handler is undefined/],
    ['a handler that is none', () => serve(PLACE, 'echo' as never), /^handler is "echo"/],
    ['null', () => serve(PLACE, null as never), /^handler is null/],
    ['a callback that is none', () => serve(PLACE, { message: 5 } as never), /^callback message of the handler is 5/],
    ['onConnect that is none', () => serve({ ...PLACE, onConnect: 5 } as never, {}), /^option onConnect is 5/],
    ['onError that is none', () => serve({ ...PLACE, onError: {} } as never, {}), /^option onError is an object/],
    ['no place', () => serve({}, {}), /port, socketPath, fd and server/],
    ['a bad limit', () => serve({ ...PLACE, maxMessageSize: -1 }, {}), /maxMessageSize/],
    ['a bad way of reading', () => serve({ ...PLACE, sharedReadBuffer: 1 } as never, {}), /sharedReadBuffer/],
  ];
  for (const [name, run, message] of WRONG) {
    it(`says so: ${name}`, async () => {
      await assert.rejects(run, (error) => error instanceof LocalUsageError && message.test(error.message));
    });
  }

  it('fails where the port is taken', async (t) => {
    const server = await startServing(t, {}, PLACE);

    await assert.rejects(serve({ ...PLACE, port: server.port }, {}), TransportError);
  });
});
