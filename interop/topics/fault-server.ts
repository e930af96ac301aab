import { createTopics, type Broker, type Topics, type TopicSubscription } from '@millrace/topics';
import { serve, type WebSocketConnection, type WebSocketServer } from 'millrace';

/** The one topic of these tests. */
export const TOPIC = 'faults/1';

/** What becomes of a message that somebody publishes. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** What a client says first. */
export interface Hello {
  /** The position from which it wants to go on; `undefined` for none. */
  readonly since?: string | undefined;
  /** Who is present. */
  readonly user?: string | undefined;
}

/** A server of its own, with its own connections to the broker. */
export class FaultServer {
  readonly topics: Topics<undefined>;
  readonly server: WebSocketServer;

  private constructor(topics: Topics<undefined>, server: WebSocketServer) {
    this.topics = topics;
    this.server = server;
  }

  static async start(broker: Broker, messages: number): Promise<FaultServer> {
    const topics = createTopics<undefined>({
      broker,
      topics: { '**': { history: { messages }, presence: true } },
      frame: ({ position, data }) => JSON.stringify({ position, data }),
      onError: () => undefined,
    });
    const server = await serve({ port: 0 }, (connection: WebSocketConnection<undefined>) => attend(topics, connection));
    return new FaultServer(topics, server);
  }

  async close(): Promise<void> {
    await this.server.close({ timeout: 100 });
    await this.topics.close();
  }
}

/** Publishes, and tells what became of it. */
export async function tryToPublish(topics: Topics<undefined>, text: string): Promise<Outcome> {
  try {
    await topics.publish(TOPIC, text);
    return 'acknowledged';
  } catch (error) {
    return error instanceof Error && 'outcome' in error && error.outcome === 'refused' ? 'refused' : 'unknown';
  }
}

/** Subscribes whoever comes, and publishes what it says. */
async function attend(topics: Topics<undefined>, connection: WebSocketConnection<undefined>): Promise<void> {
  const hello: unknown = JSON.parse((await (await connection.receive())?.text()) ?? '{}');
  const { since, user }: Hello = typeof hello === 'object' && hello !== null ? hello : {};
  const subscription = topics.subscribe(connection, TOPIC, {
    since,
    presence: user === undefined ? undefined : { user },
    onLost: () => void connection.send('{"lost":true}'),
  });
  void tellReady(connection, subscription);
  for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
    const text = await message.text();
    await connection.send(JSON.stringify({ text, outcome: await tryToPublish(topics, text) }));
  }
}

async function tellReady(connection: WebSocketConnection<undefined>, { ready }: TopicSubscription): Promise<void> {
  try {
    await connection.send(JSON.stringify({ ready: await ready }));
  } catch {
    // It has gone.
  }
}
