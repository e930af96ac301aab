// Measures and draws the picture in README.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('bench/dist/picture/main.js');
