import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';

import {
  checkType,
  isChunk,
  toBytes,
  toChunk,
  toWholeMessage,
  type Chunk,
  type MessageKind,
} from '../../../src/connections/sending/sendable.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

const BUFFER = hex('00 01 02 03 04 05 06 07').buffer;

const VIEWS: [name: string, view: ArrayBuffer | ArrayBufferView, bytes: string][] = [
  ['a Uint8Array', new Uint8Array(BUFFER, 1, 2), '01 02'],
  ['a Buffer', Buffer.from(BUFFER, 3, 2), '03 04'],
  ['a DataView', new DataView(BUFFER, 2, 3), '02 03 04'],
  ['a Uint16Array', new Uint16Array(BUFFER, 4, 1), '04 05'],
  ['an ArrayBuffer', BUFFER, '00 01 02 03 04 05 06 07'],
  ['an ArrayBuffer of another realm', runInNewContext('Uint8Array.of(1, 2).buffer') as ArrayBuffer, '01 02'],
  ['a Uint8Array of another realm', runInNewContext('Uint8Array.of(1, 2)') as Uint8Array, '01 02'],
];

describe('What can be sent', () => {
  for (const [name, view, bytes] of VIEWS) {
    it(`takes the bytes of ${name}, without a copy`, () => {
      assert.ok(isChunk(view));
      const taken = toBytes(view);

      assert.equal(toHex(taken), bytes);
      assert.equal(taken.buffer, ArrayBuffer.isView(view) ? view.buffer : view);
    });
  }

  it('knows pieces', () => {
    for (const value of [undefined, null, 5, true, {}, [], new Map()]) {
      assert.equal(isChunk(value), false);
      assert.throws(() => toChunk(value), { name: 'LocalUsageError', message: /^a piece of a message is .*expected/ });
    }
    assert.equal(toChunk('a'), 'a');
  });

  it('makes text of strings and binary of bytes, unless told otherwise', () => {
    const rows: [data: Chunk, type: MessageKind | undefined, opcode: number, payload: string | Uint8Array][] = [
      ['é', undefined, 1, 'é'],
      ['é', 'text', 1, 'é'],
      ['é', 'binary', 2, hex('c3 a9')],
      [hex('c3 a9'), undefined, 2, hex('c3 a9')],
      [hex('c3 a9'), 'binary', 2, hex('c3 a9')],
      [hex('c3 a9'), 'text', 1, hex('c3 a9')],
    ];
    for (const [data, type, opcode, payload] of rows) assert.deepEqual(toWholeMessage(data, type), { payload, opcode });
  });

  it('refuses bytes as text that are not UTF-8', () => {
    assert.throws(() => toWholeMessage(hex('61 c3'), 'text'), { name: 'LocalUsageError', message: /of 2 bytes/ });
  });

  it('refuses a type that is none', () => {
    for (const type of ['Text', '', null, 1]) {
      assert.throws(() => checkType(type), { name: 'LocalUsageError', message: /expected 'text' or 'binary'/ });
      assert.throws(() => toWholeMessage('a', type as MessageKind), { name: 'LocalUsageError' });
    }
    for (const type of ['text', 'binary', undefined]) checkType(type);
  });
});
