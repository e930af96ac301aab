// An echo client on @millrace/ws: node client.js <url of the fuzzing server> <agent>
import { WebSocket, type RawData } from '@millrace/ws';

import { driveCases } from '../drive-cases.ts';

const [, , url = '', agent = 'drop-in'] = process.argv;

await driveCases(
  url,
  agent,
  (target, onText) => connect(target, (_, data) => onText(textOf(data))),
  (target) => connect(target, (socket, data, isBinary) => socket.send(data, { binary: isBinary })),
);

/** Connects, and resolves when the connection is over or could not be made. */
function connect(
  target: string,
  onMessage: (socket: WebSocket, data: RawData, isBinary: boolean) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(target, { perMessageDeflate: false });
    socket.on('message', (data, isBinary) => onMessage(socket, data, isBinary));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

function textOf(data: RawData): string {
  return data instanceof Buffer ? data.toString() : '';
}
