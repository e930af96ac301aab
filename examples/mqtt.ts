// MQTT over WebSocket: a broker (aedes) and clients (MQTT.js), both of which know streams and nothing of Millrace.
import assert from 'node:assert/strict';

import { Aedes } from 'aedes';
import { connect, serve } from 'millrace';
import mqtt from 'mqtt';

const broker = await Aedes.createBroker();
const server = await serve({ port: 0, subprotocols: ['mqtt'] }, async (connection) => {
  broker.handle(connection.duplex());
  await connection.closed;
});

/** A client of MQTT.js over a connection of ours. */
async function createClient(): Promise<mqtt.MqttClient> {
  const connection = await connect(server.url, { subprotocols: ['mqtt'] });
  const client = new mqtt.MqttClient(() => connection.duplex(), { reconnectPeriod: 0 });
  await new Promise((resolve) => client.once('connect', resolve));
  return client;
}

const [subscriber, publisher] = [await createClient(), await createClient()];
await subscriber.subscribeAsync('sensors/+/temperature', { qos: 1 });
const received = new Promise<string>((resolve) => {
  subscriber.once('message', (topic, payload) => resolve(`${topic}: ${payload.toString()}`));
});
await publisher.publishAsync('sensors/kitchen/temperature', '21.5', { qos: 1 });
console.log(await received);
assert.equal(await received, 'sensors/kitchen/temperature: 21.5');

await Promise.all([subscriber.endAsync(), publisher.endAsync()]);
await server.close();
await new Promise<void>((resolve) => broker.close(resolve));
