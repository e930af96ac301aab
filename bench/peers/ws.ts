import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

import { WebSocketServer, type RawData, type WebSocket } from 'ws';

import {
  announceReady,
  compressionOptions,
  LONGEST,
  readPeerArguments,
  refuseMode,
  startHttpServer,
} from './support.ts';

const args = readPeerArguments();
const { port, mode, tls } = args;

type Answer = (socket: WebSocket, data: RawData, isBinary: boolean) => void;

const echo: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });

const ANSWERS: Readonly<Record<string, Answer>> = {
  echo,
  handshake: echo,
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
const limits = { maxPayload: LONGEST, maxFragments: 0, maxBufferedChunks: 0 };
const options = { ...limits, perMessageDeflate: compressionOptions(args) };
const server = new WebSocketServer(
  tls === undefined ? { ...options, host: '127.0.0.1', port } : { ...options, server: startHttpServer(args) },
);
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => answer(socket, data, isBinary));
});
if (tls === undefined) server.on('listening', () => announceReady());

/** Without a build for this platform, bufferutil is plain JavaScript, and not what is to be measured. */
function refuseWithoutAddon(): void {
  const addon: unknown = createRequire(import.meta.url)('bufferutil');
  if (typeof addon === 'object' && addon !== null && 'mask' in addon && String(addon.mask).includes('[native code]'))
    return;
  console.error('bufferutil has no native addon here');
  process.exit(2);
}
