import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

import { WebSocketServer, type RawData, type WebSocket } from 'ws';

import { announceReady, readPeerArguments, refuseMode } from './support.ts';

const { port, mode } = readPeerArguments();

type Answer = (socket: WebSocket, data: RawData, isBinary: boolean) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo: (socket, data, isBinary) => socket.send(data, { binary: isBinary }),
  'hash-message': (socket, data) => {
    if (data instanceof Buffer) socket.send(createHash('sha256').update(data).digest('hex'));
  },
  broadcast: (_socket, data, isBinary) => {
    for (const client of server.clients) client.send(data, { binary: isBinary });
  },
};

const answer = ANSWERS[mode] ?? refuseMode(mode);
if (process.env['WS_NO_BUFFER_UTIL'] === undefined) refuseWithoutAddon();

// 0 is without a limit. The types do not know all of these.
const options = { host: '127.0.0.1', port, maxPayload: 2 ** 30, maxFragments: 0, maxBufferedChunks: 0 };
const server = new WebSocketServer(options);
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => answer(socket, data, isBinary));
});
server.on('listening', announceReady);

/** Without a build for this platform, bufferutil is plain JavaScript, and not what is to be measured. */
function refuseWithoutAddon(): void {
  const addon: unknown = createRequire(import.meta.url)('bufferutil');
  if (typeof addon === 'object' && addon !== null && 'mask' in addon && String(addon.mask).includes('[native code]'))
    return;
  console.error('bufferutil has no native addon here');
  process.exit(2);
}
