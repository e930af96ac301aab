import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RemoteProtocolError } from '../../../src/protocol/base/errors.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { summary } from '../../helpers/endings.ts';
import { TestTransform, increment, tick } from '../../helpers/transforms.ts';

/** A connection whose messages go through a transform that takes its time. */
function slow(options: object = {}): { connected: Connected; transform: TestTransform; finish: () => Promise<void> } {
  const transform = new TestTransform({ change: increment, isLater: () => true });
  const connected = connect({ level: 'message', controls: {}, transforms: [transform], options });
  const finish = async (): Promise<void> => {
    for (let job = transform.jobs[0]; job !== undefined; job = transform.jobs[0]) {
      job.finish();
      await tick();
    }
    connected.settle();
  };
  return { connected, transform, finish };
}

describe('Connection, while an extension works', () => {
  it('has nothing parsed, and goes on in order, the Close of the peer included', async () => {
    const { connected, finish } = slow();
    connected.peer.sendText('a');
    connected.peer.sendFrame({ opcode: 9 });
    connected.peer.sendText('b');
    connected.peer.sendClose(1000);
    assert.deepEqual(connected.heard(), []);

    await finish();

    assert.deepEqual(connected.log.lines, ['text: b', 'text: c', 'closing']);
    assert.deepEqual(connected.heard(), ['8a:', '88: 03 e8']);
  });

  it('goes on in order also where the transport of the peer has ended behind its Close', async () => {
    const { connected, finish } = slow();
    connected.peer.sendText('a');
    connected.peer.sendText('b');
    connected.peer.sendClose(1000);
    connected.peer.end();
    connected.settle();
    assert.equal(connected.connection.state, 'open', 'what was received is not parsed yet');

    await finish();

    assert.deepEqual(connected.log.lines, ['text: b', 'text: c', 'closing', 'ended 1000', 'closed 1000']);
    assert.equal(summary(connected), '1000 clean remote sent 1000 received 1000');
  });

  it('reads on up to readAhead, and again when the work is done', async () => {
    const { connected, finish } = slow({ readAhead: 10 });
    for (let count = 0; count < 20; count++) {
      connected.peer.sendText('a');
      connected.settle();
    }
    assert.notEqual(connected.transport.unreadAmount, 0);

    await finish();
    while (connected.transport.unreadAmount > 0) await finish();
    await finish();

    assert.equal(connected.log.lines.length, 20);
  });

  it('fails with 1011 where it takes longer than 30 s', async () => {
    const { connected, transform } = slow({ keepAlive: false });
    connected.clock.advance(500);
    connected.peer.sendText('a');
    connected.settle();
    const [job] = transform.jobs;

    connected.clock.advance(29_999);
    assert.equal(connected.connection.state, 'open');
    connected.clock.advance(1);
    assert.deepEqual(connected.heard(), ['88: 03 f3', 'end']);
    assert.equal(job?.signal.aborted, true);
    job.finish();
    await tick();
    connected.peer.end();
    connected.settle();

    assert.match(connected.closures[0]?.reason ?? '', /^an extension took more than 30 s/);
    assert.equal(connected.log.lines.includes('text: b'), false);
  });

  it('keeps the peer alive meanwhile', async () => {
    const { connected, finish } = slow({ keepAlive: { interval: 20_000, timeout: 5000 }, readAhead: 0 });
    connected.peer.sendText('a');
    connected.settle();

    connected.clock.advance(29_999);
    assert.equal(connected.connection.state, 'open');
    await finish();

    assert.deepEqual(connected.log.lines, ['text: b']);
  });

  it('lets closeTimeout win over the job', () => {
    const { connected, transform } = slow({ closeTimeout: 1000 });
    connected.peer.sendText('a');
    connected.settle();
    const [job] = transform.jobs;

    connected.connection.close(1000);
    connected.settle();
    connected.clock.advance(1000);

    assert.equal(connected.connection.state, 'closed');
    assert.equal(job?.signal.aborted, true);
  });

  it('fails with the code of what a transform throws, or with 1011', async () => {
    for (const [error, code] of [
      [new RemoteProtocolError('corrupt', 'RFC 7692', 1007), '03 ef 63 6f 72 72 75 70 74'],
      [new TypeError('secret'), '03 f3'],
    ] as const) {
      const { connected, transform } = slow();
      connected.peer.sendText('a');
      connected.settle();

      transform.jobs[0]?.fail(error);
      await tick();

      assert.deepEqual(connected.heard(), [`88: ${code}`, 'end']);
    }
  });

  it('pulls no more than the application takes', async () => {
    const { connected, transform, finish } = slow({ readAhead: 0 });
    connected.connection.hold(HoldReason.PAUSE);
    connected.connection.receive(hex('81 01 61'));
    assert.equal(transform.pulls, 0);

    connected.connection.release(HoldReason.PAUSE);
    await finish();

    assert.deepEqual(connected.log.lines, ['full', 'text: b']);
  });
});
