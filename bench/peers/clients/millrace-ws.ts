import { WebSocket } from '@millrace/ws';

import { announceReady, LONGEST, readPeerArguments } from '../support.ts';
import { createClientWork } from './client-work.ts';

const args = readPeerArguments();
const url = `ws://127.0.0.1:${String(args.port)}`;

const socket = new WebSocket(url, { maxPayload: LONGEST, perMessageDeflate: false });
const work = createClientWork(args, (data) => socket.send(data));
socket.on('message', () => work());
socket.on('open', () => announceReady());
socket.on('error', () => process.exit(0));
