import { createTopics, redisBroker, type Broker, type Topics, type TopicSubscription } from '@millrace/topics';
import { Redis } from 'ioredis';
import { connect, serve, type WebSocketConnection, type WebSocketServer } from 'millrace';
import { createClient } from 'redis';

import type { RedisServer } from './redis-server.ts';

const TOPIC = 'faults/1';

/** How long Redis may take to answer in these tests, in milliseconds. */
export const BROKER_TIMEOUT = 600;

/** What becomes of a message that somebody publishes. */
type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** A server of its own, with its own connections to Redis. */
class ServerProcess {
  readonly topics: Topics<undefined>;
  readonly server: WebSocketServer;

  private constructor(topics: Topics<undefined>, server: WebSocketServer) {
    this.topics = topics;
    this.server = server;
  }

  static async start(broker: Broker, messages: number): Promise<ServerProcess> {
    const topics = createTopics<undefined>({
      broker,
      topics: { '**': { history: { messages } } },
      frame: ({ position, data }) => JSON.stringify({ position, data }),
      onError: () => undefined,
    });
    const server = await serve({ port: 0 }, async (connection: WebSocketConnection<undefined>) => {
      const since = await (await connection.receive())?.text();
      const subscription = topics.subscribe(connection, TOPIC, {
        since: since === '' ? undefined : since,
        onLost: () => void connection.send('{"lost":true}'),
      });
      void tellReady(connection, subscription);
      while ((await connection.receive()) !== undefined) {
        // Clients say nothing more.
      }
    });
    return new ServerProcess(topics, server);
  }

  async close(): Promise<void> {
    await this.server.close({ timeout: 100 });
    await this.topics.close();
  }
}

async function tellReady(connection: WebSocketConnection<undefined>, { ready }: TopicSubscription): Promise<void> {
  try {
    await connection.send(JSON.stringify({ ready: await ready }));
  } catch {
    // It has gone.
  }
}

/** A client that remembers where it stands. */
class Client {
  readonly received: string[] = [];
  /** Whether it was told that it may have missed something. */
  wasTold = false;
  isReady = false;
  #position = '';
  #connection: WebSocketConnection | undefined;

  async connect(url: string): Promise<void> {
    this.isReady = false;
    const hadPosition = this.#position !== '';
    const connection = await connect(url);
    this.#connection = connection;
    await connection.send(this.#position);
    void this.#read(connection, hadPosition);
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close();
  }

  async #read(connection: WebSocketConnection, hadPosition: boolean): Promise<void> {
    try {
      for await (const message of connection) this.#take(JSON.parse(await message.text()), hadPosition);
    } catch {
      // It was cut; it comes back.
    }
  }

  #take(message: unknown, hadPosition: boolean): void {
    if (typeof message !== 'object' || message === null) return;
    if ('lost' in message) this.wasTold = true;
    if ('data' in message) this.received.push(String(message.data));
    if ('position' in message) this.#position = String(message.position);
    if ('ready' in message && typeof message.ready === 'object' && message.ready !== null) {
      this.#beReady(message.ready, hadPosition);
    }
  }

  #beReady(ready: object, hadPosition: boolean): void {
    this.isReady = true;
    if ('recovered' in ready && ready.recovered === true) return;
    if (hadPosition) this.wasTold = true;
    if ('position' in ready) this.#position = String(ready.position);
  }
}

/** Two servers on one Redis, clients that stay and clients that come back, and a publisher that does not stop. */
export class FaultWorld {
  readonly redis: RedisServer;
  readonly stayers: readonly Client[] = [new Client(), new Client()];
  readonly travellers: readonly Client[] = [new Client(), new Client()];
  readonly outcomes: Map<string, Outcome> = new Map();
  readonly #processes: readonly ServerProcess[];
  #isPublishing = true;
  #count = 0;

  private constructor(redis: RedisServer, processes: readonly ServerProcess[]) {
    this.redis = redis;
    this.#processes = processes;
  }

  static async create(
    redis: RedisServer,
    { messages = 100_000 }: { messages?: number | undefined } = {},
  ): Promise<FaultWorld> {
    const options = { brokerTimeout: BROKER_TIMEOUT };
    const node = createClient({ url: `redis://127.0.0.1:${redis.port}` });
    const io = new Redis({ port: redis.port, host: '127.0.0.1', lazyConnect: true });
    const processes = await Promise.all([
      ServerProcess.start(redisBroker({ client: node, ...options }), messages),
      ServerProcess.start(redisBroker({ client: io, ...options }), messages),
    ]);
    const world = new FaultWorld(redis, processes);
    await world.connectAll(world.clients);
    return world;
  }

  get clients(): readonly Client[] {
    return [...this.stayers, ...this.travellers];
  }

  /** Connects clients, each to another server than its neighbour, and waits until they have what they missed. */
  async connectAll(clients: readonly Client[]): Promise<void> {
    await Promise.all(clients.map((client, index) => client.connect(this.#process(index + this.#count).server.url)));
    await until(() => clients.every(({ isReady }) => isReady), 'all clients are ready');
  }

  /** Publishes so many messages, one after the other, from both servers. */
  async publish(count: number): Promise<void> {
    for (let index = 0; index < count && this.#isPublishing; index++) await this.#publishOne();
  }

  /** Publishes on until it is stopped, with up to `width` at a time. */
  publishOn(width: number): () => Promise<void> {
    let goesOn = true;
    const work = async (): Promise<void> => {
      while (goesOn) {
        await this.#publishOne();
        await sleep(1);
      }
    };
    const working = Promise.all(Array.from({ length: width }, work));
    return async () => {
      goesOn = false;
      await working;
    };
  }

  /** Waits until all clients have got what is published last. */
  async settle(): Promise<void> {
    await until(async () => {
      const last = await this.#publishOne();
      if (this.outcomes.get(last) !== 'acknowledged') return false;
      await sleep(50);
      return this.clients.every(({ received }) => received.at(-1) === last);
    }, 'all clients have got the last message');
  }

  /** What is wrong, where the broker has lost nothing. */
  findFaults(): string[] {
    return this.clients.flatMap((client, index) => {
      const faults = client.wasTold ? [`client ${index} was told that it may have missed something`] : [];
      const counts = new Map<string, number>();
      for (const text of client.received) counts.set(text, (counts.get(text) ?? 0) + 1);
      for (const [text, outcome] of this.outcomes) {
        const count = counts.get(text) ?? 0;
        const isRight = outcome === 'acknowledged' ? count === 1 : outcome === 'refused' ? count === 0 : count <= 1;
        if (!isRight) faults.push(`client ${index} has got ${text}, ${outcome}, ${count} times`);
      }
      return faults.slice(0, 5);
    });
  }

  /** What is wrong, where the broker has lost messages: nothing may come twice, and who has missed something must have been told. */
  findWrongMessages(): string[] {
    return this.clients.flatMap(({ received, wasTold }, index) => {
      const twice = received.length - new Set(received).size;
      const missing = [...this.outcomes].filter(
        ([text, outcome]) => outcome === 'acknowledged' && !received.includes(text),
      );
      const faults = twice > 0 ? [`client ${index} has got ${twice} messages twice`] : [];
      if (missing.length > 0 && !wasTold)
        faults.push(`client ${index} was not told that ${missing.length} are missing`);
      return faults;
    });
  }

  async close(): Promise<void> {
    this.#isPublishing = false;
    await Promise.all(this.clients.map((client) => client.disconnect()));
    await Promise.all(this.#processes.map((one) => one.close()));
  }

  async #publishOne(): Promise<string> {
    const text = `m${this.#count++}`;
    try {
      await this.#process(this.#count).topics.publish(TOPIC, text);
      this.outcomes.set(text, 'acknowledged');
    } catch (error) {
      const isRefused = error instanceof Error && 'outcome' in error && error.outcome === 'refused';
      this.outcomes.set(text, isRefused ? 'refused' : 'unknown');
    }
    return text;
  }

  #process(index: number): ServerProcess {
    const chosen = this.#processes[index % this.#processes.length];
    if (chosen === undefined) throw new Error('there is no server');
    return chosen;
  }
}

/** Waits until something is so. */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await sleep(5);
  }
}

/** Waits. */
export function sleep(time: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, time);
  });
}
