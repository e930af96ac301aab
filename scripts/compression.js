// Measures what the settings of compression cost; arguments are its own.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram(`bench/dist/compression/${process.argv.includes('--servers') ? 'servers' : 'main'}.js`);
