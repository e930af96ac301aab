import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { MutatedLibrary } from './mutated-library.ts';
import type { Mutation } from './mutation.ts';

/** In milliseconds, for one case with a mutation: many of them wait for what does not come. */
const CASE_TIMEOUT = 4000;

/** What came of a mutation. */
export interface MutationResult {
  readonly name: string;
  /** The cases that failed, of how many. */
  readonly failed: number;
  readonly cases: number;
  /** The first that failed, and what it said. */
  readonly caughtBy: string;
  readonly problem: string;
}

interface Outcome {
  readonly case: string;
  readonly status: string;
  readonly details: readonly string[];
}

/**
 * Runs the cases that are meant for each mutation, in a copy of the library that has it.
 *
 * @param temporary - a folder for the copy
 *
 * @throws {Error} cases fail without any mutation, or a mutation cannot be made
 */
export async function runMutations(
  mutations: readonly Mutation[],
  temporary: string,
  onResult: (result: MutationResult) => void,
): Promise<MutationResult[]> {
  const library = new MutatedLibrary(join(temporary, 'mutations'));
  await checkWithout(library, mutations);
  const results: MutationResult[] = [];
  for (const mutation of mutations) {
    const outcomes = await library.with(mutation, () => runCases(library, mutation));
    const failed = outcomes.filter(({ status }) => status === 'failed');
    const [first] = failed;
    const result = {
      name: mutation.name,
      failed: failed.length,
      cases: outcomes.length,
      caughtBy: first?.case ?? '',
      problem: first?.details[0] ?? '',
    };
    results.push(result);
    onResult(result);
  }
  return results;
}

/** A case that fails without any mutation would prove nothing. */
async function checkWithout(library: MutatedLibrary, mutations: readonly Mutation[]): Promise<void> {
  const different = new Map(mutations.map((one) => [`${one.peer} ${one.cases}`, one]));
  for (const mutation of different.values()) {
    const outcomes = await runCases(library, mutation);
    const failed = outcomes.find(({ status }) => status === 'failed');
    if (failed !== undefined) throw new Error(`fails without a mutation: ${failed.case}: ${failed.details.join('; ')}`);
    if (!outcomes.some(({ status }) => status === 'passed')) throw new Error(`no case for "${mutation.name}"`);
  }
}

/** Runs the cases of a mutation in the copy, with the peer in either role. */
async function runCases({ program }: MutatedLibrary, { peer, cases }: Mutation): Promise<Outcome[]> {
  const args = [program, peer, '--case', cases, '--timeout', String(CASE_TIMEOUT), '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await new Promise((resolve) => child.once('close', resolve));
  if (output === '') throw new Error(`The copy has ended without a word: ${errors.slice(-2000)}`);
  return parseOutcomes(output).filter(({ status }) => status !== 'lacking');
}

function parseOutcomes(output: string): Outcome[] {
  const value: unknown = JSON.parse(output);
  if (!hasResults(value)) throw new Error(`The copy wrote ${output.slice(0, 200)}`);
  return value.results.flatMap(({ outcomes }) => outcomes);
}

function hasResults(
  value: unknown,
): value is { readonly results: readonly { readonly outcomes: readonly Outcome[] }[] } {
  return typeof value === 'object' && value !== null && 'results' in value && Array.isArray(value.results);
}
