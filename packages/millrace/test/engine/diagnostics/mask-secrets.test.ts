import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { quoteForLog, writeHeaders, writeTarget } from '../../../src/engine/diagnostics/mask-secrets.ts';

describe('quoteForLog', () => {
  const ROWS: [text: string, written: string][] = [
    ['plain', '"plain"'],
    ['a "b" \\ c', String.raw`"a \"b\" \\ c"`],
    ['\u001b[2J\r\n', String.raw`"\u001b[2J\r\n"`],
    ['\u007f\u009b31m', String.raw`"\u007f\u009b31m"`],
    ['\u202e\u2066\u2028\u200f\ufeff', String.raw`"\u202e\u2066\u2028\u200f\ufeff"`],
    ['\ud800', String.raw`"\ud800"`],
    ['é€😀', '"é€😀"'],
    ['x'.repeat(201), `"${'x'.repeat(200)}…"`],
  ];
  for (const [text, written] of ROWS) {
    it(`writes ${written.slice(0, 40)}`, () => assert.equal(quoteForLog(text), written));
  }
});

describe('writeTarget', () => {
  it('leaves out user information, query and fragment', () => {
    assert.equal(writeTarget('wss://user:secret@example.com/a?b=secret'), '"wss://example.com/a?…"');
    assert.equal(writeTarget('/a#secret'), '"/a#…"');
  });
});

describe('writeHeaders', () => {
  it('masks every value but those that are known to be no secrets', () => {
    const headers = { Host: 'a"b', authorization: 'x', 'sec-websocket-protocol': 'bearer.x', 'x\u009b': 'x' };

    const written = writeHeaders(headers);

    assert.equal(written, String.raw`Host="a\"b" authorization=*** sec-websocket-protocol=*** x\u009b=***`);
  });
});
