import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { summary } from '../../helpers/endings.ts';
import { losablePayload } from '../../helpers/lost-payload.ts';
import { TestSendTransform, type TestSendTransformSetup } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

interface Slow {
  readonly connected: Connected;
  readonly transform: TestSendTransform;
  /** Ends the job that is under way, and gives what the peer hears of it. */
  readonly finish: () => Promise<string[]>;
}

/** A server whose messages go through a transform, which takes its time unless told otherwise. */
function slow(setup: Partial<TestSendTransformSetup> = {}, options: object = {}): Slow {
  const transform = new TestSendTransform({ change: increment, isLater: () => true, ...setup });
  const connected = connect({ role: 'server', controls: {}, sendTransforms: [transform], options });
  const finish = async (): Promise<string[]> => {
    transform.jobs[0]?.finish();
    await tick();
    return connected.heard();
  };
  return { connected, transform, finish };
}

/** Ends jobs until there are none. */
async function finishAll({ transform, finish }: Slow): Promise<string[]> {
  const heard: string[] = [];
  while (transform.jobs.length > 0) heard.push(...(await finish()));
  return heard;
}

const AT_ONCE = { isLater: () => false };

describe('Connection, whose messages go through the transforms of extensions', () => {
  it('sends a whole message as one frame, with the bits of the transform', () => {
    const { connected, transform } = slow(AT_ONCE);

    connected.connection.sender.sendMessage(hex('01 02'), { ...BINARY, compress: true });

    assert.deepEqual(connected.heard(), ['a2: 02 03']);
    assert.deepEqual(transform.messages, [{ opcode: 2, reservedBits: 0, compress: true, length: 2 }]);
    assert.deepEqual(transform.calls, ['push 2', 'end']);
  });

  it('tells the length of text in bytes', () => {
    const { connected, transform } = slow({ ...AT_ONCE, applies: () => false });

    connected.connection.sender.sendMessage('é', TEXT);

    assert.equal(transform.messages[0]?.length, 2);
    assert.deepEqual(connected.heard(), ['81: c3 a9']);
  });

  it('leaves the memory of the application alone', () => {
    const transform = new TestSendTransform({ change: increment });
    const push = transform.push.bind(transform);
    transform.push = (chunk) => push(chunk.fill(0));
    const connected = connect({ role: 'server', sendTransforms: [transform] });
    const payload = hex('01 02');

    connected.connection.sender.sendMessage(payload, BINARY);

    assert.deepEqual(connected.heard(), ['a2: 01 01']);
    assert.deepEqual(payload, hex('01 02'));
  });

  it('sends several pieces as fragments, and cuts them to fragmentSize', () => {
    const { connected } = slow({ ...AT_ONCE, pieceSize: 3 }, { fragmentSize: 2 });

    connected.connection.sender.sendMessage(hex('00 01 02 03 04'), BINARY);

    assert.deepEqual(connected.heard(), ['22: 01 02', '00: 03', '80: 04 05']);
  });

  it('sends an empty message', () => {
    const { connected } = slow(AT_ONCE);

    connected.connection.sender.sendMessage(hex(''), BINARY);

    assert.deepEqual(connected.heard(), ['a2:']);
  });

  it('keeps the order of messages that go through it, that do not, and that are sent frame by frame', async () => {
    const slowly = slow({ applies: ({ opcode }) => opcode === 2 });
    const { connected } = slowly;
    const { sender } = connected.connection;

    sender.sendMessage(hex('01'), BINARY);
    sender.sendMessage('a', TEXT);
    sender.beginMessage(2);
    sender.sendFrame(hex('05'));
    sender.sendMessage('b', TEXT);
    sender.endMessage();
    sender.beginMessage(1);
    sender.beginFrame(2);
    assert.equal(sender.sendFrameData(hex('63')), 1);
    assert.equal(sender.sendFrameData(hex('64 65')), -1);
    sender.endMessage();
    sender.sendPreparedMessage(new PreparedMessage(hex('07'), 2));
    assert.deepEqual(connected.heard(), []);

    assert.deepEqual(await finishAll(slowly), [
      'a2: 02', '81: 61', '22: 06', '80:', '81: 62', '01: 63 64', '80:', 'a2: 08',
    ]); // prettier-ignore
    assert.equal(connected.connection.sender.bufferedAmount, 0);
  });

  it('lets control frames through while it works, and between two fragments', async () => {
    const slowly = slow({ pieceSize: 1 });
    const { connected, finish } = slowly;
    connected.connection.sender.sendMessage(hex('01 02'), BINARY);
    connected.peer.sendFrame({ opcode: 9, payload: hex('70') });
    assert.deepEqual(connected.heard(), ['8a: 70']);

    await finish();
    await finish();
    connected.peer.sendFrame({ opcode: 9, payload: hex('71') });

    assert.deepEqual(connected.heard(), ['8a: 71']);
    assert.deepEqual(await finishAll(slowly), ['80: 03']);
  });

  it('counts what it has not sent', async () => {
    const slowly = slow({}, { highWaterMark: 1000, maxBufferedAmount: 4000 });
    const { connected } = slowly;
    const { sender } = connected.connection;

    assert.equal(sender.sendMessage(new Uint8Array(900), BINARY), true);
    assert.equal(sender.sendMessage(new Uint8Array(900), BINARY), false);
    assert.equal(sender.bufferedAmount, 1800);
    assert.equal(sender.needsDrain, true);

    assert.equal((await finishAll(slowly)).length, 2);
    assert.equal(sender.needsDrain, false);
    assert.equal(sender.bufferedAmount, 0);
  });

  it('fails with 1008 where too much waits for it', () => {
    const { connected } = slow({}, { highWaterMark: 1000, maxBufferedAmount: 4000 });
    const { sender } = connected.connection;

    for (let count = 0; count < 10; count++) sender.sendMessage(hex(''), BINARY);

    assert.match(connected.heard()[0] ?? '', /^88: 03 f0/);
  });

  it('makes no more output than the transport takes', () => {
    const { connected, transform } = slow(
      { ...AT_ONCE, pieceSize: 100 },
      { highWaterMark: 250, maxBufferedAmount: 1e6 },
    );
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(5000), BINARY);
    // What is not output yet stands behind what is.
    const output = sender.bufferedAmount - 5000;

    assert.ok(output > 250 && output < 500, String(output));
    assert.equal(transform.calls.length, 2);
    assert.equal(connected.heard().length, 50);
    assert.equal(sender.bufferedAmount, 0);
  });

  it('sends Close behind what it works on, and not what was never complete', async () => {
    const slowly = slow();
    const { connected } = slowly;
    connected.connection.sender.sendMessage(hex('01'), BINARY);
    connected.connection.close(1000);
    assert.deepEqual(connected.heard(), []);

    assert.deepEqual(await finishAll(slowly), ['a2: 02', '88: 03 e8']);
  });

  it('answers Close behind what it works on, and abandons the open message', async () => {
    const slowly = slow();
    const { connected } = slowly;
    connected.connection.sender.sendMessage(hex('01'), BINARY);
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.sendFrame(hex('05'));
    connected.peer.sendClose(1000);
    assert.deepEqual(connected.heard(), []);

    assert.deepEqual(await finishAll(slowly), ['a2: 02', '88: 03 e8', 'end']);
  });

  it('aborts the job of a message that is abandoned', () => {
    const { connected, transform } = slow();
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.sendFrame(hex('05'));
    const [job] = transform.jobs;

    connected.peer.sendClose(1000);

    assert.deepEqual(connected.heard(), ['88: 03 e8', 'end']);
    assert.equal(job?.signal.aborted, true);
  });

  it('aborts its job when the connection ends', () => {
    const { connected, transform } = slow();
    connected.connection.sender.sendMessage(hex('05'), BINARY);
    const [job] = transform.jobs;

    connected.connection.transportClosed();
    connected.connection.endSending(() => new Error('ended'));

    assert.equal(job?.signal.aborted, true);
    assert.equal(connected.endings[0]?.unsentBytes, 1);
  });

  it('fails with 1011 where a job takes longer than 30 s', () => {
    const { connected } = slow({}, { keepAlive: false });
    connected.connection.sender.sendMessage(hex('05'), BINARY);
    connected.settle();

    connected.clock.advance(29_999);
    assert.equal(connected.connection.state, 'open');
    connected.clock.advance(1);

    assert.deepEqual(connected.heard(), ['88: 03 f3', 'end']);
  });

  it('fails with 1011 where a job fails, or a piece is empty', async () => {
    const failing = slow();
    failing.connected.connection.sender.sendMessage(hex('05'), BINARY);
    failing.transform.jobs[0]?.fail(new Error('out of order'));
    await tick();
    assert.deepEqual(failing.connected.heard(), ['88: 03 f3', 'end']);

    const empty = new TestSendTransform({ change: increment });
    empty.pull = () => new Uint8Array(0);
    const connected = connect({ role: 'server', controls: {}, sendTransforms: [empty] });
    connected.connection.sender.sendMessage(hex('05'), BINARY);
    assert.deepEqual(connected.heard(), ['88: 03 f3', 'end']);
    connected.peer.end();
    connected.settle();
    assert.match(String(summary(connected)), /^1006/);
  });

  for (const how of ['detached', 'shrunk'] as const) {
    it(`fails with 1011 where a payload is ${how} while it waits`, async () => {
      const slowly = slow();
      const { connected } = slowly;
      const { bytes, lose } = losablePayload(how, 100_000);
      connected.connection.sender.sendMessage(hex('01'), BINARY);
      connected.connection.sender.sendMessage(bytes, BINARY);
      lose();

      assert.deepEqual(await finishAll(slowly), ['a2: 02', '88: 03 f3', 'end']);
    });
  }

  it('lets frames have no declared length, and says so', () => {
    const { connected } = slow(AT_ONCE);
    const { sender } = connected.connection;
    sender.beginMessage(2);

    assert.throws(() => sender.beginFrame(5), { name: 'LocalUsageError', message: /an extension changes the message/ });
    sender.sendFrame(hex('01'));
    sender.endMessage();

    assert.deepEqual(connected.heard(), ['22: 02', '80:']);
  });

  it('flushes each frame, and ends with the last', () => {
    const { connected, transform } = slow({ ...AT_ONCE, keeps: true });
    const { sender } = connected.connection;
    sender.beginMessage(2);
    sender.sendFrame(hex('01'));
    sender.sendFrame(hex('02'), { final: true });
    sender.endMessage();

    assert.deepEqual(connected.heard(), ['22: 02', '80: 03']);
    assert.deepEqual(transform.calls, ['push 1', 'flush', 'push 1', 'end']);
  });

  it('misuse changes nothing', async () => {
    const slowly = slow();
    const { sender } = slowly.connected.connection;
    sender.sendMessage(hex('01'), BINARY);
    assert.throws(() => sender.endMessage(), { name: 'LocalUsageError' });
    assert.throws(() => sender.sendFrame(hex('01')), { name: 'LocalUsageError' });
    sender.beginMessage(2);
    assert.throws(() => sender.beginMessage(2), { name: 'LocalUsageError' });
    sender.endMessage();

    assert.deepEqual(await finishAll(slowly), ['a2: 02', 'a2:']);
  });

  it('has a message go through several transforms, in order', () => {
    const double = new TestSendTransform({
      change: (bytes) => Uint8Array.from(bytes, (byte) => 2 * byte),
      bits: 0b100,
      keeps: true,
    });
    const add = new TestSendTransform({ change: increment, bits: 0b001, keeps: true });
    const connected = connect({ role: 'server', sendTransforms: [add, double] });
    const { sender } = connected.connection;

    sender.sendMessage(hex('01'), BINARY);
    sender.beginMessage(2);
    sender.sendFrame(hex('02'));
    sender.endMessage();

    assert.deepEqual(connected.heard(), ['d2: 04', '52: 06', '80:']);
    assert.equal(double.messages[0]?.reservedBits, 0b001);
  });

  it('has several transforms work at their own pace', async () => {
    const isLater = (): boolean => true;
    const add = new TestSendTransform({ change: increment, isLater, pieceSize: 1 });
    const again = new TestSendTransform({ change: increment, isLater, bits: 0b100 });
    const connected = connect({ role: 'server', sendTransforms: [add, again] });
    connected.connection.sender.sendMessage(hex('01 02 03'), BINARY);

    const heard: string[] = [];
    while (add.jobs.length + again.jobs.length > 0) {
      add.jobs[0]?.finish();
      again.jobs[0]?.finish();
      await tick();
      heard.push(...connected.heard());
    }

    assert.deepEqual(heard, ['62: 03', '00: 04', '80: 05']);
  });

  describe('prepared messages', () => {
    it('go through the shared transform once, and tell each connection', async () => {
      let count = 0;
      let sent = 0;
      const shared = {
        key: 'k',
        transform: (payload: Uint8Array) => {
          count++;
          return Promise.resolve(increment(payload));
        },
        onSent: () => {
          sent++;
        },
      };
      const message = new PreparedMessage(hex('01'), 2);
      const ends = [slow({ shared }), slow({ shared })];
      for (const { connected } of ends) connected.connection.sender.sendPreparedMessage(message);
      await tick();
      for (const { connected } of ends) assert.deepEqual(connected.heard(), ['a2: 02']);
      ends[0]!.connected.connection.sender.sendPreparedMessage(message);
      assert.deepEqual(ends[0]!.connected.heard(), ['a2: 02']);

      assert.deepEqual([count, sent], [1, 3]);
    });

    it('fail with 1011 where that fails, and may be sent again', async () => {
      let isBroken = true;
      const shared = {
        key: 'k',
        transform: (payload: Uint8Array) =>
          isBroken ? Promise.reject(new Error('no memory')) : Promise.resolve(increment(payload)),
        onSent: () => undefined,
      };
      const message = new PreparedMessage(hex('01'), 2);
      const first = slow({ shared });
      first.connected.connection.sender.sendPreparedMessage(message);
      await tick();
      assert.deepEqual(first.connected.heard(), ['88: 03 f3', 'end']);
      isBroken = false;

      const second = slow({ shared });
      second.connected.connection.sender.sendPreparedMessage(message);
      await tick();
      assert.deepEqual(second.connected.heard(), ['a2: 02']);
    });
  });
});
