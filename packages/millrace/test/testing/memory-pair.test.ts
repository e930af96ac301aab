import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Closure } from '../../src/protocol/base/closure.ts';
import { HoldReason } from '../../src/protocol/receive/read-ahead.ts';
import {
  VirtualClock,
  createMemoryPair,
  createScriptedPair,
  type MemoryEndSetup,
  type MemoryPair,
} from '../../src/testing/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { losablePayload } from '../helpers/lost-payload.ts';

interface Recorded {
  readonly setup: MemoryEndSetup;
  readonly messages: (string | Uint8Array)[];
  readonly closures: Closure[];
}

function record(setup: MemoryEndSetup = {}): Recorded {
  const messages: Recorded['messages'] = [];
  const closures: Closure[] = [];
  return {
    messages,
    closures,
    setup: {
      receiver: { level: 'message', handler: { onMessage: (payload) => messages.push(payload) } },
      ...setup,
      handler: { onClosed: (closure) => closures.push(closure), ...setup.handler },
    },
  };
}

function pairOf(client: Recorded, server: Recorded): MemoryPair {
  return createMemoryPair({ client: client.setup, server: server.setup });
}

describe('createMemoryPair', () => {
  it('does nothing before settle()', () => {
    const [client, server] = [record(), record()];
    const pair = pairOf(client, server);

    pair.client.connection.sender.sendMessage('a', { opcode: 1 });
    assert.deepEqual(server.messages, []);
    pair.settle();

    assert.deepEqual(server.messages, ['a']);
  });

  it('carries large messages both ways, however they are cut', () => {
    const large = new Uint8Array(300_000).fill(7);
    for (const chunking of ['whole', 1000, [1, 2, 3, 70_000]] as const) {
      const [client, server] = [record(), record()];
      const pair = pairOf(client, server);
      pair.client.transport.chunking = chunking;
      pair.server.transport.chunking = chunking;

      pair.client.connection.sender.sendMessage(large, { opcode: 2 });
      pair.server.connection.sender.sendMessage(large, { opcode: 2 });
      pair.settle();

      assert.deepEqual(server.messages, [large]);
      assert.deepEqual(client.messages, [large]);
      assert.equal(pair.client.transport.chunking, chunking);
    }
  });

  it('delivers by hand', () => {
    const [client, server] = [record(), record()];
    const pair = pairOf(client, server);
    pair.server.transport.chunking = 'by hand';
    pair.client.connection.sender.sendMessage('a', { opcode: 1 });
    pair.settle();
    assert.equal(pair.server.transport.unreadAmount, 7);

    pair.server.transport.deliver(6);
    pair.settle();
    assert.deepEqual(server.messages, []);
    pair.server.transport.deliver(1);
    pair.settle();

    assert.deepEqual(server.messages, ['a']);
  });

  it('blocks the output of one side while the other does not read', () => {
    const drains: string[] = [];
    const client = record({
      options: { highWaterMark: 10 },
      handler: { onHighWater: () => void drains.push('high water'), onDrain: () => void drains.push('drain') },
    });
    const server = record();
    const pair = pairOf(client, server);
    pair.server.transport.stopReading();

    pair.client.connection.sender.sendMessage(new Uint8Array(100), { opcode: 2 });
    pair.settle();
    assert.equal(pair.client.connection.sender.bufferedAmount, 106);
    assert.deepEqual(drains, ['high water']);
    pair.server.transport.startReading();
    pair.settle();

    assert.equal(pair.client.connection.sender.bufferedAmount, 0);
    assert.deepEqual(drains, ['high water', 'drain']);
    assert.equal(server.messages.length, 1);
  });

  it('blocks the output of one side while the connection at the other does not read', () => {
    const [client, server] = [record(), record({ options: { readAhead: 0 } })];
    const pair = pairOf(client, server);
    pair.server.connection.hold(HoldReason.PAUSE);
    pair.client.connection.sender.sendMessage('a', { opcode: 1 });
    pair.settle();
    assert.equal(pair.client.connection.sender.bufferedAmount, 7);

    pair.server.connection.release(HoldReason.PAUSE);
    pair.settle();

    assert.deepEqual(server.messages, ['a']);
  });

  it('overwrites what a connection has only been lent', () => {
    let lent = new Uint8Array(0);
    const { peer, settle } = createScriptedPair('client', {
      receiver: {
        level: 'streaming',
        lendsPayload: true,
        handler: {
          onMessageBegin: () => undefined,
          onFrameBegin: () => undefined,
          onFrameData: (chunk) => (lent = chunk as Uint8Array<ArrayBuffer>),
          onFrameEnd: () => undefined,
          onMessageEnd: () => undefined,
        },
      },
    });

    peer.sendText('abc');
    settle();

    assert.deepEqual([...lent], [0xdb, 0xdb, 0xdb]);
  });

  it('answers pings unless somebody is told of them', () => {
    const answering = createScriptedPair('server');
    const silent = createScriptedPair('server', { controls: { onPing: () => undefined } });

    for (const { peer, settle } of [answering, silent]) {
      peer.sendFrame({ opcode: 9, payload: hex('01') });
      settle();
    }

    assert.deepEqual(
      answering.peer.frames.map(({ opcode, payload }) => [opcode, ...payload]),
      [[10, 1]],
    );
    assert.deepEqual(silent.peer.frames, []);
  });

  it('meets the deadlines of both sides by one clock', () => {
    const clock = new VirtualClock(1000);
    const [client, server] = [record({ options: { keepAlive: false } }), record()];
    const pair = createMemoryPair({ client: client.setup, server: server.setup, clock });
    pair.settle();
    assert.equal(pair.clock, clock);
    assert.equal(clock.nextAlarm, 21_000);

    clock.advance(20_000);

    assert.equal(pair.server.connection.stats.framesSent, 1);
    assert.equal(pair.client.connection.stats.framesReceived, 1, 'all that follows happens too');
    assert.equal(pair.server.connection.stats.framesReceived, 1);
  });

  it('tells both sides of a transport that fails, and keeps no deadline', () => {
    const [client, server] = [record(), record()];
    const pair = pairOf(client, server);
    pair.client.connection.sender.sendMessage('lost', { opcode: 1 });
    pair.settle();
    pair.server.transport.fail(new Error('cut'));
    pair.server.transport.fail(new Error('again'));
    pair.settle();

    for (const { closures } of [client, server]) {
      assert.deepEqual(
        closures.map(({ code, reason }) => [code, reason]),
        [[1006, 'the transport failed: cut']],
      );
    }
    assert.equal(pair.clock.nextAlarm, Infinity);
    assert.ok(pair.client.transport.isClosed);
  });

  it('lets a half-closed side still be written to', () => {
    const { connection, peer, settle } = createScriptedPair('server');
    connection.fail(new Error('failed'));
    settle();
    assert.equal(peer.events.at(-1)?.type, 'end');

    peer.sendText('still');
    settle();
    assert.ok(connection.stats.bytesReceived > 0);
    peer.end();
    settle();

    assert.equal(peer.events.at(-1)?.type, 'close');
  });

  it('loses what is for an end that is closed', () => {
    const { connection, peer, transport, settle } = createScriptedPair('server');
    connection.drop();
    settle();

    peer.sendText('a');
    settle();
    peer.destroy();
    peer.destroy();
    settle();

    assert.equal(transport.unreadAmount, 0);
    assert.deepEqual(
      peer.events.map(({ type }) => type),
      ['end', 'close'],
    );
  });

  it('holds back the end of the other side while nothing is read', () => {
    const recorded = record({ options: { readAhead: 0 } });
    const { connection, peer, settle } = createScriptedPair('client', recorded.setup);
    connection.hold(HoldReason.PAUSE);
    settle();
    peer.sendText('a');
    peer.end();
    settle();
    assert.equal(recorded.closures.length, 0);

    connection.release(HoldReason.PAUSE);
    settle();

    assert.deepEqual(recorded.messages, ['a']);
    assert.equal(recorded.closures.length, 1);
  });

  it('gives a client keys that do not repeat', () => {
    const { connection, peer, settle } = createScriptedPair('client');
    for (let count = 0; count < 1000; count++) connection.sender.sendMessage('a', { opcode: 1 });
    settle();

    assert.equal(new Set(peer.frames.map(({ maskingKey }) => maskingKey)).size, 1000);
  });

  it('joins connections with nothing but defaults', () => {
    const pair = createMemoryPair();
    pair.client.connection.sender.sendMessage('ignored', { opcode: 1 });
    pair.client.connection.close();
    pair.settle();

    assert.equal(pair.server.connection.state, 'closed');
    assert.equal(pair.client.connection.state, 'closed');
  });

  it('gives a connection as many turns as it asks for', () => {
    const recorded = record();
    const { peer, settle } = createScriptedPair('client', recorded.setup);

    peer.sendBytes(concat(Array<Uint8Array>(5000).fill(hex('81 01 61'))));
    settle();

    assert.equal(recorded.messages.length, 5000);
  });

  it('tells an owner of everything, and asks it each time whether it works', () => {
    const told: string[] = [];
    let isWorking = true;
    const { connection, peer, transport, settle } = createScriptedPair('server', {
      options: { highWaterMark: 0, readAhead: 0 },
      handler: {
        get isWorking() {
          return isWorking;
        },
        onPong: () => told.push('pong'),
        onError: ({ message }) => told.push(message),
        onHighWater: () => told.push('high water'),
        onProgress: () => told.push('progress'),
        onDrain: () => told.push('drain'),
        onClosing: () => told.push('closing'),
        onFull: () => told.push('full'),
        onEnded: () => told.push('ended'),
        onClosed: () => {
          throw new Error('bad');
        },
      },
    });
    connection.sender.tellsProgress = true;
    connection.sender.sendMessage('a', { opcode: 1 });
    peer.sendFrame({ opcode: 10 });
    settle();
    connection.hold(HoldReason.PAUSE);
    transport.destroy();
    settle();
    isWorking = false;
    connection.proceed();
    settle();

    const kinds = ['pong', 'bad', 'high water', 'progress', 'drain', 'closing', 'full', 'ended'];
    assert.deepEqual([...new Set(told)].sort(), kinds.sort());
  });

  it('ends a connection whose payload was lost, and does not run for ever', () => {
    const { connection, peer, settle } = createScriptedPair('server');
    const { bytes, lose } = losablePayload('detached', 100_000);
    connection.sender.sendMessage(bytes, { opcode: 2 });

    lose();
    settle();

    assert.deepEqual(
      peer.frames.map(({ opcode, payload }) => [opcode, ...payload]),
      [[8, 0x03, 0xf3]],
    );
  });
});
