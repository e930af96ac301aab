import { LEASE } from './brokers.ts';
import type { Fault } from './fault.ts';
import { sleep, until } from './fault-world.ts';

/** What goes wrong with a server, whatever its broker is. */
export const SERVER_FAULTS: readonly Fault<unknown>[] = [
  {
    name: 'a server is killed',
    hasProcess: true,
    fail: async ({ world, random }) => {
      const publishing = world.publishByGuests(60);
      await sleep(random.below(30));
      world.signal('SIGKILL');
      await publishing;
      await sleep(50);
      await world.moveGuests();
      await until(async () => (await world.countPresent()) === 1, 'the guests are present in their new servers');
    },
  },
  {
    name: 'a server stops for longer than its lease, and goes on',
    hasProcess: true,
    fail: async ({ world }) => {
      await until(async () => (await world.countPresent()) === 1, 'the guests are present');
      world.signal('SIGSTOP');
      await sleep(2 * LEASE);
      await until(async () => (await world.countPresent()) === 0, 'the guests are not present any more');
      world.signal('SIGCONT');
      await until(async () => (await world.countPresent()) === 1, 'the guests are present again');
    },
  },
];
