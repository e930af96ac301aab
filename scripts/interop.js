// Runs other WebSocket implementations against the library; arguments are its own:
//   npm run interop -- ws undici --json
import './setup.js';

import { runProgram } from './support/run-program.js';

// Programs that use the package ws, with @millrace/ws in its place:
//   npm run interop -- drop-in
if (process.argv[2] === 'drop-in') {
  process.argv.splice(2, 1);
  await runProgram('interop/drop-in/run.js');
} else {
  await runProgram('interop/dist/main.js');
}
