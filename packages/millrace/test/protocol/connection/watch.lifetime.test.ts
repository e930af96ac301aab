import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Closure } from '../../../src/protocol/base/closure.ts';
import type { ConnectionOptions } from '../../../src/protocol/connection/options.ts';
import { Opcode } from '../../../src/protocol/base/opcode.ts';
import { createScriptedPair, type ScriptedPair } from '../../../src/testing/index.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';

/** A server's connection whose peer answers its Close; `random` is from 0 to 1. */
function pairWith(options: ConnectionOptions, random = 0.5): ScriptedPair & { readonly closures: Closure[] } {
  const closures: Closure[] = [];
  const pair = createScriptedPair('server', {
    options: { keepAlive: false, ...options },
    handler: { onEnded: (closure) => closures.push(closure) },
    maskingKey: () => Math.floor(random * (2 ** 32 - 1)) | 0,
  });
  pair.settle();
  return { ...pair, closures };
}

/** When it is closed, if it is up to `end`, and how. */
function closedAt({ clock, connection, peer }: ScriptedPair, end: number): [time: number, close: string] | undefined {
  while (connection.state === 'open' && clock.now < end) clock.advance(1);
  if (connection.state === 'open') return undefined;
  const [last] = peer.frames.slice(-1);
  return [clock.now, Buffer.from(last?.payload ?? []).toString('latin1')];
}

const GOING_AWAY = '\x03\xe9';

describe('maxLifetime', () => {
  it('closes with 1001, up to a tenth earlier or later', () => {
    for (const [random, time] of [
      [0, 900],
      [0.5, 1000],
      [1, 1100],
    ] as const) {
      assert.deepEqual(closedAt(pairWith({ maxLifetime: 1000 }, random), 2000), [
        time,
        `${GOING_AWAY}as long as maxLifetime allows`,
      ]);
    }
  });

  it('is a closing like any other, by the engine', () => {
    const pair = pairWith({ maxLifetime: 1000 });
    assert.ok(closedAt(pair, 2000));
    pair.peer.sendClose(1001);
    pair.peer.end();
    pair.settle();

    const [closure] = pair.closures;
    assert.deepEqual(
      [closure?.wasClean, closure?.initiator, closure?.code, closure?.error],
      [true, 'engine', 1001, undefined],
    );
  });

  it('does not care what comes and goes', () => {
    const pair = pairWith({ maxLifetime: 1000 });
    for (let time = 0; time < 990; time += 10) {
      pair.clock.advance(10);
      pair.peer.sendText('x');
      pair.settle();
    }
    assert.equal(pair.connection.state, 'open');
    assert.equal(closedAt(pair, 2000)?.[0], 1000);
  });
});

describe('idleTimeout', () => {
  it('closes with 1001 when no data message came or went', () => {
    assert.deepEqual(closedAt(pairWith({ idleTimeout: 100 }), 1000), [
      100,
      `${GOING_AWAY}as long as idleTimeout allows`,
    ]);
  });

  it('counts from the last data in either direction, also of a message that goes on', () => {
    for (const act of [
      ({ peer }: ScriptedPair): void => peer.sendText('x'),
      ({ connection }: ScriptedPair): void => void connection.sender.sendMessage('x', { opcode: 1 }),
      ({ peer }: ScriptedPair): void => peer.sendBytes(Uint8Array.of(0x02, 0x80, 0, 0, 0, 0)),
    ]) {
      const pair = pairWith({ idleTimeout: 100 });
      pair.clock.advance(70);
      act(pair);
      pair.settle();

      assert.equal(closedAt(pair, 1000)?.[0], 170);
    }
  });

  it('counts pieces of a message that is being sent', () => {
    const pair = pairWith({ idleTimeout: 100 });
    const { sender } = pair.connection;
    sender.beginMessage(2);
    for (let count = 0; count < 5; count++) {
      pair.clock.advance(70);
      sender.sendFrame(new Uint8Array(10));
      pair.settle();
    }
    pair.clock.advance(99);
    assert.equal(pair.connection.state, 'open');
    pair.clock.advance(1);
    assert.equal(pair.connection.state, 'closing', 'Close waits for its end');
    sender.endMessage();
    pair.settle();
    assert.equal(pair.connection.state, 'closeSent');
  });

  it('does not count pings, in either direction', () => {
    const pair = pairWith({ idleTimeout: 100, keepAlive: { interval: 20 } });
    for (let count = 0; count < 3; count++) {
      pair.clock.advance(30);
      pair.peer.sendFrame({ opcode: Opcode.PING });
      pair.settle();
    }
    assert.equal(closedAt(pair, 1000)?.[0], 100);
  });

  it('does not run while a message waits for the application', () => {
    const pair = pairWith({ idleTimeout: 100 });
    pair.connection.hold(HoldReason.PROMISE);
    pair.peer.sendText('x');
    pair.settle();
    pair.clock.advance(950);
    assert.equal(pair.connection.state, 'open');

    pair.connection.release(HoldReason.PROMISE);
    pair.settle();

    const [time = 0] = closedAt(pair, 2000) ?? [];
    assert.ok(time > 950 && time <= 1050, String(time));
  });
});

describe('minReceiveRate', () => {
  const slow = { minReceiveRate: 100 };

  it('fails a peer that sends a message too slowly with 1008', () => {
    const pair = pairWith(slow);
    pair.peer.sendBytes(Uint8Array.of(0x82, 0xfe, 0x10, 0x00, 0, 0, 0, 0));
    pair.settle();
    for (let count = 0; count < 5; count++) {
      pair.clock.advance(900);
      pair.peer.sendBytes(new Uint8Array(99));
      pair.settle();
    }
    pair.clock.advance(499);
    assert.equal(pair.connection.state, 'open');
    pair.clock.advance(1);

    assert.equal(pair.connection.state, 'failed');
    pair.peer.end();
    pair.settle();
    assert.deepEqual(
      [pair.closures[0]?.sent?.code, pair.closures[0]?.error?.message],
      [
        1008,
        '99 bytes a second exceed minReceiveRate, 100 bytes a second; the peer sends a message too slowly (RFC 6455 §10.4)',
      ],
    );
  });

  it('leaves alone who is fast enough, or sends nothing between messages', () => {
    const pair = pairWith(slow);
    pair.peer.sendText('x');
    pair.settle();
    pair.clock.advance(60_000);
    pair.peer.sendBytes(Uint8Array.of(0x82, 0xfe, 0x10, 0x00, 0, 0, 0, 0));
    for (let count = 0; count < 25; count++) {
      pair.settle();
      pair.clock.advance(1000);
      pair.peer.sendBytes(new Uint8Array(150));
    }
    assert.equal(pair.connection.state, 'open');
  });

  it('does not count while nothing is read', () => {
    const pair = pairWith({ ...slow, readAhead: 0 });
    pair.connection.hold(HoldReason.PROMISE);
    pair.peer.sendBytes(Uint8Array.of(0x82, 0xfe, 0x10, 0x00, 0, 0, 0, 0));
    pair.settle();
    pair.clock.advance(60_000);

    assert.equal(pair.connection.state, 'open');
  });
});
