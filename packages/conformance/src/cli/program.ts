import { writeFileSync } from 'node:fs';

import { Command, CommanderError } from '@commander-js/extra-typings';
import pc from 'picocolors';

import { CATALOGUE } from '../catalogue/index.ts';
import type { CaseResult } from '../model/report.ts';
import type { Role } from '../model/verdict.ts';
import { renderHtml } from '../report/html.ts';
import { selectCases, type ExclusionRule, type SelectedCases } from '../run/select.ts';
import { FuzzingServer } from '../run/test-client.ts';
import { testServer } from '../run/test-server.ts';
import { SUITE_VERSION } from '../version.ts';
import { addExclusion, addGlobs, numberFrom } from './options.ts';
import { Progress, writeResults, type OutputOptions } from './output.ts';
import { readReport } from './read-report.ts';

/** Exit code of a command that could not do its work. */
const UNUSABLE = 2;

/** Parses the command line and runs a command; the exit code is set. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('millrace-conformance')
    .description('Tests WebSocket servers and clients against RFC 6455.')
    .version(SUITE_VERSION)
    .addCommand(serverCommand())
    .addCommand(clientCommand())
    .addCommand(reportCommand())
    .addCommand(casesCommand());
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = UNUSABLE;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) process.exitCode = 0; // Help was asked for.
      return; // It has said what is wrong.
    }
    process.stderr.write(`${pc.red('error')} ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** What both kinds of test share. */
function testCommand(name: string, description: string) {
  return new Command(name)
    .description(description)
    .option('--cases <globs>', 'ids to run, such as "6.*" or "{1,2}.*,7.7.1"', addGlobs)
    .option('--exclude <glob=reason>', 'cases to leave out, and why; may be given again', addExclusion)
    .option('--quick', 'leave out what takes long')
    .option('--time-scale <factor>', 'factor for the time limits of all cases', numberFrom(0.01), 1)
    .option('--run-limit <seconds>', 'time for the whole run', numberFrom(1))
    .option('--json [file]', 'write the results as JSON, to the standard output or a file')
    .option('--report <file>', 'write the results as a page of HTML')
    .option('--strict', 'fail on non-strict and unimplemented, too');
}

function serverCommand() {
  return testCommand('server', 'tests the server at a URL: an echo server')
    .argument('<url>', 'ws: or wss:')
    .option('--agent <name>', 'what the report calls it', 'server')
    .option('--concurrency <count>', 'connections at once', numberFrom(1), 4)
    .option('--insecure', 'trust any certificate')
    .action(async (url, options) => {
      const selected = select('server', options);
      const progress = new Progress(selected.cases.length);
      const runLimit = options.runLimit === undefined ? undefined : options.runLimit * 1000;
      const onResult = (result: CaseResult): void => progress.add(result);
      const report = await testServer(url, selected, { ...options, runLimit, onResult });
      progress.end();
      process.exitCode = writeResults(report, options);
    });
}

function clientCommand() {
  return testCommand('client', "listens for a client to test, which Autobahn's convention drives")
    .option('--port <port>', 'port to listen on', numberFrom(0), 9001)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--stay', 'go on after /updateReports, for further agents')
    .action(async (options) => {
      process.exitCode = await testClients(select('client', options), options);
    });
}

interface ClientOptions extends OutputOptions {
  readonly port: number;
  readonly host: string;
  readonly timeScale: number;
  readonly runLimit?: number | undefined;
  readonly stay?: true | undefined;
}

/** Serves until an agent says that it is done, or the time is over; resolves to the exit code. */
async function testClients(selected: SelectedCases, options: ClientOptions): Promise<number> {
  const { runLimit, stay = false } = options;
  const progress = new Progress(selected.cases.length);
  let exitCode = UNUSABLE;
  let last: string | undefined;
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const server = new FuzzingServer(selected, {
    ...options,
    onResult: (result, agent) => {
      last = agent;
      progress.add(result);
    },
    onReport: (report) => {
      progress.end();
      exitCode = writeResults(report, options);
      last = undefined;
      if (!stay) finish();
    },
  });
  const port = await server.listen();
  process.stderr.write(`${String(selected.cases.length)} cases on ws://${options.host}:${String(port)}/\n`);
  const timer = runLimit === undefined ? undefined : setTimeout(() => finish(), runLimit * 1000);
  await done;
  clearTimeout(timer);
  progress.end();
  await server.close();
  // The time is over: what an agent left undone has failed.
  if (last !== undefined) exitCode = writeResults(server.report(last), options);
  return exitCode;
}

function reportCommand() {
  return new Command('report')
    .description('puts the results of several agents on one page, to compare them')
    .argument('<files...>', 'what --json wrote')
    .requiredOption('--out <file>', 'the page to write')
    .action((files, { out }) => {
      writeFileSync(out, renderHtml(files.map(readReport), CATALOGUE));
    });
}

function casesCommand() {
  return new Command('cases')
    .description('lists the cases')
    .option('--cases <globs>', 'ids to list', addGlobs)
    .action((options) => {
      const ids = new Set(
        (['server', 'client'] as const).flatMap((role) => {
          const selected = selectCases(CATALOGUE, { role, include: options.cases });
          return selected.cases.map(({ id }) => id);
        }),
      );
      for (const { id, title, section, peers } of CATALOGUE) {
        if (ids.has(id))
          process.stdout.write(`${id.padEnd(9)}${section.padEnd(18)}${peers.join(', ').padEnd(16)}${title}\n`);
      }
    });
}

interface SelectOptions {
  readonly cases?: readonly string[] | undefined;
  readonly exclude?: readonly ExclusionRule[] | undefined;
  readonly quick?: true | undefined;
}

function select(role: Role, { cases, exclude, quick }: SelectOptions): SelectedCases {
  const selected = selectCases(CATALOGUE, { role, include: cases, exclude, quick });
  if (selected.cases.length === 0) throw new Error('no case is selected');
  return selected;
}
