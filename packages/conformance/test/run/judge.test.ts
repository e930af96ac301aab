import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Expected, Outcome } from '@millrace/conformance';

import type { WireEvent } from '../../src/model/event.ts';
import { judge, matches } from '../../src/run/judge.ts';

const close = (code: number | undefined): WireEvent => ({ kind: 'close', code, reason: '' });
const end: WireEvent = { kind: 'end', how: 'fin' };
const pong = (text: string): WireEvent => ({ kind: 'pong', payload: Buffer.from(text) });
const message = (text: string): WireEvent => ({ kind: 'message', type: 'text', payload: Buffer.from(text), frames: 1 });

const rows: readonly (readonly [name: string, events: WireEvent[], expected: Expected[], matching: boolean])[] = [
  ['nothing is nothing', [], [], true],
  ['an event too many', [end], [], false],
  ['an event too few', [], [{ event: 'end' }], false],
  ['a code of several', [close(1002), end], [{ event: 'close', codes: [1000, 1002] }, { event: 'end' }], true],
  ['another code', [close(1001)], [{ event: 'close', codes: [1000] }], false],
  ['a Close without a code', [close(undefined)], [{ event: 'close', codes: ['none'] }], true],
  ['any Close', [close(1011)], [{ event: 'close' }], true],
  ['a payload', [message('a')], [{ event: 'message', type: 'text', payload: { text: 'a' } }], true],
  ['another payload', [message('b')], [{ event: 'message', type: 'text', payload: { text: 'a' } }], false],
  ['another type', [message('a')], [{ event: 'message', type: 'binary' }], false],
  [
    'a repeated payload',
    [message('abab')],
    [{ event: 'message', type: 'text', payload: { fill: '61 62', size: 4 } }],
    true,
  ],
  ['something that may be missing', [end], [{ event: 'close', times: [0, 1] }, { event: 'end' }], true],
  [
    'any number, then the last',
    [pong('1'), pong('2')],
    [
      { event: 'pong', times: [0, 1] },
      { event: 'pong', payload: { text: '2' } },
    ],
    true,
  ],
  [
    'greed that has to give back',
    [pong('2')],
    [
      { event: 'pong', times: [0, 9] },
      { event: 'pong', payload: { text: '2' } },
    ],
    true,
  ],
  ['too many of them', [pong('1'), pong('2')], [{ event: 'pong', times: [0, 1] }], false],
];

describe('matches', () => {
  for (const [name, events, expected, matching] of rows) {
    it(`${matching ? 'takes' : 'does not take'} ${name}`, () => {
      assert.equal(matches(events, expected), matching);
    });
  }

  it('is done soon with many events and many ways', () => {
    const events = Array.from({ length: 20_000 }, () => pong('p'));
    const expected: Expected[] = Array.from({ length: 5 }, () => ({ event: 'pong', times: [0, Infinity] }));

    assert.ok(matches(events, [...expected]));
  });
});

describe('judge', () => {
  const outcomes: Outcome[] = [
    { verdict: 'ok', events: [{ event: 'close', codes: [1002] }, { event: 'end' }] },
    { verdict: 'non-strict', because: 'not 1002', events: [{ event: 'close' }, { event: 'end' }] },
  ];

  it('takes the first outcome that matches', () => {
    assert.deepEqual(judge([close(1002), end], outcomes), { verdict: 'ok', reason: undefined });
  });

  it('says why an outcome is not ok', () => {
    const { verdict, reason } = judge([close(1000), end], outcomes);

    assert.equal(verdict, 'non-strict');
    assert.match(reason ?? '', /^not 1002: Close 1000 → end/);
  });

  it('says what was expected and what was seen', () => {
    const { verdict, reason } = judge([message('x')], outcomes);

    assert.equal(verdict, 'failed');
    assert.match(reason ?? '', /expected Close 1002 → end of the TCP connection; saw text message "x"/);
  });
});
