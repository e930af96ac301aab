// Runs before `npm pack` and `npm publish`, in the folder of the package: the tarball takes these from here.
import './setup.js';

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './support/paths.js';

for (const file of ['README.md', 'LICENSE']) copyFileSync(join(ROOT, file), file);
