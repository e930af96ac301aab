// Installs and builds, if that is missing or stale: silent when there is nothing to do, and on stderr only.
// Uses nothing but Node, because it runs before anything is installed.
import './install.js';

import { isBuildCurrent } from './support/fingerprint.js';
import { exitOnFailure, runNode } from './support/run.js';

if (!isBuildCurrent()) {
  console.error('Building …');
  exitOnFailure(runNode('scripts/build.js', ['--frozen'], { stdio: ['ignore', 2, 2] }));
}
