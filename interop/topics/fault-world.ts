import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { fileURLToPath } from 'node:url';

import { lines, start, stop, type Program } from '../tunnel/program.ts';
import type { BrokerClient, OpenBroker } from './brokers.ts';
import { FaultClient } from './fault-client.ts';
import { FaultServer, TOPIC, tryToPublish, type Outcome } from './fault-server.ts';

/** How many messages are kept unless a fault says otherwise: all. */
const ALL = 100_000;

/** How many messages are on their way where many are published. */
const AT_A_TIME = 16;

/** What a {@link FaultWorld} is made of. */
export interface FaultWorldSetup {
  /** One for each server. */
  readonly brokers: readonly OpenBroker[];
  /** How many messages are kept. */
  readonly messages?: number | undefined;
  /** A further server, in a process of its own. */
  readonly process?: { readonly client: BrokerClient; readonly port: number } | undefined;
}

/** Servers on one broker, clients that stay and clients that come back, and publishers that do not stop. */
export class FaultWorld {
  readonly outcomes: Map<string, Outcome> = new Map();
  readonly stayers: readonly FaultClient[] = this.#makeClients(2);
  readonly travellers: readonly FaultClient[] = this.#makeClients(2);
  /** Those of the server in a process of its own. */
  guests: readonly FaultClient[] = [];
  /** How often a server of this process has lost its broker. */
  losses = 0;
  readonly #setup: FaultWorldSetup;
  readonly #servers: FaultServer[] = [];
  #program: Program | undefined;
  #isPublishing = true;
  #publishing: Promise<unknown> = Promise.resolve();
  #isFinished = false;
  #count = 0;

  private constructor(setup: FaultWorldSetup) {
    this.#setup = setup;
    subscribe('millrace:topics:down', this.#countLoss);
  }

  static async create(setup: FaultWorldSetup): Promise<FaultWorld> {
    const world = new FaultWorld(setup);
    const { messages = ALL } = setup;
    for (const { broker } of setup.brokers) world.#servers.push(await FaultServer.start(broker, messages));
    if (setup.process !== undefined) await world.#startProcess(setup.process, messages);
    await world.#connectAll([...world.stayers, ...world.travellers]);
    return world;
  }

  get clients(): readonly FaultClient[] {
    return [...this.stayers, ...this.travellers, ...this.guests];
  }

  /** Publishes until so many messages are acknowledged, some at a time, from all servers in turn. */
  async publish(count: number): Promise<void> {
    let left = count;
    const work = async (): Promise<void> => {
      while (left > 0 && this.#isPublishing) {
        if (this.outcomes.get(await this.#publishOne()) === 'acknowledged') left--;
        else await sleep(5);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }

  /** Publishes until a message is refused. */
  async publishUntilRefused(): Promise<void> {
    await until(async () => this.outcomes.get(await this.#publishOne()) === 'refused', 'a message is refused');
  }

  /** Has the guests publish, without waiting for what becomes of it. */
  async publishByGuests(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.guests[index % this.guests.length]?.publish(`m${this.#count++}`);
    }
  }

  /** Publishes on until all is over, with up to `width` at a time. */
  publishOn(width: number): void {
    const work = async (): Promise<void> => {
      while (this.#isPublishing && !this.#isFinished) {
        await this.#publishOne();
        await sleep(1);
      }
    };
    this.#publishing = Promise.all(Array.from({ length: width }, work));
  }

  /** Sends a signal to the process of the further server. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#program?.kill(signal);
  }

  /** Has the guests go to other servers. */
  moveGuests(): Promise<void> {
    return this.#connectAll(this.guests);
  }

  /** How many users are present, as a server of this process sees it. */
  async countPresent(): Promise<number> {
    return (
      (await this.#server(0)
        .topics.presenceCount(TOPIC)
        .catch(() => undefined)) ?? -1
    );
  }

  /** Has the travellers come back, and waits until all clients have got what is published last. */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    await this.#connectAll(this.travellers);
    this.#isFinished = true;
    await this.#publishing;
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
      const got = new Set(received);
      const twice = received.length - got.size;
      const missing = [...this.outcomes].filter(([text, outcome]) => outcome === 'acknowledged' && !got.has(text));
      const faults = twice > 0 ? [`client ${index} has got ${twice} messages twice`] : [];
      if (missing.length > 0 && !wasTold) {
        faults.push(`client ${index} was not told that ${missing.length} are missing, ${missing[0]?.[0] ?? ''} first`);
      }
      return faults;
    });
  }

  async close(): Promise<void> {
    this.#isPublishing = false;
    unsubscribe('millrace:topics:down', this.#countLoss);
    await Promise.all(this.clients.map((client) => client.disconnect().catch(() => undefined)));
    await Promise.all(this.#servers.map((one) => one.close()));
    await Promise.all(this.#setup.brokers.map((one) => one.close()));
    if (this.#program === undefined) return;
    this.signal('SIGCONT');
    await stop(this.#program);
  }

  readonly #countLoss = (): void => {
    this.losses++;
  };

  async #startProcess({ client, port }: { client: BrokerClient; port: number }, messages: number): Promise<void> {
    const program = fileURLToPath(import.meta.resolve('./fault-server-process.js'));
    this.#program = start(process.execPath, [program, client, String(port), String(messages)]);
    const line: IteratorResult<string, unknown> = await lines(this.#program).next();
    if (line.done === true) throw new Error('the further server has ended');
    this.guests = this.#makeClients(2, 'guest');
    for (const guest of this.guests) await guest.connect(line.value);
    await until(() => this.guests.every(({ isReady }) => isReady), 'the guests are ready');
  }

  /** Connects clients, each to another server than its neighbour, and waits until they have what they missed. */
  async #connectAll(clients: readonly FaultClient[]): Promise<void> {
    await Promise.all(clients.map((client, index) => client.connect(this.#server(index + this.#count).server.url)));
    await until(() => clients.every(({ isReady }) => isReady), 'all clients are ready');
  }

  async #publishOne(): Promise<string> {
    const text = `m${this.#count++}`;
    this.outcomes.set(text, await tryToPublish(this.#server(this.#count).topics, text));
    return text;
  }

  #makeClients(count: number, user?: string): FaultClient[] {
    const note = (text: string, outcome: Outcome): void => void this.outcomes.set(text, outcome);
    return Array.from({ length: count }, () => new FaultClient(note, user));
  }

  #server(index: number): FaultServer {
    const chosen = this.#servers[index % this.#servers.length];
    if (chosen === undefined) throw new Error('there is no server');
    return chosen;
  }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
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
