import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { LimitExceededError } from '../../../src/protocol/base/errors.ts';
import { Connection } from '../../../src/protocol/connection/connection.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { BARE, BARE_HOST } from '../../helpers/bare.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect } from '../../helpers/connected.ts';
import { TestSendTransform } from '../../helpers/send-transforms.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

describe('Connection.farewell', () => {
  it('is what the application has closed with, also where it was never sent', () => {
    const connected = connect();
    connected.connection.sender.beginMessage(2);
    assert.equal(connected.connection.farewell, undefined);

    connected.connection.close(3001, 'bye');
    connected.connection.drop();
    connected.settle();

    assert.deepEqual(connected.connection.farewell, { code: 3001, reason: 'bye' });
    assert.equal(connected.closures[0]?.sent, undefined);
  });

  it('is nothing where the peer or the engine was first', () => {
    const remote = connect();
    remote.isWorking = true;
    remote.peer.sendClose(1000);
    remote.settle();
    remote.connection.close(3001);
    const limited = connect();
    limited.connection.closeFor('engine', 1001, '');
    limited.connection.close(3001);

    assert.deepEqual(remote.heard(), ['88: 0b b9']);
    assert.deepEqual([remote.connection.farewell, limited.connection.farewell], [undefined, undefined]);
  });
});

describe('Connection.error', () => {
  it('is why it fails, the first reason', () => {
    const { connection } = connect();
    const first = new Error('first');
    assert.equal(connection.error, undefined);

    connection.fail(first);
    connection.transportFailed(new Error('second'));

    assert.equal(connection.error, first);
  });

  it('is nothing where it closes', () => {
    const { connection } = connect();

    connection.close(1000);

    assert.equal(connection.error, undefined);
  });
});

describe('Connection.outputPosition and writtenPosition', () => {
  it('tell up to where there is output, and up to where it is written', () => {
    let unwritten = 0;
    const host = { ...BARE_HOST, transportBufferedAmount: () => unwritten };
    const connection = new Connection({ ...BARE, host });
    const positions = (): number[] => [connection.outputPosition, connection.writtenPosition];
    assert.deepEqual(positions(), [0, 0]);

    connection.sender.sendMessage('abc', TEXT);
    assert.deepEqual(positions(), [5, 0], 'a header and 3 bytes');
    connection.takeOutput(Infinity);
    unwritten = 4;
    assert.deepEqual(positions(), [5, 1]);
    connection.sender.sendMessage('', TEXT);
    assert.deepEqual(positions(), [7, 1]);
    connection.takeOutput(Infinity);
    unwritten = 0;

    assert.deepEqual(positions(), [7, 7]);
  });
});

describe('Connection.stats', () => {
  it('takes the latency of a ping of the application', () => {
    const { connection } = connect();

    connection.notePingLatency(42);

    assert.equal(connection.stats.pingLatency, 42);
  });

  it('tells the ratio of messages that extensions have changed when they were sent', () => {
    const half = new TestSendTransform({ change: (bytes) => bytes.subarray(0, bytes.length / 2) });
    const connected = connect({ role: 'server', sendTransforms: [half] });
    assert.equal(connected.connection.stats.compressionRatioSent, undefined);

    connected.connection.sender.sendMessage(new Uint8Array(100), BINARY);
    connected.settle();

    const { frameBytesSent, messageBytesSent, compressionRatioSent } = connected.connection.stats;
    assert.deepEqual([frameBytesSent, messageBytesSent, compressionRatioSent], [50, 100, 0.5]);
  });
});

describe('Connection.handleDeadline', () => {
  it('does nothing before its time', () => {
    const connected = connect({ options: { keepAlive: { interval: 1000 } } });
    assert.equal(connected.connection.nextDeadline, 1000);

    connected.connection.handleDeadline(999);
    assert.deepEqual(connected.heard(), []);
    connected.connection.handleDeadline(1000);

    assert.deepEqual(connected.heard(), ['89:']);
  });
});

describe('What a Connection holds', () => {
  it('costs as much as waits, in both directions', () => {
    const connected = connect({ role: 'server', level: 'message' });
    const { connection } = connected;
    assert.equal(connection.cost, 0);

    connection.hold(HoldReason.PAUSE);
    connected.peer.sendFrame({ opcode: 2, payload: new Uint8Array(1000) });
    connected.settle();
    const received = connection.cost;
    connection.sender.sendMessage(new Uint8Array(5000), BINARY);

    assert.equal(received, 1000 + ENTRY_COST);
    assert.ok(connection.sender.cost >= 5000);
    assert.equal(connection.cost, received + connection.sender.cost);
    connection.release(HoldReason.PAUSE);
    connected.settle();
    assert.equal(connection.cost, 0);
  });

  it('is shown where others may hold it, too: on its way out and waiting for its turn', () => {
    // What exceeds the mark waits where its caller has it.
    const { connection } = connect({ role: 'server', options: { highWaterMark: 5500 } });
    const [leaving, waiting] = [new Uint8Array(5000), new Uint8Array(6000)];
    connection.sender.sendMessage(leaving, BINARY);
    connection.sender.beginMessage(2);
    connection.sender.sendMessage(waiting, BINARY);
    const visited: Uint8Array[] = [];

    connection.visitShared((bytes) => visited.push(bytes));

    assert.deepEqual(
      visited.map(({ buffer, length }) => [buffer === leaving.buffer, buffer === waiting.buffer, length]),
      [
        [true, false, 5000],
        [false, true, 6000],
      ],
    );
  });

  it('is given up where too much is held by all together', () => {
    const connected = connect({ role: 'server' });
    const { connection } = connected;
    const error = new LimitExceededError({ option: 'maxTotalBuffered', limit: 100, size: 5000 }, 1013);
    connection.sender.sendMessage(new Uint8Array(5000), BINARY);

    connection.shed(error);

    assert.equal(connection.error, error);
    assert.deepEqual(
      connected.heard().map((line) => line.slice(0, 9)),
      ['88: 03 f5', 'end'],
    );
    connected.peer.end();
    connected.settle();
    assert.deepEqual([connected.closures[0]?.unsentBytes, connected.closures[0]?.sent?.code], [5004, 1013]);
    assert.equal(connection.cost, 0);
  });
});

describe('Connection.closureInside', () => {
  it('tells of a Close of the peer inside a message, and stays the same', () => {
    const connected = connect();
    connected.isWorking = true;
    connected.peer.sendBytes(hex('02 03 01 02 03'));
    connected.settle();
    assert.equal(connected.connection.closureInside, undefined);

    connected.peer.sendClose(1001);
    connected.settle();

    const { closureInside } = connected.connection;
    assert.deepEqual(closureInside, {
      code: 1006,
      reason: 'the peer has closed it inside a message',
      wasClean: false,
      sent: undefined,
      received: { code: 1001, reason: '' },
      initiator: 'remote',
      unsentBytes: 0,
      discardedBytes: 0,
      error: undefined,
    });
    connected.isWorking = false;
    connected.connection.proceed();
    connected.settle();
    assert.equal(connected.connection.closureInside, closureInside);
  });

  it('is nothing where the Close came between two messages', () => {
    const connected = connect();

    connected.peer.sendBytes(hex('82 01 01'));
    connected.peer.sendClose(1001);
    connected.settle();

    assert.equal(connected.connection.closureInside, undefined);
  });
});

describe('Connection.closeAtOnce', () => {
  it('closes as the application, ahead of the end of an open message', () => {
    const connected = connect();
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.sendFrame(hex('01'));

    connected.connection.closeAtOnce(1000, 'bye');

    assert.deepEqual(connected.heard(), ['02: 01', '88: 03 e8 62 79 65']);
    assert.deepEqual(connected.connection.farewell, { code: 1000, reason: 'bye' });
    connected.connection.closeAtOnce();
    assert.deepEqual(connected.heard(), []);
  });
});
