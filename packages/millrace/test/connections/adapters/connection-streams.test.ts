import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ConnectionClosedError } from '../../../src/index.ts';
import { settle, wrappedPair } from '../../helpers/wrapped-pair.ts';

const KIB = 1024;

describe('readable and writable', () => {
  it('carry messages with their types, and end with the connection', async () => {
    const [client, server] = wrappedPair();
    const received: unknown[] = [];
    const writer = client.writable.getWriter();

    void writer.write('text');
    void writer.write(Uint8Array.of(1, 2));
    void writer.write(['in ', 'pieces']);
    const closed = writer.close();
    for await (const message of server.readable) received.push(message);
    await closed;

    assert.deepEqual(received, ['text', Uint8Array.of(1, 2), 'in pieces']);
    assert.equal((await server.closed).code, 1000);
  });

  it('are the same streams each time', () => {
    const [client] = wrappedPair();

    assert.equal(client.readable, client.readable);
    assert.equal(client.writable, client.writable);
    client.drop();
  });

  it('wait for each other', async () => {
    const [client, server] = wrappedPair();
    const count = 1000;
    let taken = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (taken++ === count) controller.close();
        else controller.enqueue(new Uint8Array(10 * KIB));
      },
    });

    const sent = source.pipeTo(client.writable);
    await settle();
    const takenUnread = taken;
    let received = 0;
    for await (const message of server.readable) received += message.length;
    await sent;

    assert.ok(takenUnread < 60, String(takenUnread));
    assert.equal(received, count * 10 * KIB);
  });

  it('receive the next message when it is asked for, beside receive()', async () => {
    const [client, server] = wrappedPair();
    const reader = server.readable.getReader();
    await client.send('one');
    await client.send('two');
    await settle();

    const first = await server.receive();
    assert.equal(await first?.text(), 'one');

    assert.deepEqual(await reader.read(), { done: false, value: 'two' });
    await client.close();
  });

  it('fail when the connection is lost', async () => {
    const [client, server] = wrappedPair();
    const reading = server.readable.getReader().read();
    const writer = server.writable.getWriter();

    client.drop();

    await assert.rejects(reading, ConnectionClosedError);
    await assert.rejects(writer.closed, ConnectionClosedError);
    await assert.rejects(writer.write('too late'), ConnectionClosedError);
  });

  it('fail a writable whose connection the peer has closed', async () => {
    const [client, server] = wrappedPair();
    const writer = client.writable.getWriter();

    await server.close();

    await assert.rejects(writer.closed, ConnectionClosedError);
  });

  it('fail to close when the connection is lost meanwhile', async () => {
    const [client, server] = wrappedPair();
    const closed = client.writable.close();
    server.drop();

    await assert.rejects(closed, ConnectionClosedError);
  });

  it('close with 1000 when reading is cancelled, and fail with 1011 when writing is aborted', async () => {
    const [one, otherOne] = wrappedPair();
    const [two, otherTwo] = wrappedPair();
    const reason = new Error('no more');

    await one.readable.cancel();
    await two.writable.abort(reason);

    assert.equal((await otherOne.closed).code, 1000);
    assert.equal((await otherTwo.closed).code, 1011);
    assert.equal((await two.closed).error, reason);
  });
});
