import type { Socket } from 'node:net';

import { concat, hex } from '../helpers/bytes.ts';
import { KIB, MIB, type Claim, type Measurement } from './claim.ts';
import { StressServer, writeRepeatedly } from './stress-server.ts';

const CONNECTIONS = 1000;

/** A header costs its sender 14 bytes, and must not cost us what it promises. */
export const announcedFrames: Claim = {
  title: '1,000 connections that announce a frame of 16 MiB each, and send nothing',
  async measure(): Promise<Measurement[]> {
    const stress = await StressServer.start('CollectingServer');
    const sockets: Socket[] = [];
    try {
      for (let count = 0; count < CONNECTIONS; count++) sockets.push(await stress.connect());
      const before = await stress.report();
      // A ping before the header shows that the header was read.
      for (const socket of sockets) socket.write(hex('89 80 00 00 00 00 82 ff 00 00 00 00 01 00 00 00 00 00 00 00'));
      const after = await stress.waitFor(({ pings }) => pings === CONNECTIONS);
      const growth = (after.retained - before.retained) / CONNECTIONS / KIB;
      return [{ what: 'retained for each connection', measured: growth, limit: 1, unit: 'KiB' }];
    } finally {
      for (const socket of sockets) socket.destroy();
      stress.stop();
    }
  },
};

const WARM_UP = 100_000;
const PINGS = 1_000_000;
const AT_A_TIME = 1000;

/** A pong for each ping, towards a peer that takes none of them, is memory for the asking. */
export const pingFlood: Claim = {
  title: '1 million pings of 125 bytes, from a peer that reads nothing',
  async measure(): Promise<Measurement[]> {
    const stress = await StressServer.start('CollectingServer');
    try {
      const socket = await stress.connect();
      socket.pause();
      const ping = concat([hex('89 fd 00 00 00 00'), new Uint8Array(125).fill(0x61)]);
      const pings = concat(Array<Uint8Array>(AT_A_TIME).fill(ping));
      await writeRepeatedly(socket, pings, WARM_UP / AT_A_TIME);
      const before = await stress.waitFor((report) => report.pings === WARM_UP);
      await writeRepeatedly(socket, pings, PINGS / AT_A_TIME);
      const after = await stress.waitFor((report) => report.pings === WARM_UP + PINGS);
      socket.destroy();
      return [
        {
          what: 'retained after them, above what was before',
          measured: (after.retained - before.retained) / MIB,
          limit: 4,
          unit: 'MiB',
        },
        {
          what: 'resident memory at its peak, above what was before',
          measured: (after.peakRss - before.rss) / MIB,
          limit: 32,
          unit: 'MiB',
        },
      ];
    } finally {
      stress.stop();
    }
  },
};
