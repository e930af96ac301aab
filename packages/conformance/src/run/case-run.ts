import type { ConformanceCase } from '../model/case.ts';
import type { HttpHead } from '../model/http.ts';
import type { CaseResult } from '../model/report.ts';
import { VERDICTS } from '../model/verdict.ts';
import { describeEvents } from './describe.ts';
import { CHECKS } from './checks.ts';
import { judge, type Judgement } from './judge.ts';
import type { Link } from './link.ts';
import { runScript, type ScriptContext } from './script.ts';

/** Time for a case that does not set its own, in milliseconds. */
export const DEFAULT_LIMIT = 20_000;

/** Time that a server which refused has to end the TCP connection, in milliseconds. */
const REFUSAL_LINGER = 500;

/** What the opening handshake of a case left behind. */
export interface Opened {
  /** Request of a client under test. */
  readonly request?: HttpHead | undefined;
  /** Bytes that came before the request was answered. */
  readonly early?: number | undefined;
  readonly otherKeys?: ReadonlySet<string> | undefined;
  /** Why the case cannot be done with this peer. */
  readonly unimplemented?: string | undefined;
  /** Why the script cannot run. */
  readonly problem?: string | undefined;
}

/** What a case needs besides its connection. */
export interface CaseContext extends ScriptContext {
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Runs a case on a connection: opens it, follows the script, and judges.
 *
 * @param open - does the opening handshake
 */
export async function runCase(
  link: Link,
  testCase: ConformanceCase,
  context: CaseContext,
  open: () => Promise<Opened>,
): Promise<CaseResult> {
  const opened: { value: Opened } = { value: {} };
  const limit = (testCase.limit ?? DEFAULT_LIMIT) * context.scale;
  const expired = await inTime(limit, context.signal, async () => {
    opened.value = await open();
    if (opened.value.problem === undefined && opened.value.unimplemented === undefined)
      await runScript(link, testCase, context);
    if (link.count('refusal') > 0) await link.until(() => link.ended, REFUSAL_LINGER * context.scale);
  });

  const judgement = expired === undefined ? judgeCase(link, testCase, opened.value) : outOfTime(link, expired);
  const duration = Math.round(link.log.elapsed);
  const log = link.log.entries.slice();
  if (expired === undefined) await link.finish();
  else link.abandon();
  return { id: testCase.id, verdict: judgement.verdict, duration, log, ...withReason(judgement) };
}

/** Makes the result of a case that could not be run. */
export function failedResult(id: string, reason: string): CaseResult {
  return { id, verdict: 'failed', reason, duration: 0, log: [] };
}

function judgeCase(link: Link, testCase: ConformanceCase, opened: Opened): Judgement {
  const { problem, request, early = 0, otherKeys = new Set<string>() } = opened;
  const { events, observer } = link;
  const violation = events.find((event) => event.kind === 'violation');
  if (problem !== undefined) return { verdict: 'failed', reason: `${problem}; saw ${describeEvents(events)}` };
  if (opened.unimplemented !== undefined) return { verdict: 'unimplemented', reason: opened.unimplemented };
  if (violation !== undefined) return { verdict: 'failed', reason: `${violation.rule}; saw ${describeEvents(events)}` };

  const judgement = judge(events, testCase.outcomes);
  const { peerRole, closingTime } = link;
  const input = { role: peerRole, closingTime, keys: observer.keys, request, early, otherKeys };
  const findings = (testCase.checks ?? []).flatMap((name) => CHECKS[name](input) ?? []);
  return [judgement, ...findings].reduce((worst, one) =>
    VERDICTS.indexOf(one.verdict) > VERDICTS.indexOf(worst.verdict) ? one : worst,
  );
}

function outOfTime({ events }: Link, reason: string): Judgement {
  return { verdict: 'failed', reason: `${reason}; saw ${describeEvents(events)}` };
}

function withReason({ reason }: Judgement): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/**
 * Runs `work` as long as the time allows.
 *
 * @returns what ended it, or `undefined` if it came to its end
 */
async function inTime(limit: number, signal: AbortSignal, work: () => Promise<void>): Promise<string | undefined> {
  if (signal.aborted) return 'the run was over';
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const expiry = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done within ${String(limit)} ms`), limit);
    onAbort = () => resolve('the run was over');
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work().then(() => undefined), expiry]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
