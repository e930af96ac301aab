import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError, TransportError, connect } from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { describeInBothWays } from '../helpers/hook-peers.ts';
import { startConnection, startServing, turns } from '../helpers/message-peers.ts';
import { listenRaw } from '../helpers/raw-peer.ts';

const SECRET = new Error('a secret');

describeInBothWays('connect', (reading) => {
  it('receives what came right behind the response', async (t) => {
    const server = await listenRaw(t, { behind: hex('81 02 68 69 82 01 01 88 02 03 e8') });

    const connection = await startConnection(t, server.url, { ...reading, onConnect: () => turns() });

    assert.equal(await (await connection.receive())?.text(), 'hi');
    assert.deepEqual(await (await connection.receive())?.bytes(), Uint8Array.of(1));
    assert.equal(await connection.receive(), undefined);
    assert.deepEqual([connection.extensions, connection.subprotocol], ['', undefined]);
  });

  it('gives the connection its context, and onConnect the response', async (t) => {
    const server = await listenRaw(t, { headers: ['X-Mine: yes'] });

    const connection = await startConnection(t, server.url, {
      ...reading,
      onConnect: async ({ headers }) => ({ context: headers['x-mine'] }),
    });

    assert.equal(connection.context, 'yes');
  });

  for (const [name, onConnect] of [
    [
      'throws',
      () => {
        throw SECRET;
      },
    ],
    ['rejects', () => Promise.reject(SECRET)],
  ] as const) {
    it(`fails before the connection is open when onConnect ${name}`, async (t) => {
      const server = await listenRaw(t);

      await assert.rejects(connect(server.url, { ...reading, onConnect }), SECRET);

      await (await server.peers.take()).closed();
    });
  }

  it('is aborted by its signal, while onConnect waits too', async (t) => {
    const server = await listenRaw(t);
    const abort = new AbortController();
    const onConnect = (): void => abort.abort(SECRET);

    const connecting = connect(server.url, { ...reading, onConnect, signal: abort.signal });

    await assert.rejects(connecting, SECRET);
    await (await server.peers.take()).closed();
    await assert.rejects(connect(server.url, { ...reading, signal: abort.signal }), SECRET);
  });

  it('fails messages that are under way when the server goes away', async (t) => {
    const server = await startServing(t, async (connection) => connection.drop(), reading);
    const connection = await startConnection(t, server.url, reading);

    await assert.rejects(connection.receive(), { name: 'ConnectionClosedError' });
  });
});

describe('connect, told what it cannot do,', () => {
  const WRONG: [name: string, url: string, options: object][] = [
    ['no URL', 'nowhere', {}],
    ['another protocol', 'ftp://localhost', {}],
    ['an option that is none', 'ws://localhost', { maxFrameSize: 'much' }],
    ['onConnect that is none', 'ws://localhost', { onConnect: 5 }],
  ];
  for (const [name, url, options] of WRONG) {
    it(`says so: ${name}`, async () => {
      await assert.rejects(connect(url, options), LocalUsageError);
    });
  }

  it('fails where nobody listens, also unawaited', async () => {
    void connect('ws://127.0.0.1:1');

    await assert.rejects(connect('ws://127.0.0.1:1'), TransportError);
    await turns();
  });
});
