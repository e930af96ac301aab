import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Pings } from '../../src/engine/pings.ts';
import { toHex } from '../helpers/bytes.ts';

function pings(): { pings: Pings; sent: Uint8Array[]; ping: (signal?: AbortSignal) => Promise<number> } {
  const all = new Pings();
  const sent: Uint8Array[] = [];
  const sender = {
    sendControlFrame: (_: number, payload?: Uint8Array | string) => sent.push(payload as Uint8Array) > 0,
  };
  return { pings: all, sent, ping: (signal) => all.send(sender, signal) };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  await new Promise(setImmediate);
  return isSettled;
}

describe('Pings', () => {
  it('tell themselves apart', async () => {
    const { pings: all, sent, ping } = pings();
    const [first, second] = [ping(), ping()];
    assert.notEqual(toHex(sent[0]!), toHex(sent[1]!));

    all.receive(sent[0]!);

    assert.ok((await first) >= 0);
    assert.equal(await isSettled(second), false);
  });

  it('are answered by the pong of a later one, even of one that was given up', async () => {
    const { pings: all, sent, ping } = pings();
    const abort = new AbortController();
    const [first, second, third] = [ping(), ping(abort.signal), ping()];
    abort.abort(new Error('enough'));
    await assert.rejects(second, { message: 'enough' });

    all.receive(sent[1]!);

    assert.ok((await first) >= 0);
    assert.equal(await isSettled(third), false);
  });

  it('tell how long the newest that was answered took', async () => {
    const { pings: all, sent, ping } = pings();
    const [first, second] = [ping(), ping()];

    const latency = all.receive(sent[1]!);

    assert.equal(latency, await second);
    assert.ok((await first) >= (await second));
    assert.equal(all.receive(sent[1]!), undefined);
    assert.equal(all.receive(Uint8Array.of(1)), undefined);
  });

  it('are not answered by other pongs', async () => {
    const { pings: all, ping } = pings();
    const first = ping();

    for (const payload of [[], [1], [0, 0, 0, 0], [0, 0, 0, 2], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 1, 0]]) {
      all.receive(Uint8Array.from(payload));
    }

    assert.equal(await isSettled(first), false);
    all.receive(Uint8Array.of(0, 0, 0, 1));
    all.receive(Uint8Array.of(0, 0, 0, 1));
    assert.ok((await first) >= 0);
  });

  it('are not sent with a signal that was aborted before', async () => {
    const { sent, ping } = pings();

    await assert.rejects(ping(AbortSignal.abort(new Error('before'))), { message: 'before' });

    assert.equal(sent.length, 0);
  });

  it('fail at the end, without an unhandled rejection', async () => {
    const { pings: all, ping } = pings();
    const first = ping();
    void ping();

    all.end(new Error('over'));

    await assert.rejects(first, { message: 'over' });
  });
});
