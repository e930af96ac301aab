// Runs the conformance suite against Millrace; arguments are its own.
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('packages/conformance/dist/campaign/main.js');
