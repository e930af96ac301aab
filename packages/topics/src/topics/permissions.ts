import type { Permission } from './options.ts';

/** The longest that a timer of Node can wait, in milliseconds. */
const MAX_WAIT = 2_147_483_647;

/** What an answer says now: until when it holds, or that it is a no. */
export type Verdict = { readonly isAllowed: false } | { readonly isAllowed: true; readonly until: number };

/** Reads an answer of the application. Whatever it cannot be is a no. */
export function toVerdict(permission: Permission | undefined): Verdict {
  if (permission === true) return { isAllowed: true, until: Infinity };
  if (typeof permission !== 'object') return { isAllowed: false };
  const until = permission.until instanceof Date ? permission.until.getTime() : Number.NaN;
  return until > Date.now() ? { isAllowed: true, until } : { isAllowed: false };
}

/** Asks the application; what it throws, or rejects with, is reported and a no. It never rejects. */
export async function ask(
  question: () => Permission | Promise<Permission>,
  report: (error: unknown) => void,
): Promise<Verdict> {
  try {
    return toVerdict(await question());
  } catch (error) {
    report(error);
    return { isAllowed: false };
  }
}

/** Calls `action` at a time, however far off. Returns what takes that back. */
export function callAt(time: number, action: () => void): () => void {
  if (time === Infinity) return () => undefined;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = time - Date.now();
    timer = setTimeout(left > MAX_WAIT ? wait : action, Math.min(Math.max(left, 0), MAX_WAIT)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
