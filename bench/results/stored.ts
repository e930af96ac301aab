import { existsSync, readFileSync } from 'node:fs';

import { WORKLOADS } from '../workloads/all.ts';
import type { PeerResult } from './summary.ts';

/** What results are measured on. Nothing in it names a machine or its owner. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  /** In GiB. */
  readonly memory: number;
  readonly system: string;
  /** Of Node, which runs the generator and the peers without a runtime of their own. */
  readonly node: string;
  /** Whether server and generator had a processor each. */
  readonly isPinned: boolean;
}

/** One workload as it was measured: its figures stand beside each other, those of another may be of another day. */
export interface StoredWorkload {
  readonly name: string;
  /** The day, as `2026-11-30`. */
  readonly date: string;
  /** Version and commit of Millrace. */
  readonly millrace: string;
  readonly machine: Machine;
  /** Of the machine before it began, so that one sees whether it had other work. */
  readonly loadAverage: number;
  readonly rounds: number;
  /** CPU time of a round, in seconds. */
  readonly seconds: number;
  /** Versions by the names of peers. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly PeerResult[];
}

/**
 * Reads the workloads that were measured; none if there is no such file.
 *
 * @throws {Error} the file has something else in it
 */
export function readStored(file: string): readonly StoredWorkload[] {
  if (!existsSync(file)) return [];
  const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(stored) || !stored.every(isStored)) throw new Error(`${file} has no results in it`);
  return stored;
}

/** Workloads with one of them replaced, in the order of {@link WORKLOADS}; those that there are no more are left out. */
export function replaceStored(all: readonly StoredWorkload[], measured: StoredWorkload): StoredWorkload[] {
  const byName = new Map([...all, measured].map((each) => [each.name, each]));
  return WORKLOADS.flatMap(({ name }) => byName.get(name) ?? []);
}

/** The text of the file: a line for each workload, figures with five digits, no more than they are worth. */
export function formatStored(all: readonly StoredWorkload[]): string {
  return `[\n${all.map((each) => JSON.stringify(each, shorten)).join(',\n')}\n]\n`;
}

function shorten(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number(value.toPrecision(5));
}

function isStored(value: unknown): value is StoredWorkload {
  return typeof value === 'object' && value !== null && 'name' in value && 'results' in value && 'machine' in value;
}
