import { once } from 'node:events';

import { WebSocket } from 'ws';

import { serve } from 'millrace';

const HEARTBEAT = 100;

// #region
const server = await serve(
  { port: 0, keepAlive: { interval: HEARTBEAT, timeout: HEARTBEAT } }, // without the option: 20 s and 20 s
  {},
);
// #endregion

const silent = new WebSocket(server.url, { autoPong: false });
const lively = new WebSocket(server.url);
silent.on('close', (code) => console.log(`The silent client was given up: ${code}`));
await once(silent, 'close');
console.log(`The other one is there: ${String(lively.readyState === WebSocket.OPEN)}`);
lively.close();
await server.close();
