import Table from 'cli-table3';

import type { Run, StreamSource } from './run.ts';

const HEAD = ['\nvariant', '\nsource', '\nbytes', 'digests\nmatching', '\nMB/s', 'server\n+ MiB', 'client\n+ MiB'];

const NO_LINES = { top: '', bottom: '', left: '', right: '' };
const NO_CORNERS = { 'top-mid': '', 'top-left': '', 'top-right': '', 'bottom-mid': '', 'bottom-left': '' };

/** The results for people. Fits into 80 columns. */
export function renderTable(runs: readonly Run[], sources: readonly StreamSource[]): string {
  const table = new Table({
    head: HEAD,
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: {
      ...NO_LINES,
      ...NO_CORNERS,
      'bottom-right': '',
      'left-mid': '',
      'right-mid': '',
      'mid-mid': '──',
      middle: '  ',
    },
  });
  for (const run of runs) {
    table.push([
      run.variant,
      run.source,
      run.bytes.toLocaleString('en'),
      `${run.matching}/${run.digests}`,
      run.mbPerSecond.toFixed(0),
      run.serverRssGrowthMiB.toFixed(1),
      run.clientRssGrowthMiB.toFixed(1),
    ]);
  }
  return `${table.toString()}\n\n${renderLegend(sources)}`;
}

function renderLegend(sources: readonly StreamSource[]): string {
  const files = sources.flatMap((source) => (source.kind === 'file' ? [`file: ${source.path}`] : []));
  return [
    ...files,
    'digests: SHA-256 from the server, matching what the client computed itself / all',
    'MB/s: millions of bytes a second, from opening the connection to the last digest',
    '+ MiB: growth of resident memory (RSS) while streaming: the highest that the',
    '  process saw of itself, looking every 20 ms, minus that at the opening',
  ].join('\n');
}
