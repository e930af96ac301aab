import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';

import { ConnectionClosedError } from '../../src/protocol/base/errors.ts';
import { hex } from '../helpers/bytes.ts';
import { fateOf, openSending, turns } from '../helpers/sending.ts';

describe('WebSocketConnection.close', () => {
  it('lets an open message be finished, sends the whole ones behind it, and rejects what has not begun', async (t) => {
    const { connection, frames, peer } = openSending(t);
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    await turns(1);
    const source = new Readable({ read: () => undefined });
    const first = connection.send('first');
    const pieces = connection.send(source);
    const begun = connection.beginMessage('text');
    const second = connection.send(hex('02'), { type: 'binary' });

    const closed = connection.close(1001, 'bye');
    assert.equal(connection.state, 'closing');
    await writer.write('b');
    // They wait in copies.
    assert.deepEqual([await fateOf(first), await fateOf(second)], ['resolved', 'resolved']);
    await writer.end();
    await Promise.all([first, second]);

    const heard = await frames(5);
    assert.deepEqual(heard.slice(0, 4), ['01: 61', '00: 62', '80:', '81: 66 69 72 73 74']);
    assert.deepEqual([heard[4], ...(await frames(1))], ['82: 02', '88: 03 e9 62 79 65']);
    peer.sendClose(1001);
    peer.end();
    await assert.rejects(pieces, ConnectionClosedError);
    await assert.rejects(begun, ConnectionClosedError);
    assert.equal(source.destroyed, true);
    assert.equal((await closed).wasClean, true);
    assert.equal(await fateOf(writer.end()), 'resolved');
  });

  it('sends what was written, though it was not on its way', async (t) => {
    const { connection, frames, peer } = openSending(t);
    const writer = await connection.beginMessage('text');
    await writer.write('a');

    void connection.close();
    void writer.write('b');
    await writer.end();

    assert.deepEqual(await frames(2), ['81: 61 62', '88: 03 e8']);
    peer.sendClose(1000);
    peer.end();
    assert.equal((await connection.closed).wasClean, true);
  });

  it('does not wait for a message of which nothing was written', async (t) => {
    const { connection, framesUntilClose } = openSending(t);
    const writer = await connection.beginMessage('text');
    const behind = connection.send('a');

    const closed = connection.close();
    await behind;
    const late = writer.write('b');

    assert.deepEqual(await framesUntilClose(), ['81: 61', '88: 03 e8']);
    await assert.rejects(late, ConnectionClosedError);
    await assert.rejects(writer.end(), ConnectionClosedError);
    assert.equal((await closed).wasClean, true);
  });

  it('ends at closeTimeout, where a message is not finished: what waits behind it is lost', async (t) => {
    const { connection } = openSending(t, { closeTimeout: 20, highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    const behind = connection.send('b');
    const source = connection.send(new Readable({ read: () => undefined }));

    const { wasClean, error } = await connection.close();

    assert.equal(wasClean, false);
    assert.match(error?.message ?? '', /closeTimeout/);
    for (const lost of [behind, source, writer.write('b')]) await assert.rejects(lost, ConnectionClosedError);
  });

  it('loses what waits when the open message is aborted', async (t) => {
    const { connection, framesUntilClose } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    await turns(1);
    const behind = connection.send('b');

    const closed = connection.close();
    writer.abort(new Error('no more'));

    assert.deepEqual(await framesUntilClose(), ['01: 61', '88: 03 f3']);
    await assert.rejects(behind, ConnectionClosedError);
    assert.equal((await closed).error?.message, 'no more');
  });

  it('abandons the open message and what waits when the peer closes', async (t) => {
    const { connection, peer, frames } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    await turns(1);
    const [behind, source] = [connection.send('b'), new Readable({ read: () => undefined })];
    const pieces = connection.send(source);

    peer.sendClose(1001);
    assert.deepEqual(await frames(2), ['01: 61', '88: 03 e9']);
    const late = [writer.write('b'), writer.end(), connection.send('c'), connection.beginMessage('text')];
    peer.end();

    for (const lost of [behind, pieces, ...late]) await assert.rejects(lost, ConnectionClosedError);
    assert.equal(source.destroyed, true);
    assert.equal((await connection.closed).wasClean, true);
  });

  it('loses what waits behind a message that the peer has us abandon while we close', async (t) => {
    const { connection, peer } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    const behind = connection.send('b');
    void connection.close();
    await turns(1);

    peer.sendClose(1001);
    await turns(2);
    const late = writer.end();
    peer.end();

    await assert.rejects(late, ConnectionClosedError);
    await assert.rejects(behind, ConnectionClosedError);
  });

  it('resolves sends that wait for a drain, when the end is clean', async (t) => {
    const { connection, block, unblock, frames, peer } = openSending(t, { highWaterMark: 0 });
    block();
    const sent = connection.send('a');
    const writer = await connection.beginMessage('text');
    const written = writer.write('b');
    const ended = writer.end();

    void connection.close();
    assert.equal(await fateOf(sent), 'pending');
    unblock();
    assert.deepEqual(await frames(3), ['81: 61', '81: 62', '88: 03 e8']);
    peer.sendClose(1000);
    peer.end();

    await Promise.all([sent, written, ended]);
  });

  it('changes nothing with a code or a reason that is none', async (t) => {
    const { connection, frames } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    const behind = connection.send('b');

    await assert.rejects(connection.close(1006), { name: 'LocalUsageError' });
    await assert.rejects(connection.close(1000, 'x'.repeat(124)), { name: 'LocalUsageError' });
    assert.equal(await fateOf(behind), 'pending');
    await writer.write('a');
    await writer.end();

    assert.deepEqual(await frames(2), ['81: 61', '81: 62']);
  });

  it('may be repeated, and is what disposing does', async (t) => {
    const { connection, framesUntilClose } = openSending(t);

    const closures = [connection.close(1001), connection.close(), connection.closed];
    const disposed = connection[Symbol.asyncDispose]();
    assert.deepEqual(await framesUntilClose(), ['88: 03 e9']);
    await disposed;

    const [first, ...others] = await Promise.all(closures);
    assert.ok(others.every((other) => other === first));
    assert.equal(connection.state, 'closed');
    assert.equal(await connection.closed, first);
    assert.equal(await connection.close(), first);
  });
});

describe('WebSocketConnection.ping', () => {
  it('gives the round trip; the newest pong answers all before it', async (t) => {
    const { connection, peer } = openSending(t);

    const pings = [connection.ping(), connection.ping(), connection.ping()];
    const payloads = [await peer.nextFrame(), await peer.nextFrame(), await peer.nextFrame()].map((f) => f.payload);
    for (const payload of [hex(''), hex('00 00 00 00'), hex('01 02 03 04 05')]) peer.sendFrame({ opcode: 10, payload });
    await turns(2);
    assert.equal(await fateOf(pings[0]!), 'pending');
    peer.sendFrame({ opcode: 10, payload: payloads[1]! });
    const times = await Promise.all(pings.slice(0, 2));
    assert.equal(await fateOf(pings[2]!), 'pending');
    peer.sendFrame({ opcode: 10, payload: payloads[2]! });

    times.push(await pings[2]!);
    assert.ok(times.every((time) => time >= 0));
  });

  it('passes a message that is open, and the end of one frame', async (t) => {
    const { connection, frames } = openSending(t);
    const writer = await connection.beginMessage('text');
    const frame = writer.beginFrame(2);
    await frame.write('a');
    await turns(1);
    void connection.ping();
    await frame.write('b');
    await writer.end();

    assert.deepEqual(await frames(3), ['01: 61 62', '89: 00 00 00 01', '80:']);
  });

  it('fails when it is aborted, and when the connection ends', async (t) => {
    const { connection } = openSending(t);
    const controller = new AbortController();

    const aborted = connection.ping({ signal: controller.signal });
    const lost = connection.ping();
    controller.abort(new Error('enough'));
    await assert.rejects(aborted, /enough/);
    await assert.rejects(connection.ping({ signal: controller.signal }), /enough/);
    connection.drop();

    await assert.rejects(lost, ConnectionClosedError);
    await assert.rejects(connection.ping(), ConnectionClosedError);
  });
});
