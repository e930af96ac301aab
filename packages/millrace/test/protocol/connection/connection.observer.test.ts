import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import type { FrameObserver } from '../../../src/protocol/wire/frame-observer.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect } from '../../helpers/connected.ts';

/** Writes down what it sees: `in 81 3`, `out 89 0`. */
class Watching implements FrameObserver {
  readonly lines: string[] = [];
  observesReceived = true;
  observesSent = true;

  onFrameReceived({ fin, reservedBits, opcode, payloadLength }: Parameters<FrameObserver['onFrameReceived']>[0]): void {
    const byte0 = (fin ? 0x80 : 0) | (reservedBits << 4) | opcode;
    this.lines.push(`in ${byte0.toString(16)} ${payloadLength}`);
  }

  onFrameSent(byte0: number, length: number | bigint): void {
    this.lines.push(`out ${byte0.toString(16)} ${length}`);
  }
}

describe('A FrameObserver', () => {
  it('sees every frame that is received, before it is judged and before its payload has come', () => {
    const observer = new Watching();
    const connected = connect({ observer, controls: {} });

    connected.peer.sendBytes(hex('01 01 61 89 00 80 7f 7f ff ff ff ff ff ff ff'));
    connected.settle();
    assert.deepEqual(observer.lines, ['in 1 1', 'in 89 0', 'out 8a 0', 'in 80 9223372036854776000']);
  });

  it('sees a frame that breaks a rule', () => {
    const observer = new Watching();
    const connected = connect({ observer });

    connected.peer.sendBytes(hex('f3 00'));
    connected.settle();

    assert.equal(observer.lines[0], 'in f3 0');
    assert.match(observer.lines[1] ?? '', /^out 88 /);
  });

  it('sees every frame that is sent, in whatever way', () => {
    const observer = new Watching();
    const connected = connect({ observer, role: 'server' });
    const { sender } = connected.connection;

    sender.sendMessage('é', { opcode: 1 });
    sender.sendMessage(new Uint8Array(5), { opcode: 2, fragmentSize: 2 });
    sender.sendMessage(new Uint8Array(70_000), { opcode: 2 });
    sender.sendPreparedMessage(new PreparedMessage(new Uint8Array(300), 2));
    sender.beginMessage(2);
    sender.beginFrame(2n ** 63n - 1n);
    sender.sendFrameData(new Uint8Array(10));
    sender.sendControlFrame(9);

    assert.deepEqual(observer.lines, [
      ...['out 81 2', 'out 2 2', 'out 0 2', 'out 80 1', 'out 82 70000', 'out 82 300'],
      ...['out 2 9223372036854775807', 'out 89 0'],
    ]);
  });

  it('is told nothing that it does not want', () => {
    const observer = new Watching();
    observer.observesReceived = observer.observesSent = false;
    const connected = connect({ observer });

    connected.peer.sendBytes(hex('81 01 61'));
    connected.settle();
    connected.connection.sender.sendMessage('a', { opcode: 1 });

    assert.deepEqual(observer.lines, []);
  });
});
