import websocket from 'websocket';

import { announceReady, LONGEST, readPeerArguments } from '../support.ts';
import { createClientWork } from './client-work.ts';

const args = readPeerArguments();
const limits = { maxReceivedFrameSize: LONGEST, maxReceivedMessageSize: LONGEST };

const client = new websocket.client({ ...limits, fragmentOutgoingMessages: false });
client.on('connect', (connection) => {
  const work = createClientWork(args, (data) => {
    if (typeof data === 'string') connection.sendUTF(data);
    else connection.sendBytes(Buffer.from(data.buffer));
  });
  connection.on('message', work);
  connection.on('error', () => undefined);
  announceReady();
});
client.connect(`ws://127.0.0.1:${String(args.port)}`, []);
