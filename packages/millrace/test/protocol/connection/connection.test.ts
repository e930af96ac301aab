import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isValidCloseCode } from '../../../src/protocol/base/close-code.ts';
import { Connection } from '../../../src/protocol/connection/connection.ts';
import { NO_STATS } from '../../../src/protocol/connection/host.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import type { Receiver } from '../../../src/protocol/receive/handlers.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { BARE } from '../../helpers/bare.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { decodeFrames } from '../../helpers/frame-stream.ts';
import { frame } from '../../helpers/frames.ts';
import { losablePayload } from '../../helpers/lost-payload.ts';
import { chunksBetween, splits } from '../../helpers/splits.ts';
import { TestTransform } from '../../helpers/transforms.ts';

/** Delivers `chunks` as they are cut. */
function deliver({ peer, transport, settle }: Connected, chunks: readonly Uint8Array[]): void {
  peer.sendBytes(concat(chunks));
  transport.chunking = 'by hand';
  for (const chunk of chunks) transport.deliver(chunk.length);
  settle();
}

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

const STREAM = '01 02 48 c3 89 01 07 80 01 a4 82 00 8a 00';

const HEARD: Record<Receiver['level'], string[]> = {
  streaming: [
    'begin 1',
    'frame 2',
    'data 48 c3',
    'frame end',
    'ping: 07',
    'frame 1 fin',
    'data a4',
    'frame end',
    'end',
    'begin 2',
    'frame 0 fin',
    'frame end',
    'end',
    'pong: ',
  ],
  'whole or streaming': [
    'begin 1',
    'frame 2',
    'data 48 c3',
    'frame end',
    'ping: 07',
    'frame 1 fin',
    'data a4',
    'frame end',
    'end',
    'whole 2: ',
    'pong: ',
  ],
  frame: ['begin 1', 'frame: 48 c3', 'ping: 07', 'frame: a4', 'end', 'begin 2', 'frame: ', 'end', 'pong: '],
  message: ['ping: 07', 'text: Hä', 'message 2: ', 'pong: '],
};

const REFUSED: [name: string, bytes: string, code: number][] = [
  ['a masked frame', '82 81 01 02 03 04 05', 1002],
  ['RSV1', 'c2 01 05', 1002],
  ['RSV2', 'a2 01 05', 1002],
  ['RSV3', '92 01 05', 1002],
  ['RSV1 on a Ping', 'c9 00', 1002],
  ['a reserved opcode for data', '83 00', 1002],
  ['a reserved opcode for control', '8b 00', 1002],
  ['a fragmented Ping', '09 00', 1002],
  ['a Ping of 126 bytes', '89 7e 00 7e', 1002],
  ['a continuation of nothing', '80 00', 1002],
  ['a message inside a message', '01 00 81 00', 1002],
  ['a length of 16 bits that needs 7', '82 7e 00 7d', 1002],
  ['a length with its top bit set', '82 7f 80 00 00 00 00 00 00 00', 1002],
  ['a Close body of 1 byte', '88 01 03', 1002],
  ['a Close reason that is not UTF-8', '88 03 03 e8 ff', 1007],
  ['text that is not UTF-8, at its first bad byte', '01 05 61 ff', 1007],
  ['text that ends inside a code point', '81 01 c3', 1007],
  ['a frame of 2^63−1 bytes to collect', '82 7f 7f ff ff ff ff ff ff ff', 1009],
  ['fragments that are too long together', '02 06 01 02 03 04 05 06 80 05', 1009],
];

describe('Connection', () => {
  for (const level of ['streaming', 'whole or streaming', 'frame', 'message'] as const) {
    it(`receives at the level '${level}', however the stream is cut`, () => {
      for (const chunks of splits(hex(STREAM))) {
        const connected = connect({ level });

        deliver(connected, chunks);

        assert.deepEqual(connected.log.merged, HEARD[level]);
      }
    });
  }

  it('unmasks what a server receives, however the stream is cut', () => {
    for (const chunks of splits(hex('81 85 37 fa 21 3d 7f 9f 4d 51 58'))) {
      const connected = connect({ role: 'server', level: 'message' });

      deliver(connected, chunks);

      assert.deepEqual(connected.log.lines, ['text: Hello']);
    }
  });

  for (const [name, bytes, code] of REFUSED) {
    it(`fails with ${code} on ${name}, however the stream is cut`, () => {
      for (const chunks of splits(hex(bytes))) {
        const connected = connect({ level: 'message', options: { maxFrameSize: 10, maxMessageSize: 10 } });

        deliver(connected, chunks);
        const [close, end] = connected.heard();
        connected.peer.end();
        connected.transport.chunking = 'whole';
        connected.settle();

        assert.equal(close?.slice(0, 9), `88: ${toHex(Uint8Array.of(code >> 8, code))}`);
        assert.equal(end, 'end');
        const [closure] = connected.closures;
        assert.deepEqual([closure?.code, closure?.wasClean, closure?.initiator], [1006, false, 'engine']);
        assert.equal(closure?.sent?.code, code);
        assert.equal(closure.reason, closure.error?.message);
        assert.ok(closure.reason.startsWith(closure.sent.reason) && closure.sent.reason.length > 10);
        assert.deepEqual(connected.errors, [], 'no handler is to blame');
        assert.deepEqual(
          connected.log.lines.filter((line) => !line.startsWith('closed')),
          ['closing', 'ended 1006'],
        );
      }
    });
  }

  it('delivers nothing behind a broken rule', () => {
    const connected = connect({ level: 'message' });

    connected.peer.sendBytes(hex('81 01 61 80 00 81 01 62'));
    connected.settle();

    assert.deepEqual(connected.log.lines, ['text: a', 'closing']);
  });

  describe('limits', () => {
    const LIMITS: [level: Receiver['level'], option: string, lengths: (limit: number) => number[]][] = [
      ['message', 'maxMessageSize', (limit) => [limit]],
      ['message', 'maxMessageSize', (limit) => [1, limit - 1]],
      ['message', 'maxMessageSize', (limit) => [...new Uint8Array(limit).fill(1)]],
      ['message', 'maxFrameSize', (limit) => [limit]],
      ['frame', 'maxFrameSize', (limit) => [limit]],
      ['frame', 'maxFrameSize', (limit) => [5, limit]],
      ['streaming', 'maxStreamedMessageSize', (limit) => [limit]],
      ['frame', 'maxStreamedMessageSize', (limit) => [1, limit - 1]],
      ['message', 'maxStreamedMessageSize', (limit) => [limit - 1, 1]],
    ];
    for (const [level, option, lengths] of LIMITS) {
      for (const [difference, isAllowed] of [
        [-1, true],
        [0, true],
        [1, false],
      ] as const) {
        const all = lengths(20 + difference);
        const shown = all.length > 5 ? `${all.length} × 1` : all.join(' + ');
        it(`${option} of 20 ${isAllowed ? 'allows' : 'refuses'} ${shown} bytes at the level '${level}'`, () => {
          const connected = connect({ level, options: { [option]: 20 } });
          const last = all.length - 1;

          all.forEach((length, index) => {
            const byte0 = (index === 0 ? 2 : 0) | (index === last ? 0x80 : 0);
            const bytes = frame({ byte0, payload: new Uint8Array(length) });
            // Of the last frame, no more than its header is needed to judge.
            connected.peer.sendBytes(index === last && !isAllowed ? bytes.subarray(0, 2) : bytes);
            connected.settle();
          });

          assert.equal(connected.connection.state, isAllowed ? 'open' : 'failed');
          if (!isAllowed) assert.match(connected.heard()[0] ?? '', /^88: 03 f1 /);
        });
      }
    }

    it('do not hold for streams, unless they are meant for them', () => {
      const connected = connect({ options: { maxFrameSize: 1, maxMessageSize: 1 } });

      connected.peer.sendBytes(hex('82 7f 7f ff ff ff ff ff ff ff 01'));
      connected.settle();

      assert.deepEqual(connected.log.lines, ['begin 2', `frame ${2 ** 63} fin`, 'data 01']);
    });
  });

  it('judges all 65,536 close codes', () => {
    for (let code = 0; code < 65_536; code++) {
      const connection = new Connection(BARE);

      connection.receive(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, code >> 8, code));
      const [opcode, , ...body] = concat(connection.takeOutput(Infinity));

      const isValid = isValidCloseCode(code);
      const sent = isValid ? code : 1002;
      assert.deepEqual([opcode, body[0], body[1]], [0x88, sent >> 8, sent & 0xff], `code ${code}`);
      assert.equal(connection.state, isValid ? 'closeDone' : 'failed');
    }
  });

  describe('handlers that throw', () => {
    const THROWING: [line: string, act: (connected: Connected) => void][] = [
      ['begin 1', ({ peer }) => peer.sendText('a')],
      ['frame 1 fin', ({ peer }) => peer.sendText('a')],
      ['data 61', ({ peer }) => peer.sendText('a')],
      ['frame end', ({ peer }) => peer.sendText('a')],
      ['end', ({ peer }) => peer.sendText('a')],
      ['ping: 07', ({ peer }) => peer.sendFrame({ opcode: 9, payload: hex('07') })],
      ['pong: 07', ({ peer }) => peer.sendFrame({ opcode: 10, payload: hex('07') })],
      ['control b: 07', ({ peer }) => peer.sendFrame({ opcode: 0xb, payload: hex('07') })],
      ['full', ({ connection }) => connection.hold(HoldReason.PAUSE)],
      ['high water', ({ connection }) => connection.sender.sendMessage('a', TEXT)],
      ['drain', ({ connection }) => connection.sender.sendMessage('a', TEXT)],
    ];
    for (const [line, act] of THROWING) {
      it(`fail the connection with 1011 at '${line}', and tell nothing to the peer`, () => {
        const thrown = new Error('secret');
        const connected = connect({
          options: { highWaterMark: 0, readAhead: 0, extensionPoints: { controlOpcodes: [0xb] } },
          onLine: (told) => {
            if (told === line) throw thrown;
          },
        });

        act(connected);
        const heard = connected.heard().filter((entry) => !entry.startsWith('81'));
        connected.peer.sendText('more');
        connected.peer.end();
        connected.settle();

        assert.deepEqual(heard, ['88: 03 f3', 'end']);
        assert.deepEqual(connected.errors, [thrown]);
        assert.equal(connected.closures[0]?.error, thrown);
        assert.equal(connected.closures[0].reason, 'secret');
        assert.deepEqual(connected.closures[0].sent, { code: 1011, reason: '' });
        assert.equal(connected.log.lines.filter((told) => told === 'closing').length, 1);
        assert.equal(connected.log.lines.includes('text: more'), false);
      });
    }

    for (const [name, act] of [
      ['the peer closes', ({ peer }) => peer.sendClose(1000)],
      ['we close', ({ connection }) => connection.close(1000)],
      ['we fail', ({ connection }) => connection.fail(new Error('first'))],
      ['the peer breaks a rule', ({ peer }) => peer.sendBytes(hex('80 00'))],
    ] satisfies [string, (connected: Connected) => void][]) {
      it(`send one Close, when 'closing' throws as ${name}`, () => {
        const connected = connect({
          onLine: (line) => {
            if (line === 'closing') throw new Error('secret');
          },
        });

        act(connected);
        const heard = connected.heard();
        connected.peer.end();
        connected.settle();

        assert.equal(heard.filter((entry) => entry.startsWith('88')).length, 1);
        assert.deepEqual(
          connected.errors.map(({ message }) => message),
          ['secret'],
        );
        assert.equal(connected.closures.length, 1);
      });
    }

    it('are told of what onEnded and onClosed throw, and nobody else suffers', () => {
      const connected = connect({
        onLine: (line) => {
          if (/^(ended|closed)/.test(line)) throw new Error(line);
        },
      });

      connected.connection.drop();
      connected.settle();

      assert.deepEqual(
        connected.errors.map(({ message }) => message),
        ['ended 1006', 'closed 1006'],
      );
    });

    it('throw nothing out of receive(), not even from onError', () => {
      const connected = connect({
        onLine: (line) => {
          if (line === 'begin 1' || line.startsWith('error')) throw new Error('secret');
        },
      });

      connected.connection.receive(hex('81 01 61'));

      assert.equal(connected.connection.state, 'failed');
    });

    it('make an error of what is none', () => {
      const connected = connect({
        onLine: (line) => {
          if (line !== 'begin 1') return;
          const thrown: unknown = 'a string';
          throw thrown;
        },
      });

      connected.peer.sendText('a');
      connected.settle();

      assert.equal(connected.errors[0]?.cause, 'a string');
    });
  });

  it('closes behind an open message, and answers a Close when the application has returned', () => {
    const connected = connect({ role: 'server' });
    connected.connection.sender.beginMessage(2);
    connected.connection.close(1000);
    connected.connection.sender.endMessage();
    assert.deepEqual(connected.heard(), ['82:', '88: 03 e8']);

    const answering = connect({ role: 'server' });
    answering.isWorking = true;
    answering.peer.sendClose(1000);
    answering.settle();
    answering.isWorking = false;
    answering.connection.proceed();
    assert.deepEqual(answering.heard(), ['88: 03 e8', 'end']);
  });

  it('ends with its transport', () => {
    const { connection, closures } = connect();

    connection.transportFailed(new Error('ECONNRESET'));
    assert.equal(connection.transport, 'drop');
    connection.transportClosed();

    assert.equal(closures[0]?.reason, 'the transport failed: ECONNRESET');
  });

  it('fails where a payload was lost when it is taken', () => {
    const { connection } = connect({ role: 'server' });
    const { bytes, lose } = losablePayload('detached', 5000);
    connection.sender.sendMessage(bytes, BINARY);
    lose();

    assert.deepEqual(connection.takeOutput(Infinity), []);

    assert.equal(connection.state, 'failed');
    assert.equal(toHex(concat(connection.takeOutput(Infinity))), '88 02 03 f3');
  });

  it('is dropped when 16 MiB have come behind the end of receiving', () => {
    const { connection } = connect();
    connection.fail(new Error('failed'));
    const chunk = new Uint8Array(1024 * 1024);

    for (let count = 0; count < 16; count++) connection.receive(chunk);
    assert.equal(connection.transport, 'end');
    connection.receive(hex('00'));

    assert.equal(connection.transport, 'drop');
  });

  it('tells whoever waits for a turn to send that it has ended', () => {
    const { connection } = connect();
    const told: string[] = [];
    const onLost = (error: Error): void => void told.push(error.message);
    connection.sender.beginMessage(2);
    connection.sender.takeTurn({
      isWhole: false,
      pendingSize: 0,
      pendingCost: 0,
      onTurn: () => undefined,
      onLost,
      onClosing: () => false,
    });

    connection.endSending(() => new Error('over'));

    assert.deepEqual(told, ['over']);
  });

  it('makes no error where nobody waits for a turn', () => {
    const { connection } = connect();

    connection.endSending(() => assert.fail('nobody is to be told'));

    assert.equal(connection.sender.isFree, true);
  });

  it('counts what it receives and sends', () => {
    const connected = connect({ role: 'server' });
    connected.peer.sendBytes(
      hex('01 81 00 00 00 00 61 80 80 00 00 00 00 89 82 00 00 00 00 07 07 02 85 00 00 00 00 62'),
    );
    connected.connection.sender.sendMessage('abc', TEXT);
    connected.connection.sender.sendControlFrame(9, hex('07'));
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.beginFrame(5000);
    connected.connection.sender.sendFrameData(hex('01 02'));
    connected.settle();

    assert.deepEqual(connected.connection.stats, {
      ...NO_STATS,
      bytesReceived: 28,
      bytesSent: 5 + 3 + 4 + 2,
      framesReceived: 3,
      framesSent: 3,
      frameBytesReceived: 1 + 2 + 1,
      frameBytesSent: 3 + 1 + 2,
      messagesReceived: 1,
      messagesSent: 1,
      messageBytesReceived: 2,
      messageBytesSent: 3 + 2,
    });
  });

  for (const [what, size] of [
    ['short', 3],
    ['large', 70_000],
  ] as const) {
    it(`counts the payload of each ${what} message once, in whatever way it is sent`, () => {
      const connected = connect({ role: 'server' });
      const { sender } = connected.connection;
      const bytes = new Uint8Array(size);
      sender.sendMessage('é'.repeat(size), TEXT);
      sender.sendMessage(bytes, BINARY);
      sender.sendMessage(bytes, { opcode: 2, fragmentSize: 2 });
      sender.sendPreparedMessage(new PreparedMessage(bytes, 2));
      connected.settle();

      const { messageBytesSent, frameBytesSent, messagesSent } = connected.connection.stats;
      assert.deepEqual([messageBytesSent, frameBytesSent, messagesSent], [5 * size, 5 * size, 4]);
    });
  }

  it('counts what extensions have made of a message, and tells the ratio', () => {
    const double = new TestTransform({ change: (bytes) => concat([bytes, bytes]) });
    const connected = connect({ role: 'server', transforms: [double], controls: {} });
    assert.equal(connected.connection.stats.compressionRatioReceived, undefined);
    connected.peer.sendBytes(hex('82 83 00 00 00 00 01 02 03 89 80 00 00 00 00'));
    connected.settle();

    const { frameBytesReceived, messageBytesReceived, compressionRatioReceived } = connected.connection.stats;
    assert.deepEqual([frameBytesReceived, messageBytesReceived, compressionRatioReceived], [3, 6, 0.5]);
  });

  it('knows how long the pong for a ping of keepalive took, which others do not change', () => {
    const connected = connect({ options: { keepAlive: { interval: 1000, timeout: 1000 } } });
    connected.peer.sendBytes(hex('8a 00'));
    connected.settle();
    assert.equal(connected.connection.stats.pingLatency, undefined, 'nobody has asked');
    connected.clock.advance(1000);
    connected.settle();
    connected.clock.advance(30);
    connected.peer.sendBytes(hex('8a 01 07'));
    connected.settle();
    assert.equal(connected.connection.stats.pingLatency, undefined, 'it answers something else');
    connected.clock.advance(5);
    connected.peer.sendBytes(hex('8a 00'));
    connected.settle();
    connected.clock.advance(70);
    connected.peer.sendBytes(hex('8a 00'));
    connected.settle();

    assert.equal(connected.connection.stats.pingLatency, 35);
  });

  it('masks each frame of a client with a key of its own, taken from its host', () => {
    let key = 0;
    const connected = connect({ maskingKey: () => ++key });
    connected.connection.sender.sendMessage('ab', TEXT);
    connected.connection.sender.sendMessage(new Uint8Array(5000), BINARY);
    connected.connection.close();
    connected.settle();

    assert.deepEqual(
      connected.peer.frames.map(({ maskingKey }) => maskingKey),
      [1, 2, 3],
    );
  });

  it('masks nothing at a server', () => {
    const connected = connect({ role: 'server' });
    connected.connection.sender.sendMessage('ab', TEXT);
    connected.settle();

    assert.deepEqual(
      connected.peer.frames.map(({ maskingKey }) => maskingKey),
      [undefined],
    );
  });

  it('writes frames that a naive decoder reads, however the transport takes them', () => {
    for (const cuts of [[], [1], [1, 2, 3, 4, 5, 6]]) {
      const written: Uint8Array[] = [];
      const connected = connect({ role: 'server' });
      for (const text of ['one', 'two', 'three']) connected.connection.sender.sendMessage(text, TEXT);
      for (const piece of connected.connection.takeOutput(Infinity)) written.push(...chunksBetween(piece, cuts));

      const texts = decodeFrames(concat(written)).map(({ payload }) => new TextDecoder().decode(payload));

      assert.deepEqual(texts, ['one', 'two', 'three']);
    }
  });
});
