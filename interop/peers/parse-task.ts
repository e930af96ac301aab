import type { Task } from './convention.ts';

/** Reads a task that the harness has written. */
export function parseTask(text: string): Task {
  const value: unknown = JSON.parse(text);
  if (!isTask(value)) throw new Error(`This is no task: ${text}`);
  return value;
}

/** The harness is trusted to know what belongs to a task. */
function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && 'id' in value && 'work' in value;
}
