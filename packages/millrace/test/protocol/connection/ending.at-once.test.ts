import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { openFrame, summary } from '../../helpers/endings.ts';

const TEXT = { opcode: 1 };

function endByPeer({ peer, settle }: Connected): void {
  peer.sendClose(1000);
  peer.end();
  settle();
}

describe('Connection.closeAtOnce', () => {
  it('abandons the open message between two frames, and what waits behind it', () => {
    const connected = connect();
    const { sender } = connected.connection;
    sender.sendMessage('a', TEXT);
    sender.beginMessage(2);
    sender.sendFrame(hex('01'));
    sender.sendMessage('bcd', TEXT);

    connected.connection.closeAtOnce(1000);

    assert.deepEqual(connected.heard(), ['81: 61', '02: 01', '88: 03 e8']);
    assert.equal(connected.connection.state, 'closeSent');
    assert.equal(sender.sendFrame(hex('02')), false);
    endByPeer(connected);
    assert.equal(summary(connected), '1000 clean application sent 1000 received 1000');
    assert.equal(connected.closures[0]?.unsentBytes, 3);
  });

  it('waits for the end of the open frame', () => {
    const connected = connect();
    openFrame(connected, 2);

    connected.connection.closeAtOnce(1000);
    assert.deepEqual(connected.heard(), []);
    assert.equal(connected.connection.state, 'closing');
    connected.connection.sender.sendFrameData(hex('08'));

    assert.deepEqual(connected.heard(), ['02: 07 08', '88: 03 e8']);
    assert.equal(connected.connection.state, 'closeSent');
  });

  it('does as close does where no message is open', () => {
    const connected = connect();
    connected.connection.sender.sendMessage('a', TEXT);

    connected.connection.closeAtOnce(1000, 'bye');

    assert.deepEqual(connected.heard(), ['81: 61', '88: 03 e8 62 79 65']);
    endByPeer(connected);
    assert.equal(summary(connected), '1000 clean application sent 1000 received 1000');
  });

  it('discards nothing of what the application has no time for, unlike close', () => {
    for (const [close, discarded] of [
      ['close', 3],
      ['closeAtOnce', 0],
    ] as const) {
      const connected = connect({ level: 'message', options: { readAhead: 0 } });
      connected.connection.hold(HoldReason.PROMISE);
      connected.peer.sendText('abc');
      connected.settle();

      connected.connection[close](1000);
      connected.peer.sendClose(1000);
      connected.settle();
      assert.equal(connected.connection.wantsInput, close === 'close');
      connected.connection.release(HoldReason.PROMISE);
      connected.settle();
      connected.peer.end();
      connected.settle();

      assert.equal(connected.log.lines.includes('text: abc'), discarded === 0, close);
      assert.equal(connected.closures[0]?.discardedBytes, discarded, close);
      assert.equal(summary(connected), '1000 clean application sent 1000 received 1000');
    }
  });

  it('throws on what may not be sent, and changes nothing', () => {
    const { connection } = connect();

    assert.throws(() => connection.closeAtOnce(1005), { name: 'LocalUsageError' });

    assert.equal(connection.state, 'open');
  });
});

describe('The Close of the peer inside a message', () => {
  it('is told before the end, with what was not sent and not handed out by then', () => {
    const connected = connect({ level: 'message' });
    connected.isWorking = true;
    connected.peer.sendBytes(hex('02 03 01 02 03'));
    connected.peer.sendClose(1001, 'bye');
    connected.settle();
    connected.connection.sender.sendMessage('ab', TEXT);

    const closure = connected.connection.closureInside;

    // A masked frame has 6 bytes before its payload.
    assert.deepEqual(closure, {
      code: 1006,
      reason: 'the peer has closed it inside a message',
      wasClean: false,
      sent: undefined,
      received: { code: 1001, reason: 'bye' },
      initiator: 'remote',
      unsentBytes: 8,
      discardedBytes: 3,
      error: undefined,
    });
    assert.ok(Object.isFrozen(closure));
  });
});
