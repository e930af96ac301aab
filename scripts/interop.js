// Runs other WebSocket implementations against the library; arguments are its own:
//   npm run interop -- ws undici --json
import './setup.js';

import { runProgram } from './support/run-program.js';

await runProgram('interop/dist/main.js');
