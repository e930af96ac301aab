import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TextChecker } from '../../../../src/protocol/receive/stages/text-checker.ts';
import { createFrameHeaderBuffer } from '../../../../src/protocol/wire/frame-header.ts';
import { portableTextCodec, type TextCodec } from '../../../../src/protocol/wire/text-codec.ts';
import { hex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';
import { splits } from '../../../helpers/splits.ts';

const LONG_TEXT = portableTextCodec.encode('A sentence that is longer than a loop likes: κόσμε, 水, 😀.');

/** Feeds a message in one frame of these chunks. */
function feed(checker: TextChecker, opcode: number, chunks: Iterable<Uint8Array>): void {
  checker.onMessageBegin(opcode);
  checker.onFrameBegin(createFrameHeaderBuffer());
  for (const chunk of chunks) checker.onFrameData(chunk);
  checker.onFrameEnd();
  checker.onMessageEnd();
}

describe('TextChecker', () => {
  for (const [name, bytes] of [
    ['nothing', hex('')],
    ['ASCII', hex('48 65 6c 6c 6f')],
    ['each length of a code point', hex('24 c2 a2 e2 82 ac f0 90 8d 88')],
    ['U+FEFF', hex('ef bb bf')],
    ['long text', LONG_TEXT],
  ] as const) {
    it(`passes on ${name}, however it is cut`, () => {
      for (const chunks of splits(bytes)) {
        const log = new EventLog();

        feed(new TextChecker(log.streaming, portableTextCodec), 1, chunks);

        const payload = chunks
          .flatMap((chunk) => [...chunk].map((byte) => byte.toString(16).padStart(2, '0')))
          .join(' ');
        const expected = ['begin 1', 'frame 0', `data ${payload}`, 'frame end', 'end'];
        assert.deepEqual(
          log.merged,
          expected.filter((line) => line !== 'data '),
        );
      }
    });
  }

  const BAD: [name: string, bytes: string, position: number][] = [
    ['a byte that is never in UTF-8', '61 ff 61', 1],
    ['a continuation byte at first', '80', 0],
    ['an overlong form', 'c0 af', 0],
    ['an overlong form of three bytes', '61 e0 80 80', 2],
    ['a surrogate', '61 62 ed a0 80', 3],
    ['what is over U+10FFFF', 'f4 90 80 80', 1],
    ['a cut code point before ASCII', 'e2 82 61', 2],
    ['a bad byte behind 20 good ones', `${'61 '.repeat(20)} ff ${'61 '.repeat(20)}`, 20],
  ];
  for (const [name, bytes, position] of BAD) {
    it(`refuses ${name} as soon as the bad byte comes, however it is cut`, () => {
      for (const chunks of splits(hex(bytes))) {
        const log = new EventLog();
        const checker = new TextChecker(log.streaming, portableTextCodec);
        checker.onMessageBegin(1);
        let taken = 0;

        const feedAll = (): void => {
          for (const chunk of chunks) {
            checker.onFrameData(chunk);
            taken += chunk.length;
          }
        };

        assert.throws(feedAll, {
          name: 'InvalidPayloadError',
          closeCode: 1007,
          message: new RegExp(`at byte ${position} `),
        });
        assert.ok(taken <= position, 'the bad chunk is the first to be refused');
        assert.ok(
          log.lines.every((line) => !line.includes('ff')),
          'what is refused is not passed on',
        );
      }
    });
  }

  it('refuses text that ends inside a code point', () => {
    for (const chunks of splits(hex('61 f0 9f 98'))) {
      const log = new EventLog();

      assert.throws(() => feed(new TextChecker(log.streaming, portableTextCodec), 1, chunks), {
        name: 'InvalidPayloadError',
        message: 'text message ends inside a code point at byte 4 (RFC 6455 §8.1)',
      });
      assert.equal(log.lines.at(-1), 'frame end');
    }
  });

  it('does not look at other messages', () => {
    const log = new EventLog();
    const checker = new TextChecker(log.streaming, portableTextCodec);

    feed(checker, 2, [hex('ff'), hex('c3')]);
    feed(checker, 3, [hex('ff')]);

    assert.equal(log.lines.at(-1), 'end');
  });

  it('begins each message anew', () => {
    const log = new EventLog();
    const checker = new TextChecker(log.streaming, portableTextCodec);

    feed(checker, 1, [hex('61 62'), hex('c3 a4')]);
    feed(checker, 2, [hex('c3')]);
    feed(checker, 1, [hex('c3 a4')]);

    assert.throws(() => feed(checker, 1, [hex('ff')]), { message: /at byte 0 / });
  });

  it('asks the host about long chunks only, and only between two code points', () => {
    const asked: number[] = [];
    const codec: TextCodec = {
      ...portableTextCodec,
      isUtf8: (bytes) => {
        asked.push(bytes.length);
        return portableTextCodec.isUtf8(bytes);
      },
    };
    const long = portableTextCodec.encode('x'.repeat(16));
    const checker = new TextChecker(new EventLog().streaming, codec);

    feed(checker, 1, [long, long.subarray(1), hex('c3'), Uint8Array.of(0xa4, ...long), long]);

    assert.deepEqual(asked, [16, 16]);
  });

  it('goes on after a long chunk that ends inside a code point', () => {
    const log = new EventLog();

    feed(new TextChecker(log.streaming, portableTextCodec), 1, [Uint8Array.of(...new Uint8Array(20), 0xc3), hex('a4')]);

    assert.equal(log.lines.at(-1), 'end');
  });
});
