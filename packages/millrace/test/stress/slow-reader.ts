import { MIB, type Claim, type Measurement } from './claim.ts';
import { StressServer } from './stress-server.ts';

/** What the peer has read when memory is looked at, in bytes. */
const READ = 256 * MIB;

/** What a sender that waits has to say to a peer that reads slowly, and what becomes of one that does not. */
export const slowReader: Claim = {
  title: 'a fast sender, and a peer that reads slowly or not at all',
  async measure(): Promise<Measurement[]> {
    return [await sendWaiting(), ...(await sendBlindly())];
  },
};

async function sendWaiting(): Promise<Measurement> {
  const stress = await StressServer.start('WaitingSender');
  try {
    const before = await stress.report();
    const socket = await stress.connect();
    let read = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > READ) resolve();
        socket.pause();
        setImmediate(() => socket.resume());
      });
    });
    const after = await stress.report();
    socket.destroy();
    return {
      what: 'waits for onDrain: retained after 256 MiB',
      measured: (after.retained - before.retained) / MIB,
      limit: 4,
      unit: 'MiB',
    };
  } finally {
    stress.stop();
  }
}

async function sendBlindly(): Promise<Measurement[]> {
  const stress = await StressServer.start('BlindSender', { closeTimeout: 100 });
  try {
    const socket = await stress.connect();
    socket.pause();
    const after = await stress.waitFor(({ closeCodes }) => closeCodes.length > 0);
    socket.destroy();
    return [
      {
        what: 'does not wait: resident memory at its peak (maxBufferedAmount is 16 MiB)',
        measured: after.peakRss / MIB,
        limit: 160,
        unit: 'MiB',
      },
      {
        what: 'does not wait: retained after the connection was closed for it',
        measured: after.retained / MIB,
        limit: 16,
        unit: 'MiB',
      },
    ];
  } finally {
    stress.stop();
  }
}
