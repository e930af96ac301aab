// Writes what is published of the library, and of the drop-in for `ws`, to dist/package of each: bundled, with a manifest of its own.
import './setup.js';

import { bundleDropIn } from './support/bundle-drop-in.js';
import { bundlePackage } from './support/bundle.js';

await bundlePackage('packages/millrace', ['README.md', 'LICENSE']);
await bundleDropIn();
