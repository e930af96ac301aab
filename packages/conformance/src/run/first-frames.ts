import type { ConformanceCase, Step } from '../model/case.ts';
import type { Cut, FrameSpec } from '../model/frame.ts';

/** What is sent in one write with the answer to an opening handshake. */
export interface FirstFrames {
  readonly frames: readonly FrameSpec[];
  /** How they are cut; the first piece comes with the answer. */
  readonly cut?: Cut | undefined;
}

const FIRST_ECHO: Step = { step: 'await', what: 'message', count: 1, within: 10_000 };

/** Steps that send nothing, and may be taken before the handshake is answered. */
const SILENT: readonly Step['step'][] = ['hold', 'mute'];

/**
 * Takes the first frames out of a case, to be sent in one write with the answer to the opening handshake: a client must lose nothing of what comes with
 * it. Where the answer is the case's own, or the case begins otherwise, it stays as it is.
 *
 * @returns the case without them
 */
export function takeFirstFrames(testCase: ConformanceCase): [rest: ConformanceCase, first: FirstFrames | undefined] {
  const { script, response } = testCase;
  const index = script.findIndex(({ step }) => !SILENT.includes(step));
  const step = script[index];
  const isOwn = response !== undefined || testCase.compression !== undefined;
  const taken = step === undefined || isOwn ? undefined : take(step);
  if (taken === undefined) return [testCase, undefined];
  const [first, ...rest] = taken;
  return [{ ...testCase, script: script.toSpliced(index, 1, ...rest) }, first];
}

/** The first frames of a step, and the step that sends the others. */
function take(step: Step): [first: FirstFrames, ...rest: Step[]] | undefined {
  if (step.step === 'send') return [{ frames: step.frames, cut: step.cut }];
  if (step.step === 'roundtrips') return [{ frames: [step.frame] }, FIRST_ECHO, { ...step, count: step.count - 1 }];
  if (step.step !== 'flood') return undefined;
  if (step.first !== undefined) return [{ frames: [step.first] }, { ...step, first: undefined }];
  return [{ frames: [step.frame] }, { ...step, count: step.count - 1 }];
}
