// Clients with the interface of the web: undici's, and those that Bun and Deno have as globals.

import { announceReady, readPeerArguments } from '../support.ts';
import { createClientWork } from './client-work.ts';

const args = readPeerArguments();
const url = `ws://127.0.0.1:${String(args.port)}`;

const socket = args.variant === 'undici' ? new (await import('undici')).WebSocket(url) : new globalThis.WebSocket(url);
socket.binaryType = 'arraybuffer';
const work = createClientWork(args, (data) => socket.send(data));
socket.addEventListener('message', work);
socket.addEventListener('open', () => announceReady());
socket.addEventListener('error', () => process.exit(0));
