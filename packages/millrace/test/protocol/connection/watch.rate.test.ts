import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Closure } from '../../../src/protocol/base/closure.ts';
import type { ConnectionOptions, ReceiveRateOptions } from '../../../src/protocol/connection/options.ts';
import type { Receiver } from '../../../src/protocol/receive/handlers.ts';
import { Opcode } from '../../../src/protocol/base/opcode.ts';
import { createScriptedPair, type ScriptedPair } from '../../../src/testing/index.ts';

interface RatedPair extends ScriptedPair {
  /** When each message came, in milliseconds. */
  readonly times: number[];
  readonly closures: Closure[];
}

function pairWith(receiveRate: ReceiveRateOptions, options: ConnectionOptions = {}): RatedPair {
  const times: number[] = [];
  const closures: Closure[] = [];
  const receiver: Receiver = { level: 'message', handler: { onMessage: () => times.push(pair.clock.now) } };
  const pair: ScriptedPair = createScriptedPair('server', {
    options: { keepAlive: false, receiveRate, ...options },
    receiver,
    handler: { onEnded: (closure) => closures.push(closure) },
  });
  return { ...pair, times, closures };
}

function sendTexts({ peer, settle }: ScriptedPair, count: number): void {
  for (let sent = 0; sent < count; sent++) peer.sendText('x');
  settle();
}

/** What the peer has received, by the first byte of its frames in hex. */
function received({ peer, settle }: ScriptedPair): string[] {
  settle();
  return peer.frames.map(({ opcode }) => opcode.toString(16));
}

describe('receiveRate', () => {
  it('lets a burst of messages through, and then one after the other, at the rate', () => {
    const pair = pairWith({ messages: 10, burst: 500 });

    sendTexts(pair, 8);
    assert.deepEqual(pair.times, [0, 0, 0, 0, 0]);
    pair.clock.advance(1000);

    const rest = pair.times.slice(5);
    assert.equal(rest.length, 3);
    for (const [index, time] of rest.entries()) assert.ok(Math.abs(time - 100 * (index + 1)) < 1, String(time));
  });

  it('takes no notice of who stays below it', () => {
    const pair = pairWith({ messages: 10, bytes: 1000, frames: 10 });
    for (let count = 0; count < 50; count++) {
      sendTexts(pair, 1);
      pair.clock.advance(100);
    }
    assert.equal(pair.times.length, 50);
  });

  it('throttles bytes, whatever they are cut into, and loses none', () => {
    for (const size of [100, 1000, 5000]) {
      const pair = pairWith({ bytes: 1000, burst: 100 }, { readAhead: 0 });
      const total = 10_000;
      const frame = Buffer.concat([
        Uint8Array.of(0x82, 0xfe, total >> 8, total & 0xff, 0, 0, 0, 0),
        Buffer.alloc(total),
      ]);
      for (let start = 0; start < frame.length; start += size) {
        pair.peer.sendBytes(frame.subarray(start, start + size));
        pair.settle();
      }
      while (pair.times.length === 0 && pair.clock.now < 60_000) pair.clock.advance(10);

      const [time = 0] = pair.times;
      // What waits in the transport is not read before its time.
      assert.ok(time >= 4000 && time <= 11_000, `${String(size)}: ${String(time)}`);
    }
  });

  it('answers pings though messages wait, and counts them', () => {
    const pair = pairWith({ frames: 2, burst: 1000 });

    sendTexts(pair, 3);
    pair.peer.sendFrame({ opcode: Opcode.PING });

    assert.deepEqual(received(pair), ['a']);
    assert.equal(pair.times.length, 2);
    pair.clock.advance(10_000);
    assert.equal(pair.times.length, 3);
    pair.peer.sendFrame({ opcode: Opcode.PING });
    pair.peer.sendFrame({ opcode: Opcode.PING });
    pair.settle();
    sendTexts(pair, 1);
    assert.equal(pair.times.length, 3, 'the pings took what there was');
  });

  it('reads no more of a flood of pings than twice a burst, and goes on at the rate', () => {
    const pair = pairWith({ frames: 10, burst: 1000 });
    for (let count = 0; count < 1000; count++) pair.peer.sendFrame({ opcode: Opcode.PING });
    pair.settle();

    const before = pair.connection.stats.framesReceived;
    assert.ok(before > 10 && before <= 22, String(before));
    pair.clock.advance(20_000);

    const after = pair.connection.stats.framesReceived;
    assert.ok(after - before >= 100 && after - before <= 240, String(after - before));
    assert.equal(pair.connection.state, 'open');
  });

  it('does not delay a Close: what waits is handed out, and it is answered', () => {
    const pair = pairWith({ messages: 1 });
    sendTexts(pair, 5);
    assert.equal(pair.times.length, 1);

    pair.peer.sendClose(1000);
    pair.settle();

    assert.equal(pair.times.length, 5);
    assert.deepEqual(received(pair), ['8']);
  });

  it('does not hold up a Close of ours', () => {
    const pair = pairWith({ messages: 1 });
    sendTexts(pair, 5);

    pair.connection.close(1000);
    pair.settle();
    pair.peer.sendClose(1000);
    pair.peer.end();
    pair.settle();

    assert.equal(pair.times.length, 5);
    assert.equal(pair.closures[0]?.wasClean, true);
  });

  for (const [kind, rate] of [
    ['messages', { messages: 3 }],
    ['frames', { frames: 3 }],
    ['bytes', { bytes: 21 }],
  ] as const) {
    it(`refuses what exceeds it with 1008 where it is told to: ${kind}`, () => {
      const pair = pairWith({ ...rate, onExcess: 'refuse' });

      sendTexts(pair, 3);
      assert.equal(pair.connection.state, 'open');
      sendTexts(pair, 1);

      assert.equal(pair.times.length, 3, kind);
      pair.peer.end();
      pair.clock.advance(200);
      pair.settle();
      const [closure] = pair.closures;
      assert.equal(closure?.sent?.code, 1008);
      assert.match(closure.error?.message ?? '', new RegExp(`exceed receiveRate\\.${kind}`));
    });
  }

  it('refuses nobody who stays below it, however long', () => {
    const pair = pairWith({ messages: 2, frames: 3, bytes: 100, onExcess: 'refuse' });
    for (let count = 0; count < 100; count++) {
      sendTexts(pair, 2);
      pair.clock.advance(1000);
    }
    assert.equal(pair.times.length, 200);
    assert.equal(pair.connection.state, 'open');
  });
});
