// An echo server of one library in a process of its own, which tells its CPU time when it is asked.
import { WebSocketServer } from 'ws';
import { serve } from 'millrace';

import { SERVER_ROWS } from './server-row.ts';

const [library, index] = process.argv.slice(2);
const row = SERVER_ROWS[Number(index)];
if (row === undefined) throw new Error('expected a library and the index of a row');
const { isCompressed, isAlone, windowBits } = row;
const port = library === 'ws' ? await startWs() : await startMillrace();

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.send?.(port);

async function startMillrace(): Promise<number> {
  const compression = isCompressed && {
    threshold: 0,
    serverNoContextTakeover: isAlone,
    clientNoContextTakeover: isAlone,
    ...(windowBits === undefined
      ? {}
      : { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits, memLevel: 8 }),
  };
  const server = await serve(
    { port: 0, host: '127.0.0.1', compression },
    {
      message: (connection, data) => void connection.send(data),
    },
  );
  return server.port ?? 0;
}

async function startWs(): Promise<number> {
  const perMessageDeflate = isCompressed && {
    threshold: 0,
    serverNoContextTakeover: isAlone,
    clientNoContextTakeover: isAlone,
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
