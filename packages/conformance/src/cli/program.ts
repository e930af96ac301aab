import { readFileSync, writeFileSync } from 'node:fs';

import { Command, CommanderError } from '@commander-js/extra-typings';

import { CATALOGUE } from '../catalogue/index.ts';
import type { CaseResult } from '../model/report.ts';
import { renderHtml } from '../report/html.ts';
import { selectCases } from '../run/select.ts';
import { testServer } from '../run/test-server.ts';
import { SUITE_VERSION } from '../version.ts';
import { Interruption } from './interruption.ts';
import { addExclusion, addGlobs, numberFrom, webSocketUrl, wholeNumber } from './options.ts';
import { Progress, ResultWriter, UNUSABLE, prepareFile, printLine } from './output.ts';
import { readReports } from './read-report.ts';
import { checkGlobs, selectForRole } from './select-cases.ts';
import { testClients } from './test-clients.ts';

/** Time for a run that does not set its own, in seconds. */
const RUN_LIMIT = 900;

const HIGHEST_PORT = 65_535;

/** Many connections of one client are an attack of their own. */
const MOST_AT_ONCE = 256;

const EXIT_CODES = `
Exit code: 0 if no case failed, 1 if one did, 2 if there was nothing to test, 130 after Ctrl-C.`;

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
    printLine(`error: ${error instanceof Error ? error.message : String(error)}`);
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
    .option('--run-limit <seconds>', 'time for the whole run', numberFrom(1), RUN_LIMIT)
    .option('--json [file]', 'write the results as JSON, to the standard output or a file')
    .option('--report <file>', 'write the results as a page of HTML')
    .option('--strict', 'fail on non-strict and unimplemented, too')
    .addHelpText('after', EXIT_CODES);
}

function serverCommand() {
  return testCommand('server', 'tests the server at a URL: an echo server')
    .argument('<url>', 'ws: or wss:', webSocketUrl)
    .option('--agent <name>', 'what the report calls it', 'server')
    .option('--concurrency <count>', 'connections at once', wholeNumber(1, MOST_AT_ONCE), 4)
    .option('--insecure', 'trust any certificate')
    .option('--ca <file>', 'certificates to trust, in PEM')
    .action(async (url, options) => {
      const selected = selectForRole('server', options);
      const writer = new ResultWriter(options);
      const ca = options.ca === undefined ? undefined : readFileSync(options.ca, 'utf8');
      const progress = new Progress(selected.cases.length);
      const interruption = new Interruption();
      const onResult = (result: CaseResult): void => progress.add(result);
      const runLimit = options.runLimit * 1000;
      const { signal } = interruption;
      const report = await testServer(url, selected, { ...options, ca, runLimit, signal, onResult });
      progress.end();
      interruption.end();
      process.exitCode = Math.max(writer.write(report), interruption.exitCode ?? 0);
    });
}

function clientCommand() {
  return testCommand('client', "listens for a client to test, which Autobahn's convention drives")
    .option('--port <port>', 'port to listen on; 0 for any', wholeNumber(0, HIGHEST_PORT), 9001)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--apart', 'send the first frames a moment after the answer to the handshake, not in one write with it')
    .option('--stay', 'go on after /updateReports, for further agents')
    .action(async (options) => {
      const selected = selectForRole('client', options);
      const writer = new ResultWriter(options);
      const interruption = new Interruption();
      const exitCode = await testClients(selected, options, writer, interruption);
      interruption.end();
      process.exitCode = interruption.exitCode ?? exitCode;
    });
}

function reportCommand() {
  return new Command('report')
    .description('puts the results of several agents on one page, to compare them')
    .argument('<files...>', 'what --json wrote')
    .requiredOption('--out <file>', 'the page to write')
    .action((files, { out }) => {
      const reports = files.flatMap(readReports);
      prepareFile(out);
      writeFileSync(out, renderHtml(reports, CATALOGUE));
    });
}

function casesCommand() {
  return new Command('cases')
    .description('lists the cases')
    .option('--cases <globs>', 'ids to list', addGlobs)
    .action((options) => {
      checkGlobs(options.cases ?? []);
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
