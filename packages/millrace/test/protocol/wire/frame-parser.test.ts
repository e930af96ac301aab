import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { FrameParser, type FrameSink } from '../../../src/protocol/wire/frame-parser.ts';
import { RECEIVE_BUFFER } from '../../../src/protocol/wire/mask.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { frame, keyNumber } from '../../helpers/frames.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';
import { Recorder } from '../../helpers/recorder.ts';
import { chunksBetween, splits } from '../../helpers/splits.ts';

/** Puts a chunk where a driver would have it when it calls `push`. */
type Place = (chunk: Uint8Array) => Uint8Array;

const MEMORIES: [name: string, place: Place][] = [
  ['in ordinary memory', (chunk) => Uint8Array.from(chunk)],
  [
    'in RECEIVE_BUFFER',
    (chunk) => {
      assert.ok(RECEIVE_BUFFER !== undefined);
      RECEIVE_BUFFER.set(chunk, 3);
      return RECEIVE_BUFFER.subarray(3, 3 + chunk.length);
    },
  ],
];

/** Pushes each chunk and overwrites it, for it is only lent. */
function pushAll(
  parser: FrameParser,
  chunks: Iterable<Uint8Array>,
  place: Place = Uint8Array.from.bind(Uint8Array),
): void {
  for (const chunk of chunks) {
    const placed = place(chunk);
    assert.equal(parser.push(placed, 0), placed.length);
    placed.fill(0xee);
  }
}

/** All that a recorder was told, as `81 masked: 48 65 6c 6c 6f`; a frame without its end has `…` there. */
function summary(recorder: Recorder): string[] {
  return recorder.frames.map(({ header, ended }, index) => {
    const { fin, reservedBits, opcode, maskingKey } = header;
    const byte0 = ((fin ? 8 : 0) + reservedBits) * 16 + opcode;
    const keyed = maskingKey === undefined ? '' : ' masked';
    const payload = recorder.payload(index);
    return `${toHex(Uint8Array.of(byte0))}${keyed}: ${toHex(payload)}${ended ? '' : '…'}`;
  });
}

const LETTERS = Uint8Array.from({ length: 65_536 }, (_, index) => 97 + (index % 26));

const STREAMS: [name: string, bytes: string, frames: string[]][] = [
  // RFC 6455 §5.7 gives these as examples.
  ['a single-frame unmasked text message', '81 05 48 65 6c 6c 6f', ['81: 48 65 6c 6c 6f']],
  ['a single-frame masked text message', '81 85 37 fa 21 3d 7f 9f 4d 51 58', ['81 masked: 48 65 6c 6c 6f']],
  ['a fragmented unmasked text message', '01 03 48 65 6c 80 02 6c 6f', ['01: 48 65 6c', '80: 6c 6f']],
  ['an unmasked Ping', '89 05 48 65 6c 6c 6f', ['89: 48 65 6c 6c 6f']],
  ['its masked Pong', '8a 85 37 fa 21 3d 7f 9f 4d 51 58', ['8a masked: 48 65 6c 6c 6f']],

  ['nothing', '', []],
  ['an empty frame', '81 00', ['81: ']],
  ['an empty masked frame', '82 80 37 fa 21 3d', ['82 masked: ']],
  ['three empty frames', '01 00 00 00 80 00', ['01: ', '00: ', '80: ']],
  ['a key of zeros', '82 82 00 00 00 00 01 02', ['82 masked: 01 02']],
  ['an empty frame between others', '81 01 61 89 00 81 01 62', ['81: 61', '89: ', '81: 62']],
  [
    'masked frames, each with its own key',
    '01 83 01 02 03 04 60 60 60 89 80 ff ff ff ff 80 85 10 20 30 40 71 42 53 24 75',
    ['01 masked: 61 62 63', '89 masked: ', '80 masked: 61 62 63 64 65'],
  ],
  ['a masked frame and an unmasked one', '82 81 ff ff ff ff 00 82 01 00', ['82 masked: ff', '82: 00']],
  ['lengths in more bytes than they need', '82 7e 00 01 aa 82 7f 00 00 00 00 00 00 00 01 bb', ['82: aa', '82: bb']],
  ['an empty frame whose length has 64 bits', '82 ff 00 00 00 00 00 00 00 00 01 02 03 04', ['82 masked: ']],
  ['all reserved bits and a reserved opcode', 'ff 01 00 7b 00', ['ff: 00', '7b: ']],
  ['a frame whose payload has not all come', '81 05 48 65', ['81: 48 65…']],
  ['a header whose payload has not come', '81 85 37 fa 21 3d', ['81 masked: …']],
  ['a cut header', '81 00 82 ff 00 00', ['81: ']],
];

describe('FrameParser', () => {
  for (const [memory, place] of MEMORIES) {
    for (const [name, bytes, frames] of STREAMS) {
      it(`parses ${name}, ${memory}, however it is cut`, () => {
        for (const chunks of splits(hex(bytes))) {
          const recorder = new Recorder();

          pushAll(new FrameParser(recorder), chunks, place);

          assert.deepEqual(summary(recorder), frames);
        }
      });
    }

    for (const length of [125, 126, 256, 65_535, 65_536]) {
      for (const key of ['', '37 fa 21 3d']) {
        it(`parses ${String(length)} ${key === '' ? 'unmasked' : 'masked'} bytes, ${memory}, however they are cut`, () => {
          const payload = LETTERS.subarray(0, length);
          const bytes = concat([frame({ payload, key }), frame({ byte0: 0x89, key })]);
          const edges = Array.from({ length: 40 }, (_, index) => index + 1);

          for (const chunks of splits(bytes, [...edges, ...edges.map((edge) => bytes.length - edge)])) {
            const recorder = new Recorder();

            pushAll(new FrameParser(recorder), chunks, place);

            assert.equal(recorder.ended, 2);
            assert.equal(recorder.frames[0]?.header.payloadLength, length);
            assert.equal(Buffer.compare(recorder.payload(0), payload), 0);
          }
        });
      }
    }

    it(`parses random frames, ${memory}, cut at random`, () => {
      const random = createRandom(4);
      for (let round = 0; round < 200; round++) {
        const parts = Array.from({ length: 1 + random(8) }, (_, index) => ({
          byte0: random(256),
          payload: randomBytes(random(3) * random(200), 1 + round * 8 + index),
          key: random(2) === 0 ? '' : toHex(randomBytes(4, 1 + index)),
        }));
        const bytes = concat(parts.map(frame));
        const cuts = Array.from({ length: random(12) }, () => random(bytes.length)).sort((a, b) => a - b);
        const recorder = new Recorder();

        pushAll(new FrameParser(recorder), chunksBetween(bytes, cuts), place);

        assert.equal(recorder.ended, parts.length);
        for (const [index, { payload, key }] of parts.entries()) {
          assert.equal(toHex(recorder.payload(index)), toHex(payload));
          const { maskingKey } = recorder.frames[index]?.header ?? {};
          assert.equal(maskingKey, key === '' ? undefined : keyNumber(key));
        }
      }
    });

    it(`parses 100,000 tiny frames in one chunk, ${memory}, without recursion`, () => {
      for (const bytes of ['89 00', '82 81 01 02 03 04 60']) {
        const one = hex(bytes);
        const chunk = new Uint8Array(100_000 * one.length).map((_, index) => one[index % one.length] ?? 0);
        const depths = new Set<number>();
        let ended = 0;
        const parser = new FrameParser({
          frameBegin: () => undefined,
          frameData: (payload) => assert.equal(payload[0], 0x61),
          frameEnd: () => {
            if (ended++ % 10_000 === 0) depths.add(stackDepth());
          },
        });

        pushAll(parser, [chunk], place);

        assert.equal(ended, 100_000);
        assert.equal(depths.size, 1);
      }
    });
  }

  it('reads a chunk from the offset that it is given', () => {
    const recorder = new Recorder();
    const chunk = hex('ff ff ff 81 82 01 02 03 04 69 6b');

    const offset = new FrameParser(recorder).push(chunk, 3);

    assert.equal(offset, chunk.length);
    assert.deepEqual(summary(recorder), ['81 masked: 68 69']);
  });

  it('does nothing with an empty chunk, between frames, in a header and in a payload', () => {
    const recorder = new Recorder();
    const parser = new FrameParser(recorder);
    for (const chunk of ['', '81', '', '02', '', '68', '', '69', '']) pushAll(parser, [hex(chunk)]);

    assert.deepEqual(summary(recorder), ['81: 68 69']);
    assert.deepEqual(recorder.calls, ['begin', 'data', 'data', 'end']);
  });
});

/** How many calls are under way. */
function stackDepth(): number {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const depth = new Error().stack?.split('\n').length ?? 0;
  Error.stackTraceLimit = limit;
  return depth;
}

describe('FrameParser, streaming', () => {
  it('hands payload over before the frame is complete', () => {
    const recorder = new Recorder();
    const parser = new FrameParser(recorder);

    pushAll(parser, [hex('82 7f 00 00 00 01 00 00 00 00 aa')]); // 4 GiB announced, 1 byte here

    assert.deepEqual(summary(recorder), ['82: aa…']);
    assert.equal(recorder.frames[0]?.header.payloadLength, 2 ** 32);
  });

  it('hands payload over as views into the chunk, unmasked in place', () => {
    const views: Uint8Array[] = [];
    const sink: FrameSink = {
      frameBegin: () => undefined,
      frameData: (payload) => views.push(payload),
      frameEnd: () => undefined,
    };
    const chunk = hex('82 83 01 02 03 04 60 60 60 82 01 aa');

    new FrameParser(sink).push(chunk, 0);

    assert.deepEqual(
      views.map(({ buffer, byteOffset, length }) => [buffer === chunk.buffer, byteOffset, length]),
      [
        [true, 6, 3],
        [true, 11, 1],
      ],
    );
    assert.equal(toHex(chunk), '82 83 01 02 03 04 61 62 63 82 01 aa');
  });

  it('calls the sink once for each frame and chunk', () => {
    const recorder = new Recorder();

    pushAll(new FrameParser(recorder), [hex('82 06 01 02'), hex('03 04 05'), hex('06 82 01 07')]);

    assert.deepEqual(recorder.calls, ['begin', 'data', 'data', 'data', 'end', 'begin', 'data', 'end']);
    assert.deepEqual(recorder.frames[0]?.pieces.map(toHex), ['01 02', '03 04 05', '06']);
  });

  it('hands payload over in pieces of at most the size that it is given', () => {
    const recorder = new Recorder();

    pushAll(new FrameParser(recorder, 3), [hex('82 07 01 02 03 04 05'), hex('06 07')]);

    assert.deepEqual(recorder.frames[0]?.pieces.map(toHex), ['01 02 03', '04 05', '06 07']);
  });

  it('goes on with a frame of 2^63−1 bytes for as long as it comes', () => {
    for (const [, place] of MEMORIES) {
      let received = 0;
      const recorder = new Recorder();
      const parser = new FrameParser({
        frameBegin: (header) => recorder.frameBegin(header),
        frameData: (payload) => (received += payload.length),
        frameEnd: () => recorder.frameEnd(),
      });
      pushAll(parser, [hex('82 ff 7f ff ff ff ff ff ff ff 01 02 03 04 aa')], place);
      for (let count = 0; count < 50; count++) pushAll(parser, [LETTERS], place);

      const { payloadLength, lengthHigh, lengthLow } = recorder.frames[0]?.header ?? assert.fail();
      assert.deepEqual([payloadLength, lengthHigh, lengthLow], [2 ** 63, 0x7fff_ffff, 0xffff_ffff]);
      assert.equal(received, 1 + 50 * LETTERS.length);
      assert.equal(recorder.ended, 0);
      assert.equal(parser.insideFrame, true);
    }
  });

  it('finds the end of a frame of 4 GiB and 5 bytes', () => {
    const recorder = new Recorder();
    let received = 0;
    const parser = new FrameParser({
      frameBegin: (header) => recorder.frameBegin(header),
      frameData: (payload) => (received += payload.length),
      frameEnd: () => recorder.frameEnd(),
    });
    const chunk = new Uint8Array(1024 * 1024);
    parser.push(hex('82 7f 00 00 00 01 00 00 00 05'), 0);

    for (let count = 0; count < 4096; count++) parser.push(chunk, 0);
    assert.equal(recorder.ended, 0);
    parser.push(hex('01 02 03 04 05 89 00'), 0);

    assert.equal(received, 2 ** 32 + 5);
    assert.equal(recorder.ended, 2);
  });

  it('keeps at most 13 bytes, those of a cut header', () => {
    const bytes = concat([
      frame({ payload: LETTERS.subarray(0, 300), key: '37 fa 21 3d', lengthBits: 64 }),
      frame({ byte0: 0x89, key: '01 02 03 04' }),
      frame({ payload: LETTERS.subarray(0, 5) }),
    ]);
    let known = 0;
    let most = 0;
    const parser = new FrameParser({
      frameBegin: (header) => (known += header.payloadLength === 300 ? 14 : header.maskingKey === undefined ? 2 : 6),
      frameData: (payload) => (known += payload.length),
      frameEnd: () => undefined,
    });

    for (let pushed = 1; pushed <= bytes.length; pushed++) {
      parser.push(bytes.slice(pushed - 1, pushed), 0);
      most = Math.max(most, pushed - known);
    }

    assert.equal(known, bytes.length);
    assert.equal(most, 13);
  });

  it('says whether it is inside a frame, after each byte', () => {
    const parser = new FrameParser(new Recorder());
    const answers: boolean[] = [parser.insideFrame];

    for (const chunk of chunksBetween(hex('81 02 68 69 89 00 88'), [1, 2, 3, 4, 5, 6])) {
      parser.push(chunk, 0);
      answers.push(parser.insideFrame);
    }

    assert.deepEqual(answers, [false, true, true, true, false, true, false, true]);
  });

  it('says whether it is inside a frame, during each call of the sink', () => {
    const answers: [call: string, inside: boolean][] = [];
    const parser: FrameParser = new FrameParser(new Recorder((call) => answers.push([call, parser.insideFrame])));

    parser.push(hex('81 01 68 89 00'), 0);

    assert.deepEqual(answers, [
      ['begin', true],
      ['data', true],
      ['end', false],
      ['begin', true],
      ['end', false],
    ]);
  });

  it('lets an error of the sink through, before it reads any payload', () => {
    const parser = new FrameParser(
      new Recorder(() => {
        throw new RangeError('no');
      }),
    );
    const chunk = hex('81 82 01 02 03 04 69 6b');

    assert.throws(() => parser.push(chunk, 0), RangeError);
    assert.equal(toHex(chunk), '81 82 01 02 03 04 69 6b');
  });
});

describe('FrameParser, paused', () => {
  /**
   * Pushes `chunks` to a parser that is paused by the calls of its sink which `pauses` picks, and resumes it each time.
   *
   * Looks whether it stands still in between, and returns what came.
   */
  function pushWithPauses(chunks: Iterable<Uint8Array>, place: Place, pauses: (index: number) => boolean): Recorder {
    const state = { paused: false };
    const recorder = new Recorder(() => {
      assert.equal(state.paused, false, 'a call while paused');
      if (!pauses(recorder.calls.length - 1)) return;
      state.paused = true;
      parser.pause();
    });
    const parser = new FrameParser(recorder);

    for (const chunk of chunks) {
      const placed = place(chunk);
      let offset = parser.push(placed, 0);
      while (state.paused) {
        assert.equal(parser.push(placed, offset), offset);
        state.paused = false;
        parser.resume();
        offset = parser.push(placed, offset);
      }
      assert.equal(offset, placed.length);
      placed.fill(0xee);
    }
    return recorder;
  }

  for (const [memory, place] of MEMORIES) {
    for (const [name, bytes, frames] of STREAMS) {
      it(`stops in each call of the sink and goes on, for ${name}, ${memory}, however it is cut`, () => {
        for (const chunks of splits(hex(bytes))) {
          const everywhere = pushWithPauses(chunks, place, () => true);
          assert.deepEqual(summary(everywhere), frames);

          for (const at of everywhere.calls.keys()) {
            const once = pushWithPauses(chunks, place, (index) => index === at);
            assert.deepEqual(summary(once), frames);
            assert.deepEqual(once.calls, everywhere.calls);
          }
        }
      });
    }
  }

  // Where push stops when it is paused in the call with that number.
  const stops: [at: number, call: string, offset: number][] = [
    [0, 'begin', 2],
    [1, 'data', 3],
    [2, 'end', 3],
    [3, 'begin', 9],
    [4, 'end', 9],
    [5, 'begin', 15],
    [6, 'data', 17],
    [7, 'end', 17],
  ];
  for (const [at, call, expected] of stops) {
    it(`returns ${String(expected)} if it is paused there in '${call}'`, () => {
      const recorder = new Recorder(() => {
        if (recorder.calls.length - 1 === at) parser.pause();
      });
      const parser = new FrameParser(recorder);

      const offset = parser.push(hex('82 01 aa 89 80 01 02 03 04 81 82 01 02 03 04 69 6b'), 0);

      assert.equal(offset, expected);
      assert.equal(recorder.calls.length, at + 1);
      assert.equal(recorder.calls.at(-1), call);
    });
  }

  it('leaves what is behind the pause as it was: masked', () => {
    const chunk = hex('81 82 01 02 03 04 69 6b 81 81 01 02 03 04 60');
    const parser: FrameParser = new FrameParser(new Recorder((call) => call === 'data' && parser.pause()));

    parser.push(chunk, 0);

    assert.equal(toHex(chunk), '81 82 01 02 03 04 68 69 81 81 01 02 03 04 60');
  });

  for (const [name, bytes, call] of [
    ['of an empty frame', '89 00', 'begin'],
    ['of an empty masked frame', '89 80 01 02 03 04', 'begin'],
    ['of a frame with payload', '82 01 aa', 'data'],
  ] as const) {
    it(`tells of the end ${name} after resume, though no bytes are left`, () => {
      const recorder = new Recorder((current) => current === call && parser.pause());
      const parser = new FrameParser(recorder);
      const chunk = hex(bytes);

      assert.equal(parser.push(chunk, 0), chunk.length);
      assert.equal(recorder.ended, 0);
      assert.equal(parser.insideFrame, true);
      assert.equal(parser.isFrameComplete, true);

      parser.resume();
      assert.equal(recorder.ended, 0);
      assert.equal(parser.push(new Uint8Array(0), 0), 0);
      assert.equal(recorder.ended, 1);
      assert.equal(parser.insideFrame, false);
      assert.equal(parser.isFrameComplete, false);
    });
  }

  it('has no complete frame where payload is still to come', () => {
    const recorder = new Recorder((current) => current === 'data' && parser.pause());
    const parser: FrameParser = new FrameParser(recorder);

    parser.push(hex('82 02 aa'), 0);

    assert.equal(parser.isFrameComplete, false);
    parser.resume();
    parser.push(hex('bb'), 0);
    assert.equal(parser.isFrameComplete, true);
  });

  it('reads nothing if it is paused before push, and keeps its place in a cut header', () => {
    for (const chunks of splits(hex('82 ff 00 00 00 00 00 00 00 02 01 02 03 04 00 00'))) {
      const recorder = new Recorder();
      const parser = new FrameParser(recorder);
      for (const chunk of chunks) {
        parser.pause();
        assert.equal(parser.push(chunk, 0), 0);
        parser.resume();
        assert.equal(parser.push(chunk, 0), chunk.length);
      }

      assert.deepEqual(summary(recorder), ['82 masked: 01 02']);
    }
  });

  it('does not stop if it is paused and resumed in the same call of the sink', () => {
    const recorder = new Recorder(() => {
      parser.pause();
      parser.resume();
    });
    const parser = new FrameParser(recorder);
    const chunk = hex('81 01 68 89 00');

    assert.equal(parser.push(chunk, 0), chunk.length);
    assert.deepEqual(summary(recorder), ['81: 68', '89: ']);
  });

  it('goes on in another chunk that holds what it left', () => {
    const recorder = new Recorder((call) => call === 'data' && parser.pause());
    const parser = new FrameParser(recorder);
    const chunk = hex('81 82 01 02 03 04 69 6b 89 80 01 02 03 04');

    const rest = chunk.slice(parser.push(chunk, 0));
    chunk.fill(0xee);
    parser.resume();

    assert.equal(parser.push(rest, 0), rest.length);
    assert.deepEqual(summary(recorder), ['81 masked: 68 69', '89 masked: ']);
  });
});
