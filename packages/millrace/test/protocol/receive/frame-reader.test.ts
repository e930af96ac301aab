import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ClaimTable } from '../../../src/protocol/extension/claims.ts';
import { FrameReader } from '../../../src/protocol/receive/frame-reader.ts';
import { FrameParser } from '../../../src/protocol/wire/frame-parser.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { splits } from '../../helpers/splits.ts';

/** A reader behind a parser, whose pipeline waits when a line is written that `waitsAt` names. */
class Reading {
  readonly log: EventLog;
  readonly reader: FrameReader;
  isWaiting = false;
  /** How many frames it has told the end of. */
  frames = 0;
  readonly #parser: FrameParser;

  constructor(role: 'client' | 'server', waitsAt: (line: string) => boolean = () => false, claims = new ClaimTable()) {
    this.log = new EventLog((line) => {
      if (!waitsAt(line)) return;
      this.isWaiting = true;
      this.#parser.pause();
    });
    this.reader = new FrameReader({
      role,
      reserved: claims,
      messages: this.log.streaming,
      controls: this.log.controls,
      pipeline: this,
    });
    this.#parser = new FrameParser(this.reader);
  }

  onFrame(): void {
    this.frames++;
  }

  /** Reads all chunks, and goes on each time that the pipeline has waited. */
  read(chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) {
      let offset = this.#parser.push(chunk, 0);
      while (this.isWaiting) {
        this.log.lines.push('wait');
        this.isWaiting = false;
        this.#parser.resume();
        this.reader.proceed();
        offset = this.#parser.push(chunk, offset);
      }
      assert.equal(offset, chunk.length);
    }
  }
}

const STREAMS: [name: string, bytes: string, lines: string[]][] = [
  ['a message in one frame', '81 02 48 69', ['begin 1', 'frame 2 fin', 'data 48 69', 'frame end', 'end']],
  ['an empty message', '82 00', ['begin 2', 'frame 0 fin', 'frame end', 'end']],
  [
    'a fragmented message',
    '01 01 61 00 00 80 01 62',
    [
      'begin 1',
      'frame 1',
      'data 61',
      'frame end',
      'frame 0',
      'frame end',
      'frame 1 fin',
      'data 62',
      'frame end',
      'end',
    ],
  ],
  [
    'control frames between fragments',
    '02 01 aa 89 00 80 00 8a 02 01 02',
    [
      'begin 2',
      'frame 1',
      'data aa',
      'frame end',
      'control 9: ',
      'frame 0 fin',
      'frame end',
      'end',
      'control a: 01 02',
    ],
  ],
  ['a Close', '88 02 03 e8', ['control 8: 03 e8']],
];

const REFUSED: [name: string, role: 'client' | 'server', bytes: string, rule: string, lines: string[]][] = [
  ['an unmasked frame at a server', 'server', '81 02', 'RFC 6455 §5.1', []],
  ['a masked frame at a client', 'client', '81 82 01 02 03 04', 'RFC 6455 §5.1', []],
  ['a continuation of no message', 'client', '80 01', 'RFC 6455 §5.4', []],
  [
    'a continuation after the end of a message',
    'client',
    '82 00 80 01',
    'RFC 6455 §5.4',
    ['begin 2', 'frame 0 fin', 'frame end', 'end'],
  ],
  ['a message inside a message', 'client', '01 00 81 01', 'RFC 6455 §5.4', ['begin 1', 'frame 0', 'frame end']],
  [
    'a message inside a message, behind a Ping',
    'client',
    '01 00 89 00 81 01',
    'RFC 6455 §5.4',
    ['begin 1', 'frame 0', 'frame end', 'control 9: '],
  ],
  ['a reserved bit', 'client', 'c1 01', 'RFC 6455 §5.2', []],
  ['a reserved opcode', 'client', '83 01', 'RFC 6455 §5.2', []],
];

describe('FrameReader', () => {
  for (const [name, bytes, lines] of STREAMS) {
    it(`tells of ${name}, however it is cut`, () => {
      for (const chunks of splits(hex(bytes))) {
        const reading = new Reading('client');

        reading.read(chunks);

        assert.deepEqual(reading.log.merged, lines);
      }
    });

    it(`tells of ${name} once and in order, where the pipeline waits after every line`, () => {
      for (const chunks of splits(hex(bytes))) {
        const reading = new Reading('client', () => true);

        reading.read(chunks);

        const { lines: all } = reading.log;
        assert.equal(all.filter((line) => line === 'wait').length, all.length / 2, 'nothing is told while it waits');
        reading.log.lines.splice(0, Infinity, ...all.filter((line) => line !== 'wait'));
        assert.deepEqual(reading.log.merged, lines);
      }
    });
  }

  for (const [name, role, bytes, rule, lines] of REFUSED) {
    it(`refuses ${name} by its header, however it is cut`, () => {
      for (const chunks of splits(hex(bytes))) {
        const reading = new Reading(role);

        assert.throws(() => reading.read(chunks), { name: 'RemoteProtocolError', rule });
        assert.deepEqual(reading.log.lines, lines);
      }
    });
  }

  it('unmasks what a server receives', () => {
    const reading = new Reading('server');

    reading.read([hex('81 85 37 fa 21 3d 7f 9f 4d 51 58 89 81 01 02 03 04 62')]);

    assert.deepEqual(reading.log.lines, [
      'begin 1',
      'frame 5 fin',
      'data 48 65 6c 6c 6f',
      'frame end',
      'end',
      'control 9: 63',
    ]);
  });

  it('tells reserved bits and opcodes that are claimed', () => {
    const claims = new ClaimTable();
    claims.claim('test', { firstFrameBits: 0b010, controlBits: 0b001, opcodes: [3, 0xb] });
    const reading = new Reading('client', undefined, claims);

    reading.read([hex('a3 00 9b 01 07')]);

    assert.deepEqual(reading.log.lines, ['begin 3', 'frame 0 rsv 2 fin', 'frame end', 'end', 'control b: rsv 1 07']);
  });

  it('hands over each control payload for good', () => {
    const payloads: Uint8Array[] = [];
    const reader = new FrameReader({
      role: 'client',
      reserved: new ClaimTable(),
      messages: new EventLog().streaming,
      controls: { onControlFrame: (_opcode, payload) => payloads.push(payload) },
      pipeline: { isWaiting: false, onFrame: () => undefined },
    });
    const parser = new FrameParser(reader);
    const chunk = concat([hex('89 03 01 02 03'), hex('89 02 04 05'), hex('89 00 89 00')]);

    parser.push(chunk, 0);
    chunk.fill(0xee);

    assert.deepEqual(
      payloads.map((payload) => [...payload]),
      [[1, 2, 3], [4, 5], [], []],
    );
    assert.equal(new Set(payloads.map(({ buffer }) => buffer)).size, 4, 'empty ones, too, could be given away');
  });

  it('counts complete frames and messages', () => {
    const reading = new Reading('client');

    reading.read([hex('01 01 61 89 00 80 00 82 00 82 05 01')]);

    assert.deepEqual(reading.reader.counts, {
      framesReceived: 4,
      messagesReceived: 2,
      dataReceived: 2,
      controlReceived: 0,
    });
  });

  it('counts what comes of messages as activity, and control frames not', () => {
    const reading = new Reading('client');
    const activity = (bytes: string): number => {
      const before = reading.reader.activity;
      reading.read([hex(bytes)]);
      return reading.reader.activity - before;
    };

    assert.equal(activity('02 03'), 0, 'a header');
    assert.equal(activity('01'), 1, 'a piece');
    assert.equal(activity('02'), 1);
    assert.equal(activity('03'), 2, 'a piece and the end of the frame');
    assert.equal(activity('89 01 07'), 0, 'a Ping');
    assert.equal(activity('80 00'), 1, 'an empty frame');
  });

  describe('with an observer', () => {
    /** Reads frames, and says what was told of them; the observer wants to know as long as `isWanted` says so. */
    function observe(bytes: string, isWanted: (told: number) => boolean): string[] {
      const log = new EventLog();
      let told = 0;
      const reader = new FrameReader({
        role: 'client',
        reserved: new ClaimTable(),
        messages: log.streaming,
        controls: log.controls,
        pipeline: { isWaiting: false, onFrame: () => undefined },
        onFrameBegin: ({ opcode }) => log.add(`judged ${opcode}`),
        observer: {
          get observesReceived() {
            return isWanted(told);
          },
          observesSent: true,
          onFrameReceived: ({ opcode }) => {
            told++;
            log.add(`observed ${opcode}`);
          },
          onFrameSent: () => assert.fail('nothing is sent'),
        },
      });
      try {
        new FrameParser(reader).push(hex(bytes), 0);
      } catch (error) {
        log.add((error as Error).name);
      }
      return log.lines;
    }

    it('tells it of each frame, before anybody else', () => {
      assert.deepEqual(
        observe('82 00 89 00', () => true),
        [
          'observed 2',
          'judged 2',
          'begin 2',
          'frame 0 fin',
          'frame end',
          'end',
          'observed 9',
          'judged 9',
          'control 9: ',
        ],
      );
    });

    it('tells it of a frame that breaks a rule, too, and nobody else', () => {
      assert.deepEqual(
        observe('c2 00', () => true),
        ['observed 2', 'RemoteProtocolError'],
      );
    });

    it('asks it for each frame whether it wants to know', () => {
      assert.deepEqual(
        observe('89 00 8a 00', (told) => told < 1),
        ['observed 9', 'judged 9', 'control 9: ', 'judged 10', 'control a: '],
      );
    });
  });

  it('tells the end of each frame when all else was told of it', () => {
    const reading = new Reading('client', (line) => line === 'frame end');
    const told: number[] = [];

    for (const bytes of ['01 01', '61', '89 00', '80', '00']) {
      reading.read([hex(bytes)]);
      told.push(reading.frames);
    }

    assert.deepEqual(told, [0, 1, 2, 2, 3]);
  });

  it('has the rest of a message go to another handler, with control frames and rules as before', () => {
    const reading = new Reading('client');
    const other = new EventLog();

    reading.read([hex('01 02 61')]);
    reading.reader.redirect(other.streaming);
    reading.read([hex('62 80 01 63 89 01 07 82 00')]);

    assert.deepEqual(reading.log.lines, ['begin 1', 'frame 2', 'data 61', 'control 9: 07']);
    const rest = ['data 62', 'frame end', 'frame 1 fin', 'data 63', 'frame end', 'end'];
    assert.deepEqual(other.lines, [...rest, 'begin 2', 'frame 0 fin', 'frame end', 'end']);
    assert.throws(() => reading.read([hex('80 00')]), { rule: 'RFC 6455 §5.4' });
  });

  for (const event of ['begin', 'frame end']) {
    it(`has something wait behind '${event}', and forgets it when messages go elsewhere`, () => {
      let isWaiting = false;
      const log = new EventLog((line) => (isWaiting ||= line.startsWith(event)));
      const reader = new FrameReader({
        role: 'client',
        reserved: new ClaimTable(),
        messages: log.streaming,
        controls: log.controls,
        pipeline: {
          get isWaiting() {
            return isWaiting;
          },
          onFrame: () => undefined,
        },
      });
      const parser = new FrameParser(reader);
      assert.equal(reader.hasWaiting, false);

      parser.push(hex('82 00'), 0);
      assert.equal(reader.hasWaiting, true);
      const told = log.lines.length;
      reader.redirect(log.streaming);
      reader.proceed();

      assert.equal(reader.hasWaiting, false);
      assert.equal(log.lines.length, told);
    });
  }

  it('reads a million empty frames in one chunk', () => {
    const reading = new Reading('client');

    reading.read([concat([hex('02 00'), new Uint8Array(2_000_000), hex('80 00')])]);

    assert.equal(reading.reader.counts.framesReceived, 1_000_002);
    assert.equal(reading.reader.counts.messagesReceived, 1);
  });
});
