import type { TestContext } from 'node:test';

import { WebSocketStream, webSocketStreamOf, type WebSocketStreamView } from '../../src/web/index.ts';
import { frame } from '../helpers/frames.ts';
import { acceptRaw } from '../helpers/message-peers.ts';
import { listenRaw, type RawPeer } from '../helpers/raw-peer.ts';

/** A connection as streams, and its peer who speaks in bytes. */
export interface StreamAndPeer {
  readonly stream: WebSocketStreamView;
  readonly peer: RawPeer;
  /** Makes a frame as the peer has to send it. */
  readonly frame: (byte0: number, payload?: Uint8Array | string) => Uint8Array;
}

/** A side of a connection that can be had as streams. */
export interface StreamSide {
  readonly name: string;
  readonly open: (t: TestContext) => Promise<StreamAndPeer>;
}

/** The client's {@link WebSocketStream}, and the view of a server's connection: they are to behave alike. */
export const STREAM_SIDES: readonly StreamSide[] = [
  {
    name: 'A WebSocketStream',
    open: async (t) => {
      const { url, peers } = await listenRaw(t);
      const stream = new WebSocketStream(url);
      const peer = await peers.take();
      await stream.opened;
      return { stream, peer, frame: (byte0, payload = '') => frame({ byte0, payload: Buffer.from(payload) }) };
    },
  },
  {
    name: 'A view of an accepted connection',
    open: async (t) => {
      const { connection, peer } = await acceptRaw(t, { closeTimeout: undefined });
      const stream = webSocketStreamOf(connection);
      const key = '37 fa 21 3d';
      return { stream, peer, frame: (byte0, payload = '') => frame({ byte0, payload: Buffer.from(payload), key }) };
    },
  },
];
