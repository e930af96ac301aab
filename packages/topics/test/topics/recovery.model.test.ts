import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createTopics, type Topics, type TopicSubscription } from '../../src/index.ts';
import { NaiveBroker } from '../helpers/naive-broker.ts';
import { createRandom, type Random } from '../helpers/random.ts';
import { TestSubscriber } from '../helpers/test-subscriber.ts';
import { turns, until } from '../helpers/turns.ts';

const TOPIC = 'chat/1';

/** How many schedules are tried; a seed for each. */
const SCHEDULES = 100;

/** A client that goes and comes back with the position of the last message that it has got, if there is one. */
class Client {
  readonly all: string[] = [];
  /** Whether it may have missed something, and has been told. */
  wasTold = false;
  position: string | undefined;
  #subscriber: TestSubscriber | undefined;
  #subscription: TopicSubscription | undefined;
  #taken = 0;
  #hasBegun = false;

  get isConnected(): boolean {
    return this.#subscriber !== undefined;
  }

  connect(topics: Topics<undefined>): void {
    const subscriber = new TestSubscriber(undefined);
    const since = this.position;
    const subscription = topics.subscribe(subscriber, TOPIC, { since, onLost: () => (this.wasTold = true) });
    this.#subscriber = subscriber;
    this.#subscription = subscription;
    this.#taken = 0;
    this.#hasBegun = false;
    subscription.ready.then(
      ({ recovered, position }) => {
        if (this.#subscription !== subscription) return;
        this.take();
        if (since !== undefined && !recovered) this.wasTold = true;
        if (since === undefined || !recovered) this.position = position;
        this.#hasBegun = true;
      },
      () => undefined,
    );
  }

  /** Reads what it was sent. */
  take(): void {
    for (const text of this.#subscriber?.received.slice(this.#taken) ?? []) {
      const [position = '', data = ''] = text.split(' ');
      this.all.push(data);
      this.position = position;
      this.#taken++;
    }
  }

  disconnect(): void {
    this.take();
    this.#subscriber?.close();
    this.#subscriber = undefined;
  }

  slowDown(): void {
    this.#subscriber?.slowDown();
  }

  drain(): void {
    this.#subscriber?.drain();
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }
}

interface World {
  readonly random: Random;
  readonly broker: NaiveBroker;
  readonly processes: readonly Topics<undefined>[];
  readonly clients: readonly Client[];
  readonly published: string[];
  snapshot: ReturnType<NaiveBroker['snapshot']>;
}

/** How a broker counts. */
const OFFSETS = ['consecutive', 'sparse'] as const;

function createWorld(seed: number, offsets: (typeof OFFSETS)[number]): World {
  const random = createRandom(seed);
  const broker = new NaiveBroker();
  if (offsets === 'sparse') broker.skips = () => random.below(200);
  broker.latency = () => random.below(3);
  const options = {
    broker,
    topics: { '**': { history: { messages: 100_000 } } },
    frame: ({ position, data }: { position: string | undefined; data: string | Uint8Array }) =>
      `${position ?? ''} ${String(data)}`,
    maxHeld: random.pick([0, 2000, 1_000_000]),
    linger: random.pick([0, 5]),
    compareInterval: 10,
    onError: () => undefined,
  };
  return {
    random,
    broker,
    processes: [createTopics<undefined>(options), createTopics<undefined>(options)],
    clients: Array.from({ length: 4 }, () => new Client()),
    published: [],
    snapshot: broker.snapshot(),
  };
}

/** One thing that happens. */
async function act(world: World, happenings: readonly Happening[]): Promise<void> {
  const { random } = world;
  await random.pick(happenings)?.(world);
  if (random.chance(0.5)) await turns(random.below(4));
}

type Happening = (world: World) => void | Promise<void>;

const publish: Happening = ({ random, processes, published }) => {
  for (let count = random.below(5) + 1; count > 0; count--) {
    const data = `m${published.length}`;
    published.push(data);
    random
      .pick(processes)
      ?.publish(TOPIC, data)
      .catch(() => undefined);
  }
};

const comeOrGo: Happening = ({ random, processes, clients }) => {
  const client = random.pick(clients);
  const topics = random.pick(processes);
  if (client === undefined || topics === undefined) return;
  // One that leaves before it knows where it stands has nothing to come back with.
  if (!client.isConnected) client.connect(topics);
  else if (client.hasBegun) client.disconnect();
};

const slowOrDrain: Happening = ({ random, clients }) => {
  const client = random.pick(clients);
  if (random.chance(0.5)) client?.slowDown();
  else client?.drain();
};

const cutOrMend: Happening = ({ random, broker }) => {
  const link = random.pick(broker.links);
  if (random.chance(0.4)) link?.cut();
  else broker.mend();
};

const saveOrLose: Happening = (world) => {
  const { random, broker } = world;
  if (random.chance(0.6)) {
    world.snapshot = broker.snapshot();
    return;
  }
  broker.cut();
  if (random.chance(0.2)) broker.logs.clear();
  else
    broker.restore(
      new Map([...world.snapshot].map(([topic, log]) => [topic, { ...log, messages: [...log.messages] }])),
    );
  for (let count = random.below(5); count > 0; count--) {
    const data = new TextEncoder().encode(`late${random.below(1_000_000)}`);
    const history = { messages: 100_000, age: 1e6 };
    const id = `i${random.below(1e9)}`;
    broker.append({ topic: TOPIC, root: undefined, type: 'text', data, id, idempotencyKey: undefined, history });
  }
  broker.mend();
};

/** Lets everything come to rest: all are there, and have got what there is. */
async function settle({ broker, processes, clients, random }: World): Promise<void> {
  broker.losesLive = () => false;
  broker.mend();
  for (const client of clients) {
    client.drain();
    const topics = random.pick(processes);
    if (!client.isConnected && topics !== undefined) client.connect(topics);
  }
  await until(() => clients.every(({ hasBegun }) => hasBegun));
  // A process that finds out now that messages are gone goes on behind the newest.
  for (let isOver = false; !isOver;) {
    const last = await publishLast(processes[0]);
    await turns(20);
    for (const client of clients) client.take();
    isOver = clients.every(({ all }) => all.at(-1) === last);
  }
}

let lasts = 0;

async function publishLast(topics: Topics<undefined> | undefined): Promise<string> {
  for (;;) {
    const last = `last${lasts++}`;
    try {
      await topics?.publish(TOPIC, last);
      return last;
    } catch {
      await turns(1);
    }
  }
}

/** What the broker has in the end, in order. */
function history(broker: NaiveBroker): string[] {
  const messages = broker.logOf(TOPIC).messages.filter(({ isMark }) => isMark !== true);
  return messages.map(({ data }) => new TextDecoder().decode(data));
}

for (const offsets of OFFSETS)
  describe(`clients that come and go, with ${offsets} offsets,`, () => {
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      it(
        `get each message once and in order while the broker loses none, schedule ${seed}`,
        { timeout: 3000 },
        async () => {
          const world = createWorld(seed, offsets);
          world.broker.losesLive = () => world.random.chance(0.1);

          for (let step = 0; step < 60; step++) {
            await act(world, [publish, publish, publish, comeOrGo, comeOrGo, slowOrDrain, cutOrMend]);
          }
          await settle(world);

          const order = history(world.broker);
          for (const { all, wasTold } of world.clients) {
            assert.equal(wasTold, false);
            assert.deepEqual(all, order.slice(order.length - all.length));
          }
          await Promise.all(world.processes.map((topics) => topics.close()));
        },
      );
    }

    for (let seed = 1001; seed <= 1000 + SCHEDULES; seed++) {
      it(`are told when the broker has lost what they should get, schedule ${seed}`, { timeout: 3000 }, async () => {
        const world = createWorld(seed, offsets);

        for (let step = 0; step < 60; step++) {
          await act(world, [publish, publish, publish, comeOrGo, comeOrGo, slowOrDrain, saveOrLose]);
        }
        await settle(world);

        const order = history(world.broker);
        for (const { all, wasTold } of world.clients) {
          assert.deepEqual(all, [...new Set(all)], 'none came twice');
          if (!wasTold) assert.deepEqual(all, order.slice(order.length - all.length));
        }
        await Promise.all(world.processes.map((topics) => topics.close()));
      });
    }
  });
