import { WebSocket } from 'undici';

import { versionOf } from './package-version.ts';
import { runProgram } from './program.ts';
import { connectWebSocket } from './whatwg.ts';

runProgram({
  versions: { undici: versionOf('undici'), Node: process.versions.node },
  connect: (task) => connectWebSocket((url, subprotocols) => new WebSocket(url, subprotocols), task),
});
