// Runs what claims something about time, memory and load; arguments are its own.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('packages/millrace/dist/test/stress/main.js');
