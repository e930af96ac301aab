// What we claim about memory under load, each claim put to the test between processes of their own. Exit code 1 if one does not hold.
//   npm run stress -- ping      only claims whose title contains the word

import { announcedFrames, pingFlood } from './idle-attacks.ts';
import { holds, type Claim, type Measurement } from './claim.ts';
import { compressionBombs } from './compression-bombs.ts';
import { compressedConnections, compressedLatency } from './compressed-connections.ts';
import { closingUnderLoad } from './closing-under-load.ts';
import { crowdClaims } from './crowds.ts';
import { endlessFrame } from './endless-frame.ts';
import { fileThroughSend } from './file-through-send.ts';
import { gridClaims } from './grid/claims.ts';
import { slowReader } from './slow-reader.ts';
import { tinyFragments } from './tiny-fragments.ts';
import { unreadMessages } from './unread-messages.ts';

const CLAIMS: readonly Claim[] = [
  endlessFrame,
  tinyFragments,
  announcedFrames,
  pingFlood,
  slowReader,
  fileThroughSend,
  unreadMessages,
  compressedConnections,
  compressedLatency,
  compressionBombs,
  ...gridClaims,
  ...crowdClaims,
  ...closingUnderLoad,
];

const words = process.argv.slice(2);
const chosen = CLAIMS.filter(({ title }) => words.every((word) => title.includes(word)));
if (chosen.length === 0) {
  console.error(
    `No claim has ${words.join(', ')} in its title. There are:\n${CLAIMS.map(({ title }) => title).join('\n')}`,
  );
  process.exit(2);
}
for (const claim of chosen) {
  console.log(`\n${claim.title}`);
  for (const measurement of await claim.measure()) {
    console.log(`  ${describe(measurement)}`);
    if (!holds(measurement)) process.exitCode = 1;
  }
}

function describe(measurement: Measurement): string {
  const { what, measured, limit, unit } = measurement;
  const verdict =
    limit === undefined ? '' : `, at most ${limit.toFixed(1)}${holds(measurement) ? '' : ': DOES NOT HOLD'}`;
  return `${what}: ${measured.toFixed(1)} ${unit}${verdict}`;
}
