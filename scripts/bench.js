// Measures servers beside each other; arguments are its own.
import './setup.js';

import { TOOLS, exitOnFailure, runNode } from './support/run.js';
import { runProgram } from './support/run-program.js';

exitOnFailure(runNode(TOOLS.tsc, ['-b', 'bench'], { stdio: ['ignore', 2, 2] }));
await runProgram('bench/dist/main.js');
