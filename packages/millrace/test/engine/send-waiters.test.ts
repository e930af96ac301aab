import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { SendWaiters } from '../../src/engine/send-waiters.ts';
import type { Closure } from '../../src/protocol/base/closure.ts';
import { createScriptedPair, type ScriptedPair } from '../../src/testing/index.ts';
import { fateOf } from '../helpers/sending.ts';

const BINARY = { opcode: 2 };

/** A connection whose peer reads when a test says so, and those who wait for it. */
class Waiting {
  readonly pair: ScriptedPair;
  readonly waiters: SendWaiters;

  constructor(role: 'client' | 'server' = 'server', highWaterMark = 10_000) {
    this.pair = createScriptedPair(role, {
      options: { highWaterMark, keepAlive: false },
      handler: { onProgress: () => this.waiters.settle() },
    });
    this.pair.peerTransport.stopReading();
    this.waiters = new SendWaiters(this.pair.connection.sender);
  }

  /** Sends so many bytes, and waits. */
  send(size: number): Promise<void> {
    const { sender } = this.pair.connection;
    const before = sender.givenReferences;
    sender.sendMessage(new Uint8Array(size), BINARY);
    const { givenReferences } = sender;
    return this.waiters.wait(givenReferences === before ? 0 : givenReferences);
  }

  unblock(): void {
    this.pair.peerTransport.startReading();
    this.pair.settle();
  }
}

function closureOf(wasClean: boolean): Closure {
  return { code: 1000, reason: '', wasClean, initiator: 'remote', unsentBytes: 0, discardedBytes: 0 };
}

describe('SendWaiters', () => {
  it('do not wait for little', async () => {
    const waiting = new Waiting();

    assert.equal(await fateOf(waiting.send(100)), 'resolved');
    assert.equal(await fateOf(waiting.waiters.waitForMemory(0)), 'resolved');
    assert.equal(waiting.pair.connection.sender.tellsProgress, false);
  });

  it('wait for the high-water mark, all of them by one promise', async () => {
    const waiting = new Waiting('server', 1000);
    const [first, second] = [waiting.send(2000), waiting.send(10)];
    assert.equal(first, second);
    assert.equal(waiting.pair.connection.sender.tellsProgress, true);
    waiting.pair.settle();
    assert.equal(await fateOf(first), 'pending', 'the transport has not written it');

    waiting.unblock();

    assert.equal(await fateOf(first), 'resolved');
    assert.equal(waiting.pair.connection.sender.tellsProgress, false);
  });

  it('wait until memory that was given away was written, and for the mark', async () => {
    const waiting = new Waiting('server', 1000);
    const [lender, other] = [waiting.send(5000), waiting.send(10)];
    assert.notEqual(lender, other);
    waiting.pair.settle();
    assert.equal(await fateOf(lender), 'pending');

    waiting.unblock();

    assert.equal(await fateOf(lender), 'resolved');
    assert.equal(await fateOf(other), 'resolved');
  });

  it('of memory alone do not wait for the mark', async () => {
    const waiting = new Waiting('client', 1000);
    const { sender } = waiting.pair.connection;
    sender.sendMessage(new Uint8Array(100), BINARY);
    sender.sendMessage(new Uint8Array(5000), BINARY);
    const memory = waiting.waiters.waitForMemory(sender.givenReferences);
    const mark = waiting.waiters.wait(0);

    // A client masks a copy: the memory is free when it was taken.
    waiting.pair.settle();

    assert.equal(await fateOf(memory), 'resolved');
    assert.equal(await fateOf(mark), 'pending');
    assert.equal(sender.tellsProgress, true);
  });

  it('are told in the order in which they gave their memory', async () => {
    const waiting = new Waiting('server', 100_000);
    const order: number[] = [];
    const all = [5000, 70_000, 80_000].map(async (size, index) => {
      await waiting.send(size);
      order.push(index);
    });

    waiting.unblock();
    await Promise.all(all);

    assert.deepEqual(order, [0, 1, 2]);
  });

  for (const wasClean of [true, false]) {
    it(`are told of ${wasClean ? 'a clean end, before which all has left' : 'an unclean end'}`, async () => {
      const waiting = new Waiting('server', 1000);
      const { waiters } = waiting;
      const promises = [waiting.send(5000), waiting.send(10), waiters.waitForMemory(1)];
      promises.push(waiters.waitForDrain(), waiters.waitWhileSlow());
      for (const promise of promises) assert.equal(await fateOf(promise), 'pending');

      waiting.waiters.end(closureOf(wasClean));

      for (const promise of promises) {
        const fate = await fateOf(promise);
        if (wasClean) assert.equal(fate, 'resolved');
        else assert.equal(fate instanceof Error && fate.name, 'ConnectionClosedError');
      }
      waiting.waiters.end(closureOf(wasClean));
    });
  }

  it('are a hundred thousand at little cost', async () => {
    const waiting = new Waiting('server', 1000);
    const first = waiting.send(2000);

    for (let count = 0; count < 100_000; count++) assert.equal(waiting.waiters.wait(0), first);
    waiting.unblock();

    assert.equal(await fateOf(first), 'resolved');
  });
});
