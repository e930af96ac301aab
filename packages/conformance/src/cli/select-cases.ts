import { CATALOGUE } from '../catalogue/index.ts';
import type { Role } from '../model/verdict.ts';
import { findUnmatched, selectCases, type ExclusionRule, type SelectedCases } from '../run/select.ts';

/** Options of a command that say which cases are meant. */
export interface SelectOptions {
  readonly cases?: readonly string[] | undefined;
  readonly exclude?: readonly ExclusionRule[] | undefined;
  readonly quick?: true | undefined;
}

/**
 * Selects what the options name.
 *
 * @throws {Error} a glob matches nothing, or nothing is left
 */
export function selectForRole(role: Role, { cases = [], exclude = [], quick }: SelectOptions): SelectedCases {
  checkGlobs([...cases, ...exclude.map(({ glob }) => glob)]);
  const selected = selectCases(CATALOGUE, { role, include: cases, exclude, quick });
  if (selected.cases.length === 0) throw new Error(`no case for a ${role} is left of ${cases.join(',') || 'all'}`);
  return selected;
}

/** @throws {Error} a glob matches no case at all */
export function checkGlobs(globs: readonly string[]): void {
  const unmatched = findUnmatched(CATALOGUE, globs);
  if (unmatched.length > 0) throw new Error(`no case matches ${unmatched.join(', ')}`);
}
