import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WebSocketServerProtocol } from '../../src/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startServer } from '../helpers/hook-peers.ts';
import { openServerInMemory } from '../helpers/in-memory.ts';
import { Journal } from '../helpers/journal.ts';
import { connectRaw } from '../helpers/raw-peer.ts';
import { splits } from '../helpers/splits.ts';
import { FRAME_VECTORS } from './frame-vectors.ts';

const KEY = '01 02 03 04';
const PING = frame({ byte0: 0x89, payload: hex('65 6e 64'), key: KEY });
const PONG = '8a 03 65 6e 64';

/** A server that notes its messages. */
function noting(journal: Journal): new () => WebSocketServerProtocol {
  return class extends WebSocketServerProtocol {
    override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
      journal.write(isBinary ? `binary ${String(payload.length)}` : `text ${String(Buffer.byteLength(payload))}`);
    }
  };
}

/** The Close frame in what a server wrote, as `close 1002`. */
function describeClose(written: Uint8Array): string {
  if (written.length === 0) return '';
  assert.equal(written[0], 0x88);
  assert.equal(written.length, 2 + written[1]!);
  return written.length === 2 ? 'close' : `close ${String(written[2]! * 256 + written[3]!)}`;
}

describeInBothWays('A server of whole messages', (reading) => {
  for (const [name, bytes, ruling] of FRAME_VECTORS) {
    it(`answers '${ruling}' to ${name}`, async (t) => {
      const journal = new Journal();
      const server = await startServer(t, noting(journal), reading);
      const peer = await connectRaw(t, server.url);
      const closes = ruling.startsWith('close');

      peer.send(hex(bytes));
      if (!closes) peer.send(PING);
      const { byte0, payload } = await peer.frames.take();

      if (closes) {
        assert.equal(describeClose(concat([Uint8Array.of(byte0, payload.length), payload])), ruling);
        assert.deepEqual(journal.lines, []);
        await peer.ended;
        assert.equal(peer.frames.size, 0);
      } else {
        assert.equal(byte0, 0x8a);
        assert.deepEqual(journal.lines, ruling === '' ? [] : [ruling]);
      }
    });
  }
});

describe('A server of whole messages, over a stream', () => {
  for (const [name, bytes, ruling] of FRAME_VECTORS) {
    it(`answers '${ruling}' to ${name}, however it is cut`, async () => {
      const closes = ruling.startsWith('close');
      for (const chunks of splits(hex(bytes))) {
        const journal = new Journal();
        const { protocol, socket } = openServerInMemory({ protocol: noting(journal) });

        for (const chunk of chunks) {
          socket.arrive(chunk);
          await Promise.resolve();
        }
        if (!closes) socket.arrive(PING);
        await new Promise((resolve) => setImmediate(resolve));

        if (closes) assert.equal(describeClose(socket.written), ruling);
        else assert.deepEqual([...socket.written], [...hex(PONG)]);
        assert.deepEqual(journal.lines, closes || ruling === '' ? [] : [ruling]);
        protocol.dropConnection();
      }
    });
  }
});

describeInBothWays('A server of streams', (reading) => {
  const LENGTHS: [name: string, bytes: string, ruling: string][] = [
    ['a length of 64 bits with its top bit set', '82 ff 80 00 00 00 00 00 00 00 01 02 03 04', 'close 1002'],
    ['2^63−1 bytes', '82 ff 7f ff ff ff ff ff ff ff 01 02 03 04', `begin ${String(2 ** 63)}`],
    ['2^55+1 bytes', '82 ff 00 80 00 00 00 00 00 01 01 02 03 04', `begin ${String(2 ** 55)}`],
    ['2^53−1 bytes', '82 ff 00 1f ff ff ff ff ff ff 01 02 03 04', `begin ${String(2 ** 53 - 1)}`],
    ['64 MiB', '82 ff 00 00 00 00 04 00 00 00 01 02 03 04', 'begin 67108864'],
    ['two bytes in 16 bits', '82 fe 00 02 01 02 03 04 69 6b', 'close 1002'],
    ['two bytes in 64 bits', '82 ff 00 00 00 00 00 00 00 02 01 02 03 04 69 6b', 'close 1002'],
    ['a ping of 126 bytes', '89 fe 00 7e 01 02 03 04', 'close 1002'],
  ];
  for (const [name, bytes, ruling] of LENGTHS) {
    it(`answers '${ruling}' to ${name}`, async (t) => {
      const journal = new Journal();
      class Streaming extends WebSocketServerProtocol {
        override onMessageFrameBegin(length: number): void {
          journal.write(`begin ${String(length)}`);
        }
        override onMessageFrameData(payload: Uint8Array): void {
          journal.write(`data ${String(payload.length)}`);
        }
      }
      const server = await startServer(t, Streaming, reading);
      const peer = await connectRaw(t, server.url);

      peer.send(hex(bytes));
      if (ruling.startsWith('close')) {
        const { byte0, payload } = await peer.frames.take();
        assert.equal(describeClose(concat([Uint8Array.of(byte0, payload.length), payload])), ruling);
        assert.deepEqual(journal.lines, []);
        return;
      }
      await journal.has('begin');
      peer.send(new Uint8Array(100));
      await journal.has('data');

      assert.equal(journal.lines[0], ruling);
      assert.equal(server.connections.size, 1);
    });
  }
});
