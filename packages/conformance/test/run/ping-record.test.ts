import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { FrameSpec } from '@millrace/conformance';

import { PingRecord } from '../../src/run/ping-record.ts';
import { payloadBytes } from '../../src/wire/bytes.ts';

const ping = (text: string, changes: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: 9,
  payload: { text },
  ...changes,
});
const pong = (text: string): FrameSpec => ({ opcode: 10, payload: { text } });
const close: FrameSpec = { opcode: 8, payload: { hex: '03 e8' } };

type Step = FrameSpec | readonly [received: string, kind: string];

const rows: readonly (readonly [name: string, steps: readonly Step[]])[] = [
  ['an answer', [ping('p'), ['p', 'answer']]],
  ['a second pong to one ping', [ping('p'), ['p', 'answer'], ['p', 'unasked']]],
  ['as many answers as pings', [ping('p'), ping('p'), ['p', 'answer'], ['p', 'answer'], ['p', 'unasked']]],
  [
    'a heartbeat',
    [
      ['', 'unasked'],
      ['beat', 'unasked'],
    ],
  ],
  ['another payload than that of the ping', [ping('p'), ['P', 'unasked']]],
  ['the answer to a pong', [pong('p'), ['p', 'wrong answer']]],
  ['the answer to an empty pong', [pong(''), ['', 'wrong answer']]],
  ['a heartbeat that was there before our pong', [['', 'unasked'], pong(''), ['', 'unasked']]],
  ['the answer to a ping that breaks a rule', [ping('p', { reservedBits: 1 }), ['p', 'wrong answer']]],
  ['the answer to a fragmented ping', [ping('p', { fin: false }), ['p', 'wrong answer']]],
  ['the answer to a ping with a length that is too wide', [ping('p', { lengthField: 16 }), ['p', 'answer']]],
  ['the answer to a ping behind Close', [close, ping('p'), ['p', 'wrong answer']]],
  ['a heartbeat behind an empty ping that breaks a rule', [ping('', { fin: false }), ['', 'unasked']]],
];

describe('PingRecord', () => {
  for (const [name, steps] of rows) {
    it(`knows ${name}`, () => {
      const record = new PingRecord();

      for (const step of steps) {
        if ('opcode' in step) record.onSent(step, payloadBytes(step.payload));
        else assert.equal(record.onReceived(Buffer.from(step[0])), step[1]);
      }
    });
  }

  it('waits for the pong of the newest ping', () => {
    const record = new PingRecord();
    for (const text of ['one', 'two']) record.onSent(ping(text), Buffer.from(text));

    record.onReceived(Buffer.from('one'));
    assert.equal(record.isNewestAnswered, false);
    record.onReceived(Buffer.from('two'));
    assert.equal(record.isNewestAnswered, true);
  });
});
