// A server in a process of its own, which can be killed and stopped: `node fault-server-process.js redis 6379 1000` prints where it listens.
import { openBroker, type BrokerClient } from './brokers.ts';
import { FaultServer } from './fault-server.ts';

const CLIENTS: Readonly<Record<string, BrokerClient>> = { redis: 'redis', ioredis: 'ioredis', nats: 'nats' };

const [name = '', port, messages] = process.argv.slice(2);
const client = CLIENTS[name];
if (client === undefined) throw new Error(`there is no client ${name}`);
const { broker } = await openBroker(client, Number(port));
const { server } = await FaultServer.start(broker, Number(messages));
console.log(server.url);
