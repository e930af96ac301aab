import { once } from 'node:events';

import type { SelectedCases } from '../run/select.ts';
import { FuzzingServer } from '../run/test-client.ts';
import type { Interruption } from './interruption.ts';
import { Progress, UNUSABLE, printLine, type OutputOptions, type ResultWriter } from './output.ts';

/** Options of the command `client`. */
export interface ClientOptions extends OutputOptions {
  readonly port: number;
  readonly host: string;
  readonly timeScale: number;
  /** In seconds. */
  readonly runLimit: number;
  readonly stay?: true | undefined;
  readonly apart?: true | undefined;
}

/**
 * Serves until an agent says that it is done or has gone, or the time is over.
 *
 * @returns the exit code
 */
export async function testClients(
  selected: SelectedCases,
  options: ClientOptions,
  writer: ResultWriter,
  interruption: Interruption,
): Promise<number> {
  const { host, runLimit, stay = false } = options;
  const over = new AbortController();
  const onTime = (): void => over.abort(`the time for the run, ${String(runLimit)} s, was over`);
  const timer = setTimeout(onTime, runLimit * 1000);
  interruption.signal.addEventListener('abort', () => over.abort('interrupted'));

  let exitCode: number | undefined;
  let unfinished: string | undefined;
  let progress = new Progress(selected.cases.length);
  const server = new FuzzingServer(selected, {
    ...options,
    onResult: (result, agent) => {
      unfinished = agent;
      progress.add(result);
    },
    onReport: (report) => {
      progress.end();
      progress = new Progress(selected.cases.length);
      exitCode = Math.max(exitCode ?? 0, writer.write(report));
      unfinished = undefined;
      if (!stay) over.abort(undefined);
    },
    onAbsence: (agent) => {
      if (!stay) over.abort(`${agent} has gone`);
    },
  });
  try {
    const port = await server.listen();
    printLine(`${String(selected.cases.length)} cases on ws://${host}:${String(port)}/`);
    if (!over.signal.aborted) await once(over.signal, 'abort');
  } finally {
    clearTimeout(timer);
    progress.end();
    await server.close();
  }
  if (unfinished !== undefined) {
    // What an agent left undone has failed.
    exitCode = writer.write(server.report(unfinished));
  }
  if (unfinished !== undefined || exitCode === undefined) printLine(`error: ${String(over.signal.reason)}`);
  return exitCode ?? UNUSABLE;
}
