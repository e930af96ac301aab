import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parsePosition, formatPosition } from '../../src/broker/position.ts';
import { decodeEnvelope, decodeReceipt, encodeEnvelope } from '../../src/broker/redis/envelope.ts';

describe('the envelope of messages in Redis', () => {
  it('is read as it was written, whatever the payload is', () => {
    for (const type of ['text', 'binary'] as const) {
      for (const data of [
        Buffer.alloc(0),
        Buffer.from('1t - 0 x y\n'),
        Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
      ]) {
        const message = { topic: 'Grüße/a b', type, data, id: 'id' };

        assert.deepEqual(decodeEnvelope(encodeEnvelope(message)), { ...message, place: undefined });
      }
    }
  });

  it('of a topic with history has its place', () => {
    const decoded = decodeEnvelope(Buffer.from('1b ep_-och 12 id chat/1\n\u0000'));

    assert.deepEqual(decoded?.place, { epoch: 'ep_-och', offset: 12, id: 'id' });
    assert.deepEqual(decodeReceipt('ep 12 id'), { epoch: 'ep', offset: 12, id: 'id' });
    assert.equal(decodeReceipt('ep 12'), undefined);
  });

  it('is nothing else, nor cut within its header', () => {
    const header = '1t - 0 id chat/1';
    for (let length = 0; length <= header.length; length++)
      assert.equal(decodeEnvelope(Buffer.from(header.slice(0, length))), undefined);
    for (const other of [
      '2t - 0 id a\n',
      '1x - 0 id a\n',
      '1t - x id a\n',
      'hello\n',
      `1t - 0 id ${'a'.repeat(500)}\n`,
    ]) {
      assert.equal(decodeEnvelope(Buffer.from(other)), undefined, other);
    }
  });
});

describe('positions', () => {
  it('are read as they were written, and nothing else is', () => {
    for (const place of [
      { epoch: 'e', offset: 0, id: '' },
      { epoch: 'E_-9', offset: 2 ** 50, id: 'i' },
    ]) {
      assert.deepEqual(parsePosition(formatPosition(place)), place);
    }
    for (const other of [
      '',
      '.',
      '1.e.',
      '0.e.i',
      '01.e.i',
      '-1.e.i',
      '1.e.i.',
      '1..i',
      '1.e.i\n',
      'zzzzzzzzzzzz.e.i',
      1,
      null,
    ]) {
      assert.equal(parsePosition(other), undefined, String(other));
    }
  });
});
