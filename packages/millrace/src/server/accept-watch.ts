import { closeSync, openSync } from 'node:fs';
import type { Server } from 'node:net';
import { devNull } from 'node:os';

import { TransportError, explain } from '../protocol/base/errors.ts';

/** How often it is looked whether connections can be accepted, and told at most that they cannot, in milliseconds. */
const INTERVAL = 1000;

/**
 * Watches a server that listens, until it is closed, and tells what keeps it from accepting connections: once a second at most.
 *
 * Where a process has no file descriptor left, libuv accepts each connection and closes it at once (`uv__emfile_trick`), and nobody learns of it. So it is looked
 * whether there is one left.
 *
 * @param report - takes a `TransportError`; it throws nothing
 */
export function watchAccepting(server: Server, report: (error: TransportError) => void): void {
  let lastReport = -Infinity;
  const tell = (message: string, cause: unknown): void => {
    // Each attempt to accept may fail.
    const now = performance.now();
    if (now - lastReport < INTERVAL) return;
    lastReport = now;
    report(new TransportError(message, { cause }));
  };
  server.on('error', (error) => tell(`the listening socket failed: ${explain(error)}`, error));

  const timer = setInterval(() => {
    const error = findShortage();
    if (error !== undefined)
      tell(`new connections are dropped, for no file descriptor is left: ${explain(error)}`, error);
  }, INTERVAL);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** The error that says that there is no file descriptor left; `undefined` if there is one, or where that cannot be known. */
function findShortage(): unknown {
  // Windows has no such limit. Deno would ask whether the file may be opened.
  if (process.platform === 'win32' || 'Deno' in globalThis) return undefined;
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    return code === 'EMFILE' || code === 'ENFILE' ? error : undefined;
  }
}
