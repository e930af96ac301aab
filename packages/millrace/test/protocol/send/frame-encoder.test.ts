import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { FrameEncoder } from '../../../src/protocol/send/frame-encoder.ts';
import { OutputQueue } from '../../../src/protocol/send/output-queue.ts';
import { UNOBSERVED, type FrameObserver } from '../../../src/protocol/wire/frame-observer.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { decodeFrames } from '../../helpers/frame-stream.ts';
import { frame, keyNumber } from '../../helpers/frames.ts';
import { LOSSES, growingPayload, losablePayload } from '../../helpers/lost-payload.ts';
import { randomBytes } from '../../helpers/random.ts';
import { chunksBetween } from '../../helpers/splits.ts';

const KEY = 'a1 b2 c3 d4';

class Encoding {
  readonly output = new OutputQueue();
  readonly encoder: FrameEncoder;

  isBlocked = false;

  constructor(maskingKey?: () => number, observer?: FrameObserver) {
    this.encoder = new FrameEncoder({
      output: this.output,
      host: {
        text: portableTextCodec,
        maskingKey: maskingKey ?? (() => 0),
        transportBufferedAmount: () => (this.isBlocked ? 1 : 0),
      },
      masks: maskingKey !== undefined,
      observer,
    });
  }

  take(): Uint8Array {
    return concat(this.output.take(Infinity));
  }
}

const ROLES: [role: string, key: string, maskingKey: (() => number) | undefined][] = [
  ['a server', '', undefined],
  ['a client', KEY, () => keyNumber(KEY)],
];

const SIZES = [0, 1, 2, 3, 125, 126, 4096, 4097, 65_535, 65_536, 200_000];

for (const [role, key, maskingKey] of ROLES) {
  describe(`FrameEncoder of ${role}`, () => {
    for (const size of SIZES) {
      it(`writes a frame of ${size} bytes, and leaves the payload as it is`, () => {
        const payload = randomBytes(size, 1);
        const encoding = new Encoding(maskingKey);

        encoding.encoder.writeFrame(0x82, payload);

        assert.equal(encoding.output.size, frame({ payload, key }).length);
        assert.deepEqual(encoding.take(), frame({ payload, key }));
        assert.deepEqual(payload, randomBytes(size, 1));
      });
    }

    for (const cuts of [[], [1], [3, 4096], [5, 5000, 5001, 9999], [1, 2, 3, 4, 5, 6, 7]]) {
      it(`writes a frame in parts, cut at [${cuts.join(', ')}]`, () => {
        const payload = randomBytes(10_000, 2);
        const parts = chunksBetween(payload, cuts);
        const encoding = new Encoding(maskingKey);

        encoding.encoder.beginFrame(0x02, payload.length);
        parts.forEach((part, index) => encoding.encoder.writeFrameData(part, index === parts.length - 1));

        assert.deepEqual(encoding.take(), frame({ byte0: 0x02, payload, key }));
        assert.deepEqual(concat(parts), payload);
      });
    }

    for (const [text, name] of [
      ['', 'no text'],
      ['Hello', 'ASCII'],
      ['ä'.repeat(62), 'text whose bytes just fit a short header'],
      ['ä'.repeat(63), 'text whose bytes need a longer header than its units'],
      ['€'.repeat(125), 'text of three bytes a unit'],
      ['\uD83D\uDE00'.repeat(300), 'pairs of surrogates'],
      ['a\uD83Db', 'a lone surrogate'],
      ['x'.repeat(1365), 'the longest short text'],
      ['€'.repeat(1365), 'the longest short text, at three bytes a unit'],
    ] as const) {
      it(`writes ${name}`, () => {
        const encoding = new Encoding(maskingKey);

        assert.ok(encoding.encoder.isShortText(text));
        encoding.encoder.writeFrame(0x81, hex('00'));
        encoding.encoder.writeShortText(0x81, text);

        const before = frame({ byte0: 0x81, payload: hex('00'), key });
        const expected = frame({ byte0: 0x81, payload: new TextEncoder().encode(text), key });
        assert.deepEqual(encoding.take(), concat([before, expected]));
      });
    }

    it('encodes a control frame on its own', () => {
      const encoding = new Encoding(maskingKey);

      const encoded = encoding.encoder.encodeControlFrame(0x89, hex('01 02 03 04 05'));

      assert.deepEqual(encoded, frame({ byte0: 0x89, payload: hex('01 02 03 04 05'), key }));
      assert.equal(encoding.output.size, 0);
    });

    it('counts frames, begun ones included', () => {
      const { encoder } = new Encoding(maskingKey);

      encoder.writeFrame(0x82, hex('01'));
      encoder.writeShortText(0x81, 'a');
      encoder.beginFrame(0x82, 5);
      encoder.writeFrameData(hex('01'), false);
      encoder.encodeControlFrame(0x89, hex(''));

      assert.equal(encoder.counts.framesSent, 4);
    });

    for (const length of [0, 0n] as const) {
      it(`knows that a frame of length ${typeof length} 0 has ended`, () => {
        const encoding = new Encoding(maskingKey);

        encoding.encoder.beginFrame(0x02, length);
        encoding.take();

        assert.equal(encoding.output.insert([hex('89 00')]), true);
      });
    }

    for (const size of [1, 4096, 4097, 65_536, 65_537]) {
      for (const isBlocked of [false, true]) {
        const isCopied = size <= 4096 || (isBlocked && size <= 65_536);
        it(`${isCopied ? 'copies' : 'takes by reference'} ${size} bytes ${isBlocked ? 'that have to wait' : 'that may leave at once'}`, () => {
          for (const inParts of [false, true]) {
            const encoding = new Encoding(maskingKey);
            encoding.isBlocked = isBlocked;
            const payload = randomBytes(size, 1);

            if (inParts) {
              encoding.encoder.beginFrame(0x82, size);
              encoding.encoder.writeFrameData(payload, true);
            } else {
              encoding.encoder.writeFrame(0x82, payload);
            }
            assert.equal(encoding.output.referencesGiven, isCopied ? 0 : 1);
            payload.fill(7);

            const sent = isCopied ? randomBytes(size, 1) : payload;
            assert.deepEqual(encoding.take(), frame({ payload: sent, key }));
          }
        });
      }
    }

    it('takes a payload as long as it was, though its memory grows', () => {
      for (const isBlocked of [false, true]) {
        const encoding = new Encoding(maskingKey);
        encoding.isBlocked = isBlocked;
        const { bytes, grow } = growingPayload(5000);
        const payload = Uint8Array.from(bytes);

        encoding.encoder.writeFrame(0x82, bytes);
        grow();

        assert.deepEqual(encoding.take(), frame({ payload, key }));
      }
    });

    for (const loss of LOSSES) {
      it(`finds out about a payload that is ${loss}, unless it was copied`, () => {
        for (const isBlocked of [false, true]) {
          const encoding = new Encoding(maskingKey);
          encoding.isBlocked = isBlocked;
          const { bytes, lose } = losablePayload(loss, 5000);
          const payload = Uint8Array.from(bytes);

          encoding.encoder.writeFrame(0x82, bytes);
          lose();

          assert.deepEqual(encoding.take(), isBlocked ? frame({ payload, key }) : new Uint8Array(0));
          assert.equal(encoding.output.takeLostPayload(), isBlocked ? undefined : 5000);
        }
      });
    }

    it('announces 2^63−1 bytes', () => {
      const encoding = new Encoding(maskingKey);

      encoding.encoder.beginFrame(0x02, 2n ** 63n - 1n);

      const header = `02 ${key === '' ? '7f' : 'ff'} 7f ff ff ff ff ff ff ff ${key}`.trim();
      assert.equal(toHex(encoding.take()), header);
    });
  });
}

const WHOLE_FRAMES: [name: string, write: (encoder: FrameEncoder) => void][] = [
  ['a small frame', (encoder) => encoder.writeFrame(0x82, hex('01'))],
  ['a large frame', (encoder) => encoder.writeFrame(0x82, new Uint8Array(5000))],
  ['short text', (encoder) => encoder.writeShortText(0x81, 'a')],
  ['a small encoded frame', (encoder) => encoder.writeEncoded(hex('82 01 01'))],
  ['a large encoded frame', (encoder) => encoder.writeEncoded(frame({ payload: new Uint8Array(5000) }))],
];

describe('FrameEncoder', () => {
  for (const [name, write] of WHOLE_FRAMES) {
    it(`has another frame follow ${name}, and none inside a frame`, () => {
      const { encoder, output } = new Encoding();

      write(encoder);
      output.take(Infinity);
      assert.equal(output.insert([hex('89 00')]), true);
      encoder.beginFrame(0x82, 10_000);
      encoder.writeFrameData(hex('01'), false);
      encoder.writeFrameData(new Uint8Array(5000), false);
      output.take(Infinity);

      assert.equal(output.insert([hex('89 00')]), false);
    });
  }

  it('says who masks', () => {
    assert.equal(new Encoding().encoder.masks, false);
    assert.equal(new Encoding(() => 0).encoder.masks, true);
  });

  it('says what text is too long to be packed', () => {
    const { encoder } = new Encoding();

    assert.equal(encoder.isShortText('x'.repeat(1365)), true);
    assert.equal(encoder.isShortText('x'.repeat(1366)), false);
  });

  for (const size of [10, 4096, 4097]) {
    it(`adds an encoded frame of ${size} bytes, alone as it is, and joined with others if that is not much`, () => {
      const encoding = new Encoding();
      const encoded = randomBytes(size, 1);

      encoding.encoder.writeEncoded(encoded);
      assert.equal(encoding.output.take(Infinity)[0], encoded);

      encoding.encoder.writeFrame(0x82, hex('00'));
      encoding.encoder.writeEncoded(encoded);
      const pieces = encoding.output.take(Infinity);

      assert.equal(pieces.includes(encoded), size >= 4096);
      assert.deepEqual(concat(pieces), concat([hex('82 01 00'), encoded]));
      assert.equal(encoding.encoder.counts.framesSent, 3);
      assert.equal(encoding.output.referencesGiven, 0, 'nobody waits for its memory');
    });
  }

  it('packs encoded frames when many of them wait', () => {
    const { encoder, output } = new Encoding();
    const encoded = hex('82 01 07');

    for (let count = 0; count < 40; count++) encoder.writeEncoded(encoded);
    const pieces = output.take(Infinity);

    assert.ok(pieces.length < 40);
    assert.deepEqual(concat(pieces), concat(Array<Uint8Array>(40).fill(encoded)));
    assert.equal(encoder.counts.framesSent, 40);
  });

  it('begins a frame so that it can be given up alone, behind the rest of one that is on its way', () => {
    const { encoder, output } = new Encoding();
    encoder.beginFrame(0x82, 2);
    output.take(Infinity);

    encoder.writeFrameData(hex('01 02'), true);
    encoder.beginFrame(0x82, 9);

    assert.equal(output.truncate(), true);
    assert.equal(toHex(concat(output.take(Infinity))), '01 02');
  });

  it('tells who watches of each frame, once, with its payload length, when it begins', () => {
    const seen: [byte0: number, length: number | bigint][] = [];
    const observer = watching(true, (byte0, length) => seen.push([byte0, length]));
    const { encoder } = new Encoding(undefined, observer);

    encoder.writeFrame(0x82, hex('01 02'));
    encoder.writeFrame(0x82, new Uint8Array(5000));
    encoder.writeShortText(0x81, 'ä');
    encoder.writeEncoded(hex('82 03 01 02 03'));
    encoder.encodeControlFrame(0x89, hex('07'));
    encoder.beginFrame(0x02, 9n);
    encoder.writeFrameData(hex('01 02 03'), false);
    encoder.writeFrameData(hex('04 05 06 07 08 09'), true);

    assert.deepEqual(seen, [
      [0x82, 2],
      [0x82, 5000],
      [0x81, 2],
      [0x82, 3],
      [0x89, 1],
      [0x02, 9n],
    ]);
  });

  it('tells nothing to who does not want to know at that time', () => {
    const { encoder } = new Encoding(
      undefined,
      watching(false, () => assert.fail('nobody asked')),
    );

    encoder.writeFrame(0x82, hex('01'));
    encoder.beginFrame(0x02, 1);

    assert.equal(encoder.counts.framesSent, 2);
  });

  it('takes a fresh key for each of 100,000 frames of all kinds, and never one twice', () => {
    let given = 0;
    const encoding = new Encoding(() => ++given);
    const { encoder } = encoding;
    const large = new Uint8Array(5000);

    const bytes: Uint8Array[] = [];
    for (let count = 0; count < 20_000; count++) {
      encoder.writeFrame(0x82, hex(''));
      encoder.writeShortText(0x81, 'text');
      encoder.beginFrame(0x82, 6);
      encoder.writeFrameData(hex('01 02 03'), false);
      encoder.writeFrameData(hex('04 05 06'), true);
      bytes.push(encoding.take(), encoder.encodeControlFrame(0x89, hex('07')));
      encoder.writeFrame(0x82, count % 100 === 0 ? large : hex('08'));
    }
    const frames = decodeFrames(concat([...bytes, encoding.take()]));

    assert.equal(given, 100_000);
    assert.equal(frames.length, 100_000);
    assert.equal(new Set(frames.map(({ key }) => key)).size, 100_000);
    assert.ok(frames.every(({ payload }) => payload.length !== 6 || toHex(payload) === '01 02 03 04 05 06'));
  });
});

/** An observer of the frames that are sent. */
function watching(observesSent: boolean, onFrameSent: FrameObserver['onFrameSent']): FrameObserver {
  return { ...UNOBSERVED, observesSent, onFrameSent };
}
