import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** In milliseconds: a program that is started answers within it, and one that is run ends within it. */
const TIME_LIMIT = 20_000;

/** What a program may say, in bytes. */
const MAX_OUTPUT = 64 * 1024 * 1024;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const program of running) program.kill('SIGKILL');
});

/** A program that runs beside ours. It does not outlive this process. */
export type Program = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a program. */
export function start(command: string, args: readonly string[]): Program {
  const program = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  running.add(program);
  program.once('close', () => running.delete(program));
  program.once('error', () => running.delete(program)); // whoever waits for it is told by the time limit
  program.stdin.on('error', () => {}); // it has ended
  return program;
}

/** Ends a program, and waits for that. */
export async function stop(program: Program): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const closed = once(program, 'close');
  program.kill();
  await closed;
}

/** Reads the lines of a program, one after the other. */
export function lines(program: Program): AsyncIterator<string> {
  return createInterface({ input: program.stdout })[Symbol.asyncIterator]();
}

/**
 * Runs a program to its end, and gives what it writes.
 *
 * @throws {Error} it fails, or does not end
 */
export async function run(command: string, args: readonly string[], input: Uint8Array | string = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', timeout: TIME_LIMIT, maxBuffer: MAX_OUTPUT } as const;
    const program = execFile(command, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(error.message));
    });
    program.stdin?.on('error', () => {}); // it has ended
    program.stdin?.end(input);
  });
}

/**
 * Waits until somebody listens.
 *
 * @throws {Error} nobody does in time
 */
export async function waitForListener(place: { port: number; host: string } | { path: string }): Promise<void> {
  const end = performance.now() + TIME_LIMIT;
  for (;;) {
    const socket = connect(place);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
}

/** Finds a port that nobody listens on, for programs that take no port 0. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port');
  return address.port;
}
