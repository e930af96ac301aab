import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CATALOGUE, type ConformanceCase, type Step } from '@millrace/conformance';

import { takeFirstFrames } from '../../src/run/first-frames.ts';

function caseWith(script: readonly Step[], changes: Partial<ConformanceCase> = {}): ConformanceCase {
  const [example] = CATALOGUE;
  assert.ok(example !== undefined);
  return { ...example, script, ...changes };
}

const TEXT = { opcode: 1, payload: { text: 'a' } };
const END: Step = { step: 'await', what: 'end', count: 1, within: 1000 };

describe('takeFirstFrames', () => {
  it('takes the frames of a first step, with its cut', () => {
    const [rest, first] = takeFirstFrames(caseWith([{ step: 'send', frames: [TEXT], cut: { every: 1 } }, END]));

    assert.deepEqual(first, { frames: [TEXT], cut: { every: 1 } });
    assert.deepEqual(rest.script, [END]);
  });

  it('takes one frame of a flood', () => {
    const [rest, first] = takeFirstFrames(caseWith([{ step: 'flood', frame: TEXT, count: 3 }, END]));

    assert.deepEqual(first, { frames: [TEXT] });
    assert.deepEqual(rest.script, [{ step: 'flood', frame: TEXT, count: 2 }, END]);
  });

  it('takes the first frame of a flood that has one of its own', () => {
    const flood: Step = { step: 'flood', first: { ...TEXT, fin: false }, frame: TEXT, count: 3 };
    const [rest, first] = takeFirstFrames(caseWith([flood]));

    assert.deepEqual(first, { frames: [{ ...TEXT, fin: false }] });
    assert.deepEqual(rest.script, [{ ...flood, first: undefined }]);
  });

  it('waits for the echo of the first of many round trips', () => {
    const [rest, first] = takeFirstFrames(caseWith([{ step: 'roundtrips', frame: TEXT, count: 3 }]));

    assert.deepEqual(first, { frames: [TEXT] });
    assert.deepEqual(
      rest.script.map(({ step }) => step),
      ['await', 'roundtrips'],
    );
  });

  it('passes steps over that send nothing', () => {
    const [rest, first] = takeFirstFrames(caseWith([{ step: 'mute' }, { step: 'send', frames: [TEXT] }, END]));

    assert.deepEqual(first?.frames, [TEXT]);
    assert.deepEqual(rest.script, [{ step: 'mute' }, END]);
  });

  it('leaves a case alone that begins otherwise, or answers the handshake itself', () => {
    const waiting = caseWith([END]);
    const answering = caseWith([{ step: 'send', frames: [TEXT] }], { response: { delay: 1 } });

    assert.deepEqual(takeFirstFrames(waiting), [waiting, undefined]);
    assert.deepEqual(takeFirstFrames(answering), [answering, undefined]);
  });

  it('finds something to take in nearly all cases for clients, but for those that look at what was agreed on first', () => {
    const cases = CATALOGUE.filter(
      ({ id, peers, response }) => peers.includes('client') && response === undefined && !/^1[23]\./.test(id),
    );
    const without = cases.filter((one) => takeFirstFrames(one)[1] === undefined).map(({ id }) => id);

    assert.ok(cases.length > 500);
    assert.deepEqual(without, ['2.7', '17.3.3', '21.7.3']);
  });
});
