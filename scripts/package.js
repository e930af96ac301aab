// Writes what is published of the library to packages/millrace/dist/package: bundled, with a manifest of its own.
import './setup.js';

import { bundlePackage } from './support/bundle.js';

await bundlePackage('packages/millrace', ['README.md', 'LICENSE']);
