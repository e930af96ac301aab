// The main job: streams a file and random bytes from one process to another, in every way that there is, compares the
// digests, and measures throughput and memory.
import { constants } from 'node:os';

import { runMain } from '../support/program.ts';
import { USAGE, readMainArguments } from './arguments.ts';
import type { MainArguments } from './arguments.ts';
import { createDisplay } from './display.ts';
import { runStream } from './run-stream.ts';
import { VARIANTS } from './run.ts';
import type { Run } from './run.ts';
import { renderTable } from './table.ts';

runMain(import.meta.url, async () => {
  const args = readMainArguments();
  if (args.help) {
    console.log(USAGE);
    return;
  }

  // The children are ended and the terminal is restored when the process exits.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }

  const runs = await runAll(args);
  console.log(args.json ? JSON.stringify({ runs }) : renderTable(runs, args.sources));

  const differing = runs.reduce((sum, run) => sum + run.digests - run.matching, 0);
  if (differing > 0) throw new Error(`${differing} digests differ from those computed by the client`);
});

async function runAll({ sources, port }: MainArguments): Promise<Run[]> {
  const assignments = sources.flatMap((source) => VARIANTS.map((variant) => ({ variant, source, port })));
  const display = createDisplay(process.stderr);
  try {
    const runs: Run[] = [];
    for (const [index, assignment] of assignments.entries()) {
      const title = { ...assignment, index, count: assignments.length };
      runs.push(await runStream(assignment, (progress) => display.show(title, progress)));
    }
    return runs;
  } finally {
    display.close();
  }
}
