import type { Durations } from './meter.ts';

/** What the generator is to do, as JSON in its first argument. */
export interface GeneratorTask {
  /** The name of the workload. */
  readonly workload: string;
  readonly wire: 'websocket' | 'raw';
  /** The port of the server; a client is told it, and asks for it. */
  readonly port: number;
  /** The process id of the server; that of a client comes in a message. */
  readonly pid: number;
  readonly durations: Durations;
  /** Connections, if they are held. */
  readonly held: number;
}

/**
 * Reads a task.
 *
 * @throws {Error} it is none
 */
export function parseTask(text: string): GeneratorTask {
  const task: unknown = JSON.parse(text);
  if (!isTask(task)) throw new Error(`no task for the generator: ${text}`);
  return task;
}

function isTask(value: unknown): value is GeneratorTask {
  return typeof value === 'object' && value !== null && 'workload' in value && 'durations' in value;
}

/** What the generator tells its parent before a client can connect. */
export interface Listening {
  readonly listening: number;
}
