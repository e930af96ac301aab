import { redisBroker, type Broker } from '@millrace/topics';
import { natsBroker } from '@millrace/topics/nats';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

/** The clients of brokers. */
export type BrokerClient = 'redis' | 'ioredis' | 'nats';

/** How long a broker may take to answer in these tests, in milliseconds. */
export const BROKER_TIMEOUT = 600;

/** How long who was present in a process that does nothing counts in these tests, in milliseconds. */
export const LEASE = 600;

/** A broker, as an application makes it. */
export interface OpenBroker {
  readonly broker: Broker;
  /** Ends what the application has opened for it. */
  readonly close: () => Promise<void>;
}

/** Makes a broker of what listens on a port. */
export async function openBroker(client: BrokerClient, port: number): Promise<OpenBroker> {
  const options = { brokerTimeout: BROKER_TIMEOUT, lease: LEASE };
  if (client === 'nats') {
    const connection = await connect({
      ...{ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50, timeout: 1000 },
    });
    return { broker: natsBroker({ connection, ...options }), close: () => connection.close() };
  }
  const template =
    client === 'redis'
      ? createClient({ url: `redis://127.0.0.1:${port}` })
      : new Redis({ port, host: '127.0.0.1', lazyConnect: true });
  return { broker: redisBroker({ client: template, ...options }), close: () => Promise.resolve() };
}
