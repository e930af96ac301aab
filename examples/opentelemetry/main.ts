// A server whose opening handshakes are traced by OpenTelemetry; prints the spans that an exporter would send.
import assert from 'node:assert/strict';

import { SpanKind, SpanStatusCode, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ConnectionDeny, connect, serve } from 'millrace';

import { traceHandshakes } from './trace-handshakes.ts';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const stop = traceHandshakes();

const tracer = trace.getTracer('application');

/** Part of the trace of its handshake, though it is asynchronous. */
async function lookUpUser(): Promise<void> {
  await new Promise(setImmediate);
  tracer.startActiveSpan('look up user', (span) => span.end());
}

const server = await serve(
  {
    port: 0,
    onConnect: async ({ path }) => {
      await lookUpUser();
      if (path === '/private') throw new ConnectionDeny(403, 'members only');
      if (path === '/broken') throw new Error('a bug');
    },
    onError: () => undefined,
  },
  {
    message: (connection, data) =>
      tracer.startActiveSpan('answer', (span) => {
        span.end();
        return connection.send(data);
      }),
  },
);

const traceId = '0af7651916cd43dd8448eb211c80319c';
const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
const connection = await connect(server.url, { headers });
await connection.send('hello');
await (await connection.receive())?.text();
await connection.close();
await assert.rejects(connect(`${server.url}private`));
await assert.rejects(connect(`${server.url}broken`));
// Not a WebSocket handshake, and so refused before anybody is asked.
const { status: refused } = await fetch(server.url.replace('ws:', 'http:'));
assert.equal(refused, 426);
await server.close();
stop();

const spans = exporter.getFinishedSpans();
for (const { name, kind, attributes, status, parentSpanContext } of spans) {
  console.log(name, SpanKind[kind], attributes['http.response.status_code'] ?? '', SpanStatusCode[status.code]);
  assert.equal(kind === SpanKind.SERVER || parentSpanContext !== undefined, true);
}

const handshakes = spans.filter(({ kind }) => kind === SpanKind.SERVER);
assert.deepEqual(
  handshakes.map(({ attributes, status }) => [attributes['http.response.status_code'], status.code]),
  [
    [101, SpanStatusCode.UNSET],
    [403, SpanStatusCode.UNSET],
    [500, SpanStatusCode.ERROR],
    [426, SpanStatusCode.UNSET],
  ],
);
const [accepted] = handshakes;
assert.equal(accepted?.spanContext().traceId, traceId);
assert.equal(accepted.parentSpanContext?.spanId, 'b7ad6b7169203331');
const children = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === accepted.spanContext().spanId);
assert.deepEqual(
  children.map(({ name }) => name),
  ['look up user', 'answer'],
);
