import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RemoteProtocolError } from '../../../src/protocol/base/errors.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { hex } from '../../helpers/bytes.ts';
import { LOSSES, losablePayload } from '../../helpers/lost-payload.ts';

const BINARY = { opcode: 2 };

/** What follows on the wire, as first byte and close code. */
const CLOSE_1011 = '88: 03 f3';

interface Place {
  readonly name: string;
  /** Gives the payload to a connection whose peer reads nothing. */
  readonly give: (connected: Connected, payload: Uint8Array) => void;
  /** What is done when it was lost, before the peer reads. */
  readonly then?: (connected: Connected) => void;
  /** What the peer hears before the end of the transport. */
  readonly heard: readonly string[];
  readonly initiator: 'application' | 'engine' | 'remote';
  readonly error?: string;
}

const PLACES: Place[] = [
  {
    name: 'in the output',
    give: ({ connection }, payload) => {
      connection.sender.sendMessage(payload, BINARY);
      connection.sender.sendMessage(hex('01'), BINARY);
    },
    heard: [CLOSE_1011],
    initiator: 'engine',
  },
  {
    name: 'in the output, of a message of which a fragment has left',
    give: ({ connection, peerTransport, settle }, payload) => {
      connection.sender.beginMessage(2);
      connection.sender.sendFrame(hex('07'));
      peerTransport.startReading();
      settle();
      peerTransport.stopReading();
      connection.sender.sendControlFrame(9);
      settle();
      connection.sender.sendFrame(payload, { final: true });
    },
    heard: ['02: 07', '89:', CLOSE_1011],
    initiator: 'engine',
  },
  {
    name: 'behind an open message',
    give: ({ connection }, payload) => {
      connection.sender.beginMessage(2);
      connection.sender.sendMessage(payload, BINARY);
    },
    then: ({ connection }) => connection.sender.endMessage(),
    heard: ['82:', CLOSE_1011],
    initiator: 'engine',
  },
  {
    name: 'in an open frame',
    give: ({ connection }, payload) => {
      connection.sender.beginMessage(2);
      connection.sender.beginFrame(200_000);
      connection.sender.sendFrameData(payload);
    },
    heard: [CLOSE_1011],
    initiator: 'engine',
  },
  {
    name: 'in an open frame whose beginning has left',
    give: ({ connection, peerTransport, settle }, payload) => {
      connection.sender.beginMessage(2);
      connection.sender.beginFrame(200_000);
      peerTransport.startReading();
      settle();
      peerTransport.stopReading();
      connection.sender.sendFrameData(hex('07'));
      settle();
      connection.sender.sendFrameData(payload);
      connection.sender.sendControlFrame(9);
    },
    heard: [],
    initiator: 'engine',
  },
  {
    name: 'in front of our Close',
    give: ({ connection }, payload) => {
      connection.sender.sendMessage(payload, BINARY);
      connection.close(1000);
    },
    heard: [CLOSE_1011],
    initiator: 'application',
  },
  {
    name: 'in front of our answer to the Close of the peer',
    give: ({ connection, peer, settle }, payload) => {
      connection.sender.sendMessage(payload, BINARY);
      peer.sendClose(1001);
      settle();
    },
    heard: [CLOSE_1011],
    initiator: 'remote',
  },
  {
    name: 'in front of the Close of a failed connection, whose reason stays',
    give: ({ connection }, payload) => {
      connection.sender.sendMessage(payload, BINARY);
      connection.fail(new RemoteProtocolError('first', 'RFC 6455 §5'));
    },
    heard: ['88: 03 ea 66 69 72 73 74'],
    initiator: 'engine',
    error: 'RemoteProtocolError',
  },
];

describe('A payload that is lost', () => {
  for (const { name, give, then, heard, initiator, error = 'LocalUsageError' } of PLACES) {
    for (const loss of LOSSES) {
      for (const role of ['client', 'server'] as const) {
        it(`(${loss}) ${name}, fails the connection of a ${role}, and nothing else`, () => {
          // What waits behind an open message waits where it is.
          const connected = connect({ role, options: { highWaterMark: 0, keepAlive: false } });
          const { bytes, lose } = losablePayload(loss, 100_000);
          connected.peerTransport.stopReading();
          connected.connection.sender.sendMessage(hex('aa'), BINARY);
          connected.settle();
          give(connected, bytes);

          lose();
          then?.(connected);
          connected.peerTransport.startReading();
          connected.settle();
          const [first, ...rest] = connected.heard();
          // It is the server that ends the transport first, where both Close frames are there.
          const isLeftToPeer = role === 'client' && initiator === 'remote';
          connected.peer.end();
          connected.settle();

          assert.equal(first, '82: aa');
          assert.deepEqual(rest, [...heard, ...(isLeftToPeer ? [] : ['end'])]);
          const [closure] = connected.endings;
          assert.deepEqual([closure?.initiator, closure?.wasClean], [initiator, false]);
          assert.equal(closure?.error?.name, error);
          assert.ok(closure.unsentBytes >= 100_000);
          assert.equal(closure.sent?.code, heard.length === 0 ? undefined : heard.at(-1) === CLOSE_1011 ? 1011 : 1002);
          assert.deepEqual(connected.errors, [], 'no handler is to blame');
        });
      }
    }
  }

  it('does not matter after the connection was dropped, or has ended', () => {
    for (const end of ['drop', 'transportClosed'] as const) {
      const connected = connect({ role: 'server' });
      const { bytes, lose } = losablePayload('detached', 100_000);
      connected.connection.sender.sendMessage(bytes, BINARY);
      connected.connection[end]();
      lose();

      assert.deepEqual(connected.connection.takeOutput(Infinity), []);
      connected.connection.transportClosed();

      assert.equal(connected.endings.length, 1);
      assert.equal(connected.endings[0]?.error, undefined);
    }
  });
});
