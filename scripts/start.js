// Runs the main job; arguments are its own.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('examples/dist/main-job/main.js');
