// The peers, as data: how each is run, and what it lacks.
import type { Lacks } from './features.ts';
import type { Role } from './test-case.ts';

/** A WebSocket implementation to be tried with ours. */
export interface Peer {
  readonly name: string;
  /** What runs its program. */
  readonly host: 'node' | 'bun' | 'deno' | 'python';
  readonly program: string;
  /** Packages of Debian that it needs. Without any, it is among those of npm. */
  readonly debian: readonly string[];
  readonly lacks: Readonly<Record<Role, Lacks>>;
}

const NO_FRAMES = 'hands over whole messages only';
const NO_STREAM = 'neither sends nor hands over part of a frame';
const SENDS_WHOLE = 'sends unfragmented messages only';
const NO_PINGS = 'has no way to send a ping';
const ALWAYS_CODE = 'always sends a code, 1000 if given none';

const WHOLE_MESSAGES: Lacks = { 'sends frames': SENDS_WHOLE, 'takes frames': NO_FRAMES, streams: NO_STREAM };
const WEB: Lacks = { ...WHOLE_MESSAGES, 'sends pings': NO_PINGS };
const NO_COMPRESSION: Lacks = { compresses: 'has no compression of its own' };
const FIXED_OFFER: Lacks = { 'chooses parameters': 'offers permessage-deflate in one way only' };
const NO_SERVER: Lacks = { missing: 'is a client only' };

/** Every peer, the slow ones first: they are started in this order. */
export const PEERS: readonly Peer[] = [
  {
    name: 'autobahn',
    host: 'python',
    program: 'autobahn_program.py',
    debian: ['python3-autobahn', 'python3-twisted'],
    lacks: both({ 'speaks of 8 bits': 'knows windows from 9 bits on' }),
  },
  {
    name: 'websockets',
    host: 'python',
    program: 'websockets_program.py',
    debian: ['python3-websockets'],
    lacks: both({
      'takes frames': NO_FRAMES,
      streams: NO_STREAM,
      'closes without code': ALWAYS_CODE,
      'deflates with 8 bits': 'fails where it should compress with a window of 8 bits',
    }),
  },
  {
    name: 'chromium',
    host: 'node',
    program: 'chromium.js',
    debian: ['chromium'],
    lacks: { client: { ...WEB, ...FIXED_OFFER }, server: NO_SERVER },
  },
  {
    name: 'ws',
    host: 'node',
    program: 'ws.js',
    debian: [],
    lacks: both({ 'takes frames': NO_FRAMES, streams: NO_STREAM }),
  },
  {
    name: 'undici',
    host: 'node',
    program: 'undici.js',
    debian: [],
    lacks: {
      client: {
        ...WEB,
        ...FIXED_OFFER,
        'keeps U+FEFF': 'drops U+FEFF from the beginning of a text',
        'sends compressed': 'decompresses, and sends nothing compressed',
      },
      server: NO_SERVER,
    },
  },
  {
    name: 'websocket',
    host: 'node',
    program: 'websocket.js',
    debian: [],
    lacks: both({
      ...NO_COMPRESSION,
      streams: NO_STREAM,
      'closes without code': ALWAYS_CODE,
      'sees no code': 'takes a Close without code for an unclean end',
      'sees no reason': 'makes up a reason where there is none',
    }),
  },
  {
    name: 'faye-websocket',
    host: 'node',
    program: 'faye.js',
    debian: [],
    lacks: both({
      ...WHOLE_MESSAGES,
      ...NO_COMPRESSION,
      'closes without code': ALWAYS_CODE,
      'sees no code': 'takes a Close without code for one with 1000',
    }),
  },
  {
    name: 'bun',
    host: 'bun',
    program: 'bun.js',
    debian: [],
    lacks: {
      client: { ...WHOLE_MESSAGES, ...FIXED_OFFER },
      server: {
        ...WHOLE_MESSAGES,
        'speaks of 8 bits': 'knows windows from 9 bits on',
        'limits clients below 12 bits': 'limits the window of clients to 12 bits or more',
        'closes without code': ALWAYS_CODE,
      },
    },
  },
  { name: 'deno', host: 'deno', program: 'deno.js', debian: [], lacks: both({ ...WEB, ...NO_COMPRESSION }) },
];

function both(lacks: Lacks): Record<Role, Lacks> {
  return { client: lacks, server: lacks };
}
