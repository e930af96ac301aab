// A server with metrics for Prometheus on the same port, and a few clients; prints what Prometheus would read.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

import { ConnectionDeny, connect, serve } from 'millrace';
import { Registry } from 'prom-client';

import { registerMetrics } from './server-metrics.ts';

const registry = new Registry();
const httpServer = createServer((_request, response) => {
  void registry.metrics().then((text) => response.setHeader('Content-Type', registry.contentType).end(text));
}).listen(0, '127.0.0.1');
await once(httpServer, 'listening');

const server = await serve(
  {
    server: httpServer,
    path: '/live',
    onConnect: ({ headers }) => {
      if (headers['authorization'] === undefined) throw new ConnectionDeny(401, 'who are you?');
    },
  },
  { message: (connection, data) => connection.send(data) },
);
const stop = registerMetrics(server, registry);

const { url } = server;
const headers = { Authorization: 'Bearer anybody' };
const open = await connect(url, { headers });
await open.send('hello');
await (await open.receive())?.text();
for (const code of [1000, 1000, 4001]) await (await connect(url, { headers })).close(code);
await assert.rejects(connect(url), /401/);
// The last Close has gone both ways; the server's side of it ends a moment later.
while (server.connections.size > 1) await new Promise(setImmediate);

const address = httpServer.address();
assert.ok(typeof address === 'object' && address !== null);
const text = await (await fetch(`http://127.0.0.1:${String(address.port)}/metrics`)).text();
console.log(text);

for (const line of [
  'millrace_connections 1',
  'millrace_connections_total 4',
  'millrace_handshakes_refused_total{status="401"} 1',
  'millrace_closures_total{code="1000"} 2',
  'millrace_closures_total{code="other"} 1',
  `millrace_received_bytes_total ${String(6 + 5 + 3 * 8)}`,
  'millrace_handshake_duration_seconds_count 5',
]) {
  assert.ok(text.split('\n').includes(line), line);
}

await open.close();
await server.close();
stop();
httpServer.close();
