// A server with two methods, and a client with one that the server calls in between.
import assert from 'node:assert/strict';

import { connect, serve } from 'millrace';

import { RpcError, RpcPeer, type Handlers } from './peer.ts';

/** What the server does. */
interface ServerMethods {
  [name: string]: (params: never) => unknown;
  divide(params: { a: number; b: number }): number;
  greet(params: { name: string }): string;
}

/** What the client does. */
interface ClientMethods {
  [name: string]: (params: never) => unknown;
  confirm(params: { question: string }): boolean;
}

const server = await serve({ port: 0 }, async (connection) => {
  const client = new RpcPeer<ClientMethods>(connection);
  const methods: Handlers<ServerMethods> = {
    divide: ({ a, b }) => {
      if (b === 0) throw new RpcError(1, 'division by zero');
      return a / b;
    },
    greet: async ({ name }) => {
      const mayGreet = await client.call('confirm', { question: `May I greet you as ${name}?` });
      return mayGreet ? `Hello ${name}!` : 'Hello!';
    },
  };
  await client.run(methods);
});

const connection = await connect(server.url);
const remote = new RpcPeer<ServerMethods>(connection);
const running = remote.run<ClientMethods>({ confirm: ({ question }) => question.includes('Ada') });

assert.equal(await remote.call('divide', { a: 6, b: 3 }), 2);
assert.deepEqual(await Promise.all(['Ada', 'Bob'].map((name) => remote.call('greet', { name }))), [
  'Hello Ada!',
  'Hello!',
]);
await assert.rejects(remote.call('divide', { a: 1, b: 0 }), { code: 1, message: 'division by zero' });

await connection.close();
await running;
await server.close();
console.log('all calls were answered');
