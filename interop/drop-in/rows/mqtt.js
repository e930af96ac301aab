import { Aedes } from 'aedes';
import { createServer } from 'aedes-server-factory';
import mqtt from 'mqtt';

import { listen, run } from '../row.js';

await run(['mqtt', 'aedes', 'aedes-server-factory'], async (check) => {
  const broker = await Aedes.createBroker();
  const server = createServer(broker, { ws: true });
  const port = await listen(server);
  const url = `ws://127.0.0.1:${port}`;
  const subscriber = await mqtt.connectAsync(url);
  const publisher = await mqtt.connectAsync(url);
  await subscriber.subscribeAsync('things/#', { qos: 1 });
  const payload = Buffer.alloc(200_000, 7);
  const came = new Promise((resolve) => subscriber.once('message', (topic, message) => resolve([topic, message])));
  await publisher.publishAsync('things/one', payload, { qos: 1 });
  check(await came, ['things/one', payload], 'a message of QoS 1');
  await publisher.endAsync();
  await subscriber.endAsync();
  await new Promise((resolve) => broker.close(resolve));
  server.close();
});
