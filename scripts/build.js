// Builds everything from scratch. With --frozen, generated sources are not written, but must be up to date.
import './install.js';

import { rmSync } from 'node:fs';

import { fingerprintSources, stampBuild } from './support/fingerprint.js';
import { outputFolders } from './support/paths.js';
import { TOOLS, exitOnFailure, runNode } from './support/run.js';

const frozen = process.argv.includes('--frozen');
exitOnFailure(runNode('scripts/build-kernels.js', frozen ? ['--check'] : []));

for (const folder of outputFolders()) rmSync(folder, { recursive: true, force: true });

const fingerprint = fingerprintSources();
exitOnFailure(runNode(TOOLS.tsc, ['-b']));
stampBuild(fingerprint);
