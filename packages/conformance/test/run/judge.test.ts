import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Expected, Outcome } from '@millrace/conformance';

import type { WireEvent } from '../../src/model/event.ts';
import { judge, matches } from '../../src/run/judge.ts';

const close = (code: number | undefined): WireEvent => ({ kind: 'close', code, reason: '' });
const end: WireEvent = { kind: 'end', how: 'fin' };
const pong = (text: string, wrong = false): WireEvent => ({ kind: 'pong', payload: Buffer.from(text), wrong });
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
  ['an answer to our Close', [close(1000)], [{ event: 'close', answers: 1000 }], true],
  ['an empty Close as an answer', [close(undefined)], [{ event: 'close', answers: 3000 }], true],
  ['a failure as an answer', [close(1002)], [{ event: 'close', answers: 3000 }], false],
  ['a pong', [pong('p')], [{ event: 'pong' }], true],
  ['a pong in answer to what is not to be answered', [pong('p', true)], [{ event: 'pong' }], false],
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

  it('notes a code of its own in the answer to a Close', () => {
    const answering: Outcome[] = [{ verdict: 'ok', events: [{ event: 'close', answers: 1000 }] }];

    assert.equal(judge([close(1001)], answering).verdict, 'ok');
    assert.equal(judge([close(4000)], answering).verdict, 'informational');
    assert.match(judge([close(4000)], answering).reason ?? '', /§5\.5\.1 leaves open: Close 4000/);
    assert.match(
      judge([close(1002)], answering).reason ?? '',
      /expected Close in answer to Close 1000; saw Close 1002/,
    );
  });

  it('takes pongs at any place, in their order', () => {
    const pongs: Expected[] = [
      { event: 'pong', payload: { text: '1' } },
      { event: 'pong', payload: { text: '2' } },
    ];
    const outcome: Outcome[] = [
      { verdict: 'ok', events: [{ event: 'message', type: 'text' }, { event: 'end' }], pongs },
    ];

    assert.equal(judge([pong('1'), message('a'), pong('2'), end], outcome).verdict, 'ok');
    assert.equal(judge([message('a'), pong('1'), pong('2'), end], outcome).verdict, 'ok');
    assert.equal(judge([message('a'), pong('2'), pong('1'), end], outcome).verdict, 'failed');
    assert.equal(judge([message('a'), pong('1'), end], outcome).verdict, 'failed');
    assert.equal(judge([message('a'), pong('1'), pong('2'), pong('3'), end], outcome).verdict, 'failed');
  });

  it('says what was expected and what was seen', () => {
    const { verdict, reason } = judge([message('x')], outcomes);

    assert.equal(verdict, 'failed');
    assert.match(reason ?? '', /expected Close 1002 → end of the TCP connection; saw text message "x"/);
  });
});
