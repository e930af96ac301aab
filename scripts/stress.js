// Runs what claims something about time, memory and load; arguments are its own. `topics` has brokers fail while servers use them.
import './setup.js';

import { runProgram } from './support/run-program.js';

if (process.argv[2] === 'topics') {
  process.argv.splice(2, 1);
  await runProgram('interop/dist/topics/stress.js');
} else {
  await runProgram('packages/millrace/dist/test/stress/main.js');
}
