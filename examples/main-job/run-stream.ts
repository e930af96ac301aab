import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../support/program.ts';
import { Child } from './child.ts';
import { CLIENT_PROGRAM } from './client-process.ts';
import type { Report } from './report.ts';
import type { Run, StreamSource, Variant } from './run.ts';
import { SERVER_PROGRAM } from './server-process.ts';

/** In milliseconds: a stream that stands still for so long has failed. */
const STALL_TIMEOUT = 30_000;

/** In milliseconds: when one process has failed, the other one has so long to say what it saw of it. */
const LAST_WORDS_TIMEOUT = 500;

/** What to run. */
export interface Assignment {
  readonly variant: Variant;
  readonly source: StreamSource;
  /** 0 for any free port. */
  readonly port: number;
}

/** The latest reports of both processes. */
export interface Progress {
  readonly server: Report;
  readonly client: Report;
}

/**
 * Streams a source in one way, from a new client process to a new server process.
 *
 * @param onProgress called when there is something new
 * @throws {UsageError} if the port cannot be taken
 * @throws {Error} for the user, if one of the processes fails or the stream stands still
 */
export async function runStream(assignment: Assignment, onProgress: (progress: Progress) => void): Promise<Run> {
  const { variant, source, port } = assignment;
  const server = new Child('server', SERVER_PROGRAM, [variant, `${port}`, `${source.size}`], () => {});
  const { url } = await server.started;

  const path = source.kind === 'file' ? [source.path] : [];
  const client = new Child('client', CLIENT_PROGRAM, [variant, url, `${source.size}`, ...path], () => {
    onProgress({ server: server.latest, client: client.latest });
  });
  try {
    return createRun(assignment, await waitForBoth(server, client));
  } catch (error) {
    throw await explain(error, assignment, [server, client]);
  } finally {
    server.kill();
    client.kill();
  }
}

async function waitForBoth(server: Child, client: Child): Promise<Progress> {
  const stopWatching = new AbortController();
  try {
    const both = Promise.all([server.done, client.done]);
    const [serverReport, clientReport] = await Promise.race([both, watchForStall(client, stopWatching.signal)]);
    return { server: serverReport, client: clientReport };
  } finally {
    stopWatching.abort();
  }
}

/** Rejects when no digest has come for a long time. */
async function watchForStall(client: Child, signal: AbortSignal): Promise<never> {
  let seen = -1;
  while (client.latest.digests !== seen) {
    seen = client.latest.digests;
    await delay(STALL_TIMEOUT, undefined, { signal });
  }
  throw new Error(`No digest has come for ${STALL_TIMEOUT / 1000} s.`);
}

/** When one process fails, so does the other one: tells of both. */
async function explain(error: unknown, { variant, source }: Assignment, children: readonly Child[]): Promise<Error> {
  const timeout = delay(LAST_WORDS_TIMEOUT, undefined);
  const lastWords = children.map(async ({ done }) => {
    const end = done.then(() => undefined, messageOf);
    return (await Promise.race([end, timeout])) ?? [];
  });
  const messages = new Set([messageOf(error), ...(await Promise.all(lastWords)).flat()]);
  return new Error(`${variant}, ${source.kind}: ${[...messages].join(' ')}`, { cause: error });
}

function createRun({ variant, source }: Assignment, { server, client }: Progress): Run {
  const { bytes, digests, matching, seconds } = client;
  return {
    variant,
    source: source.kind,
    bytes,
    digests,
    matching,
    mbPerSecond: seconds > 0 ? round(bytes / 1e6 / seconds) : 0,
    serverRssGrowthMiB: round(server.rssGrowth / 2 ** 20),
    clientRssGrowthMiB: round(client.rssGrowth / 2 ** 20),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
