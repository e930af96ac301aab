import FayeWebSocket from 'faye-websocket';

import { announceReady, readPeerArguments } from '../support.ts';
import { createClientWork } from './client-work.ts';

const args = readPeerArguments();

const socket = new FayeWebSocket.Client(`ws://127.0.0.1:${String(args.port)}`, []);
const work = createClientWork(args, (data) => socket.send(typeof data === 'string' ? data : Buffer.from(data.buffer)));
socket.addEventListener('message', work);
socket.addEventListener('open', () => announceReady());
