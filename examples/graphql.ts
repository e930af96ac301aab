// GraphQL subscriptions by the protocol of graphql-ws: its server over connections of ours, its client with the WebSocket of `millrace/web`.
import assert from 'node:assert/strict';

import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, createClient, makeServer, type FormattedExecutionResult } from 'graphql-ws';
import { serve } from 'millrace';
import { WebSocket } from 'millrace/web';

async function* countDown(from: number): AsyncGenerator<{ seconds: number }> {
  for (let seconds = from; seconds >= 0; seconds--) yield await Promise.resolve({ seconds });
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { hello: { type: GraphQLString, resolve: () => 'world' } },
  }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      seconds: {
        type: GraphQLInt,
        args: { from: { type: GraphQLInt } },
        subscribe: (_source: unknown, { from }: { from: number }) => countDown(from),
      },
    },
  }),
});

const graphql = makeServer({ schema });
const server = await serve({ port: 0, subprotocols: [GRAPHQL_TRANSPORT_WS_PROTOCOL] }, async (connection) => {
  let onMessage: (text: string) => Promise<void> = () => Promise.resolve();
  const closed = graphql.opened(
    {
      protocol: connection.subprotocol ?? '',
      send: (text) => connection.send(text), // waits for a client that does not read, and so does what makes the results
      close: (code, reason) => void connection.close(code, reason),
      onMessage: (listener) => (onMessage = listener),
    },
    {},
  );
  // A subscription takes as long as it takes: messages behind it, such as the end of it, are not kept waiting.
  for await (const message of connection) void onMessage(await message.text()).catch(() => connection.close(4400));
  const { code, reason } = await connection.closed;
  await closed(code, reason);
});

const client = createClient({ url: server.url, webSocketImpl: WebSocket });
/** The results of an operation, until it is complete. */
const results = (query: string): AsyncIterable<FormattedExecutionResult> => client.iterate({ query });

for await (const { data } of results('{ hello }')) assert.deepEqual(data, { hello: 'world' });

const seconds: unknown[] = [];
for await (const { data } of results('subscription { seconds(from: 3) }')) seconds.push(data?.['seconds']);
console.log(seconds);
assert.deepEqual(seconds, [3, 2, 1, 0]);

await client.dispose();
await server.close();
