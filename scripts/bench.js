// Measures servers beside each other; arguments are its own.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('bench/dist/main.js');
