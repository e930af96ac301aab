import picomatch from 'picomatch';

import type { ConformanceCase } from '../model/case.ts';
import type { Exclusion } from '../model/report.ts';
import type { Role } from '../model/verdict.ts';

/** Cases that are not to be run, and why. */
export interface ExclusionRule {
  /** Glob over ids. */
  readonly glob: string;
  readonly reason: string;
}

/** Which cases to run. */
export interface Selection {
  /** The role of the peer under test. */
  readonly role: Role;
  /** Globs over ids, such as `6.*` or `{1,2}.*`; all, if there are none. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly ExclusionRule[] | undefined;
  /** Whether to leave out what takes long. */
  readonly quick?: boolean | undefined;
}

/** What was selected, and what was left out for a reason. */
export interface SelectedCases {
  readonly cases: readonly ConformanceCase[];
  readonly excluded: readonly Exclusion[];
}

/** Selects cases, in their order. */
export function selectCases(catalogue: readonly ConformanceCase[], selection: Selection): SelectedCases {
  const { role, include = [], exclude = [], quick = false } = selection;
  const isIncluded = include.length === 0 ? () => true : picomatch([...include]);
  const rules = exclude.map(({ glob, reason }) => ({ matches: picomatch(glob), reason }));

  const cases: ConformanceCase[] = [];
  const excluded: Exclusion[] = [];
  for (const one of catalogue) {
    if (!one.peers.includes(role) || !isIncluded(one.id) || (quick && one.slow === true)) continue;
    const rule = rules.find(({ matches }) => matches(one.id));
    if (rule === undefined) cases.push(one);
    else excluded.push({ id: one.id, reason: rule.reason });
  }
  return { cases, excluded };
}

/** Globs that match no case, whomever it tests: a wrong number, most likely. */
export function findUnmatched(catalogue: readonly ConformanceCase[], globs: readonly string[]): string[] {
  return globs.filter((glob) => {
    const isMatch = picomatch(glob);
    return !catalogue.some(({ id }) => isMatch(id));
  });
}

/** Orders ids by their numbers: 2.1 before 2.10. */
export function compareIds(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
