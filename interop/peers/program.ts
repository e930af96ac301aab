// The convention for programs that run in Node, Bun or Deno.
import process from 'node:process';
import { createInterface } from 'node:readline';

import type { Hello, Report, Task } from './convention.ts';
import { parseTask } from './parse-task.ts';
import { createServer } from './peer-connection.ts';
import type { PeerConnection } from './peer-connection.ts';

/** The subprotocol that servers speak. */
export const SUBPROTOCOL = 'millrace.interop';

/** A peer's program. */
export interface Program {
  readonly versions: Readonly<Record<string, string>>;
  /** Connects, for one task. */
  connect?(task: Task): PeerConnection;
  /** Listens on a free port of 127.0.0.1, and returns it; or on several. */
  serve?(): Promise<number | Pick<Hello, 'port' | 'ports'>>;
}

/** Runs a program as its command line says, until its stdin ends. */
export function runProgram(program: Program): void {
  const [role] = process.argv.slice(2);
  const { versions } = program;

  createInterface({ input: process.stdin })
    .on('line', (line) => carryOut(program, parseTask(line)))
    .on('close', () => process.exit());

  if (role === 'client') say({ versions });
  else
    program.serve?.().then((listening) => {
      say({ versions, ...(typeof listening === 'number' ? { port: listening } : listening) });
    }, endWith);
}

/** Begins with the task that a client brings in its URL; its report will be said. */
export function acceptTask(url: string): PeerConnection {
  const task = parseTask(new URL(url, 'ws://127.0.0.1').searchParams.get('task') ?? '');
  const connection = createServer(task);
  sayReport(connection);
  return connection;
}

/** The subprotocol that a server takes, of those that a client offers. */
export function chooseSubprotocol(offered: Iterable<string>): string | undefined {
  return [...offered].includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}

function carryOut(program: Program, task: Task): void {
  try {
    const connection = program.connect?.(task);
    if (connection !== undefined) sayReport(connection);
  } catch (error) {
    endWith(error);
  }
}

function sayReport(connection: PeerConnection): void {
  connection.report.then(say, endWith);
}

function say(line: Hello | Report): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function endWith(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}
