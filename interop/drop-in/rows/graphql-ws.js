import { GraphQLObjectType, GraphQLSchema, GraphQLInt, GraphQLString } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import WebSocket, { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

await run(['graphql-ws', 'graphql'], async (check) => {
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        hello: {
          type: GraphQLString,
          args: { name: { type: GraphQLString } },
          resolve: (_, { name }) => `hello, ${name}`,
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        count: {
          type: GraphQLInt,
          args: { to: { type: GraphQLInt } },
          subscribe: async function* (_, { to }) {
            for (let count = 1; count <= to; count++) yield { count };
          },
        },
      },
    }),
  });
  const server = new WebSocketServer({ port: 0, path: '/graphql' });
  const disposable = useServer({ schema }, server);
  await once(server, 'listening');
  const client = createClient({ url: `ws://127.0.0.1:${server.address().port}/graphql`, webSocketImpl: WebSocket });
  for await (const result of client.iterate({ query: '{ hello(name: "you") }' })) {
    check(result.data.hello, 'hello, you', 'query');
  }
  const counted = [];
  for await (const { data } of client.iterate({ query: 'subscription { count(to: 5) }' })) counted.push(data.count);
  check(counted, [1, 2, 3, 4, 5], 'subscription');
  await client.dispose();
  await disposable.dispose();
});
