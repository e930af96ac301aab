import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WireLog } from '../../src/wire/wire-log.ts';

const FRAME = { fin: true, reservedBits: 0, opcode: 9, length: '0' };

describe('WireLog', () => {
  it('folds lines that are alike', () => {
    const log = new WireLog();

    for (let index = 0; index < 1000; index++) log.frame('suite', FRAME, new Uint8Array(0));

    assert.ok(log.entries.length < 10);
    assert.equal(
      log.entries.reduce((sum, { times = 1 }) => sum + times, 0),
      1000,
    );
  });

  it('keeps the first and the last lines of many', () => {
    const log = new WireLog();

    for (let index = 0; index < 500; index++) log.text('note', `line ${String(index)}`);

    const texts = log.entries.map(({ text }) => text);
    assert.ok(texts.length < 100);
    assert.ok(texts.includes('line 0') && texts.includes('line 499'));
    assert.ok(texts.some((text) => text?.includes('lines left out')));
  });

  it('keeps the start of a payload', () => {
    const log = new WireLog();

    log.frame('peer', FRAME, new Uint8Array(1000));

    assert.equal(log.entries[0]?.frame?.data.split(' ').length, 48);
  });
});
