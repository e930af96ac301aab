import type { ConformanceCase, Step } from '../model/case.ts';
import { concatBytes, fromHex } from '../wire/bytes.ts';
import type { Link } from './link.ts';

/** Bytes of a flood that are made at once. */
const BATCH_SIZE = 64 * 1024;

/** Time for one echo of many, in milliseconds. */
const ROUNDTRIP_LIMIT = 5000;

/** Time for the end of the TCP connection when Close went both ways, in milliseconds. */
const CLOSED_LIMIT = 5000;

/** What steps need besides the connection. */
export interface ScriptContext {
  /** Says whether the peer serves a new connection; `undefined` where nobody can ask it. */
  readonly probe: (() => Promise<boolean>) | undefined;
  /** Factor for all times to wait. */
  readonly scale: number;
}

type StepOf<Name extends Step['step']> = Extract<Step, { step: Name }>;

/** Runs the script of a case on an open connection. What comes of it is in the events of the link. */
export async function runScript(link: Link, { script }: ConformanceCase, context: ScriptContext): Promise<void> {
  for (const step of script) {
    if (isBroken(link)) return;
    await runStep(link, step, context);
  }
}

/** Sends frames, cut as `cut` says or else in one write. */
export async function sendFrames(link: Link, step: StepOf<'send'>): Promise<void> {
  const pieces: Uint8Array[] = [];
  for (const frame of step.frames) pieces.push(link.encode(frame));
  if (step.cut === undefined) await link.write(concatBytes(pieces));
  else {
    link.log.text('note', describeCut(step));
    await link.writeCut(concatBytes(pieces), step.cut);
  }
}

async function runStep(link: Link, step: Step, context: ScriptContext): Promise<void> {
  switch (step.step) {
    case 'send':
      if (!link.over) await sendFrames(link, step);
      return;
    case 'bytes':
      if (link.over) return;
      link.log.text('suite', `bytes: ${step.hex}`);
      return link.write(fromHex(step.hex));
    case 'flood':
      return runFlood(link, step);
    case 'roundtrips':
      return runRoundtrips(link, step, context);
    case 'await':
      return runAwait(link, step, context);
    case 'quiet':
      // What could come in this time must have come: a hurried run does not cut it short.
      await link.until(() => link.over, step.time * Math.max(1, context.scale));
      return;
    case 'mark':
      if (!link.over) link.emit({ kind: 'mark', name: step.name });
      return;
    case 'probe':
      return runProbe(link, context);
    default:
      runTransportStep(link, step.step);
  }
}

function runTransportStep(link: Link, step: keyof typeof TRANSPORT_STEPS): void {
  link.log.text('note', TRANSPORT_STEPS[step]);
  if (step === 'hold' || step === 'read') link.hold(step === 'hold');
  else if (step === 'fin') link.fin();
  else if (step === 'mute') link.mute();
  else link.drop();
}

const TRANSPORT_STEPS = {
  hold: 'the suite stops reading',
  read: 'the suite reads again',
  mute: 'the suite answers nothing any more',
  fin: 'the suite ends its side of the TCP connection',
  drop: 'the suite drops the TCP connection',
} as const;

async function runFlood(link: Link, step: StepOf<'flood'>): Promise<void> {
  const { first, frame, count, last, cut } = step;
  if (first !== undefined) await sendFrames(link, { step: 'send', frames: [first] });
  let batch: Uint8Array[] = [];
  let size = 0;
  for (let index = 0; index < count && !link.over; index++) {
    const bytes = link.encode(frame);
    batch.push(bytes);
    size += bytes.length;
    if (size < BATCH_SIZE && index + 1 < count) continue;
    if (cut === undefined) await link.write(concatBytes(batch));
    else await link.writeCut(concatBytes(batch), cut);
    await new Promise((resolve) => setImmediate(resolve)); // Or what the peer says would be read only at the end.
    batch = [];
    size = 0;
  }
  if (last !== undefined && !link.over) await sendFrames(link, { step: 'send', frames: [last] });
}

async function runRoundtrips(link: Link, step: StepOf<'roundtrips'>, { scale }: ScriptContext): Promise<void> {
  const before = link.count('message');
  for (let index = 1; index <= step.count && !link.over; index++) {
    await sendFrames(link, { step: 'send', frames: [step.frame] });
    const echoed = await link.until(
      () => link.over || link.count('message') >= before + index,
      ROUNDTRIP_LIMIT * scale,
    );
    if (echoed) continue;
    link.emit({ kind: 'timeout', waitingFor: 'message' });
    return;
  }
}

async function runAwait(link: Link, step: StepOf<'await'>, { scale }: ScriptContext): Promise<void> {
  const { what } = step;
  const within = step.within * scale;
  const waited = what === 'end' ? await awaitEnd(link, within, scale) : await awaitEvent(link, step, within);
  if (waited === undefined) return;
  link.log.text('note', `no ${what} within ${String(waited)} ms`);
  link.emit({ kind: 'timeout', waitingFor: what });
}

/** Waits for something that the peer says. Returns the time that it had, in milliseconds, if it was not enough. */
async function awaitEvent(link: Link, { what, count }: StepOf<'await'>, within: number): Promise<number | undefined> {
  const { pings } = link.outlet;
  const hasCome = what === 'newest pong' ? () => pings.isNewestAnswered : () => link.count(what) >= count;
  return (await link.until(() => link.over || hasCome(), within)) ? undefined : within;
}

/** Waits for the end of the TCP connection as {@link awaitEvent} does: not long when Close went both ways, for nothing else is to come then. */
async function awaitEnd(link: Link, within: number, scale: number): Promise<number | undefined> {
  // A server that refused may keep the TCP connection for another request.
  const isOver = (): boolean => (link.count('refusal') > 0 ? link.over : link.ended);
  if (!(await link.until(() => isOver() || link.closed, within))) return within;
  const limit = Math.min(within, CLOSED_LIMIT * scale);
  return (await link.until(isOver, limit)) ? undefined : limit;
}

async function runProbe(link: Link, { probe }: ScriptContext): Promise<void> {
  if (probe === undefined) return;
  const alive = await probe();
  link.log.text('note', alive ? 'another connection is served' : 'another connection is not served any more');
  link.emit({ kind: 'probe', alive });
}

/** Whether nothing that follows could change the verdict. */
function isBroken(link: Link): boolean {
  return link.count('violation') + link.count('timeout') > 0;
}

function describeCut({ cut }: StepOf<'send'>): string {
  const pieces = cut?.every === undefined ? `at ${(cut?.at ?? []).join(', ')}` : `every ${String(cut.every)} bytes`;
  return `the next frames are cut ${pieces}${cut?.pause === undefined ? '' : `, with pauses of ${String(cut.pause)} ms`}`;
}
