import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ClaimTable } from '../../../../src/protocol/extension/claims.ts';
import { FrameReader } from '../../../../src/protocol/receive/frame-reader.ts';
import { WholeMessages, type WholeMessagesSetup } from '../../../../src/protocol/receive/stages/whole-messages.ts';
import { createFrameHeaderBuffer } from '../../../../src/protocol/wire/frame-header.ts';
import { FrameParser } from '../../../../src/protocol/wire/frame-parser.ts';
import { hex, toHex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';
import { splits } from '../../../helpers/splits.ts';

/** Hands over copies of all. */
const COPYING: WholeMessagesSetup = { lends: false, isTransformed: false, copy: (bytes) => new Uint8Array(bytes) };

/** A parser behind which messages of one piece are handed over whole. */
class Reading {
  readonly log = new EventLog();
  readonly messages: WholeMessages;
  readonly #parser: FrameParser;

  constructor(largestPiece = Infinity, setup: Partial<WholeMessagesSetup> = {}) {
    this.messages = new WholeMessages(this.log.whole, { ...COPYING, ...setup });
    this.#parser = new FrameParser(
      new FrameReader({
        role: 'client',
        reserved: new ClaimTable(),
        messages: this.messages,
        controls: this.log.controls,
        pipeline: { isWaiting: false, onFrame: () => undefined },
      }),
      largestPiece,
    );
  }

  /** Reads chunks, of each of which the end is told or not. */
  read(chunks: Iterable<Uint8Array>, tellsEnd = true): void {
    for (const chunk of chunks) {
      this.#parser.push(chunk, 0);
      if (tellsEnd) this.messages.release();
      chunk.fill(0xee); // only lent
    }
  }
}

const FRAGMENTED = ['begin 2', 'frame 1', 'data 05', 'frame end', 'frame 1 fin', 'data 06', 'frame end', 'end'];

describe('WholeMessages', () => {
  it('hands over a message of one frame as a whole, where it lies in one chunk', () => {
    const reading = new Reading();

    reading.read([hex('81 02 48 69 82 00 02 01 05 80 01 06 82 01 07')]);

    assert.deepEqual(reading.log.lines, ['whole 1: 48 69', 'whole 2: ', ...FRAGMENTED, 'whole 2: 07']);
  });

  it('gives empty messages memory of their own, which could be given away', () => {
    const buffers: ArrayBufferLike[] = [];
    const { whole } = new EventLog();
    const messages = new WholeMessages({ ...whole, onWholeMessage: ({ buffer }) => buffers.push(buffer) }, COPYING);

    for (let count = 0; count < 2; count++) {
      messages.onMessageBegin(2);
      messages.onMessageEnd();
    }

    assert.notEqual(buffers[0], buffers[1]);
  });

  it('loses nothing and changes no order, however the stream is cut', () => {
    for (const tellsEnd of [true, false]) {
      for (const chunks of splits(hex('81 02 48 69 82 00 02 01 05 89 01 09 80 01 06 82 01 07'))) {
        const reading = new Reading();

        reading.read(chunks, tellsEnd);

        const opened = reading.log.merged.flatMap((line) => {
          const [, opcode = '', payload = ''] = /^whole (.): (.*)$/.exec(line) ?? [];
          if (opcode === '') return [line];
          const size = payload === '' ? 0 : payload.split(' ').length;
          const data = size === 0 ? [] : [`data ${payload}`];
          return [`begin ${opcode}`, `frame ${size} fin`, ...data, 'frame end', 'end'];
        });
        const middle = [...FRAGMENTED];
        middle.splice(4, 0, 'control 9: 09');
        assert.deepEqual(opened, [
          ...['begin 1', 'frame 2 fin', 'data 48 69', 'frame end', 'end'],
          ...['begin 2', 'frame 0 fin', 'frame end', 'end'],
          ...middle,
          ...['begin 2', 'frame 1 fin', 'data 07', 'frame end', 'end'],
        ]);
      }
    }
  });

  for (const [name, chunks, lines] of [
    ['its first byte', ['82', '01 07'], ['whole 2: 07']],
    ['its header', ['82 01', '07'], ['begin 2', 'frame 1 fin', 'data 07', 'frame end', 'end']],
    ['some payload', ['82 02 07', '08'], ['begin 2', 'frame 2 fin', 'data 07', 'data 08', 'frame end', 'end']],
  ] as const) {
    it(`hands over what is there of a message when a chunk ends behind ${name}`, () => {
      const reading = new Reading();

      reading.read(chunks.map((chunk) => hex(chunk)));

      assert.deepEqual(reading.log.lines, lines);
    });
  }

  it('takes a second piece as a sign that the message does not come whole', () => {
    const reading = new Reading(2);

    reading.read([hex('82 02 01 02 82 03 01 02 03')]);

    const second = ['begin 2', 'frame 3 fin', 'data 01 02', 'data 03', 'frame end', 'end'];
    assert.deepEqual(reading.log.lines, ['whole 2: 01 02', ...second]);
  });

  it('says what it keeps back', () => {
    const reading = new Reading();

    reading.read([hex('82 03 01 02')], false);
    assert.equal(reading.messages.size, 2);
    assert.deepEqual(reading.log.lines, []);
    reading.messages.release();

    assert.equal(reading.messages.size, 0);
    assert.deepEqual(reading.log.lines, ['begin 2', 'frame 3 fin', 'data 01 02']);
  });

  it('hands over copies, for good', () => {
    const payloads: Uint8Array[] = [];
    const { whole } = new EventLog();
    const messages = new WholeMessages(
      {
        ...whole,
        onFrameData: (chunk) => payloads.push(chunk),
        onWholeMessage: (payload) => payloads.push(payload),
      },
      COPYING,
    );
    const header = { ...createFrameHeaderBuffer(), payloadLength: 4, fin: true };
    const chunk = hex('01 02 03 04');

    messages.onMessageBegin(2);
    messages.onFrameBegin(header);
    messages.onFrameData(chunk);
    messages.onFrameEnd();
    messages.onMessageEnd();
    messages.onMessageBegin(2);
    messages.onFrameBegin({ ...header, fin: false });
    messages.onFrameData(chunk);
    chunk.fill(0xee);

    assert.deepEqual(payloads.map(toHex), ['01 02 03 04', '01 02 03 04']);
  });

  it('lends what does not come whole, and copies what does as it is told', () => {
    const copied: string[] = [];
    const lent: Uint8Array[] = [];
    const { whole } = new EventLog();
    const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
      copied.push(toHex(bytes));
      return new Uint8Array(bytes);
    };
    const messages = new WholeMessages(
      { ...whole, onFrameData: (chunk) => lent.push(chunk) },
      { lends: true, isTransformed: false, copy },
    );
    const header = { ...createFrameHeaderBuffer(), payloadLength: 4, fin: true };
    const [part, all] = [hex('01 02'), hex('01 02 03 04')];

    messages.onMessageBegin(2);
    messages.onFrameBegin(header);
    messages.onFrameData(all);
    messages.onFrameEnd();
    messages.onMessageEnd();
    messages.onMessageBegin(2);
    messages.onFrameBegin(header);
    messages.onFrameData(part);

    assert.deepEqual(copied, ['01 02 03 04']);
    assert.equal(lent[0], part, 'not a copy');
  });

  it('takes one piece that an extension has made for the whole, whatever the header says, and goes on if it is not', () => {
    for (const isWhole of [true, false]) {
      const log = new EventLog();
      const messages = new WholeMessages(log.whole, { ...COPYING, lends: true, isTransformed: true });
      messages.onMessageBegin(2);
      messages.onFrameBegin({ ...createFrameHeaderBuffer(), payloadLength: 1, fin: true });
      messages.onFrameData(hex('01 02'));
      if (!isWhole) messages.onFrameData(hex('03'));
      messages.onFrameEnd();
      messages.onMessageEnd();
      const pieces = ['begin 2', 'frame 1 fin', 'data 01 02', 'data 03', 'frame end', 'end'];
      assert.deepEqual(log.lines, isWhole ? ['whole 2: 01 02'] : pieces);
    }
  });
});
