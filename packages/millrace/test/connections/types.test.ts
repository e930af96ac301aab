// What the compiler must accept, and what it must not: the test is that this file compiles.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { connect, serve, type ConnectionCallbacks, type WebSocketConnection } from '../../src/index.ts';
import type { ContextOf } from '../../src/connections/serve-options.ts';

interface User {
  readonly name: string;
}

/** Compiles only for two types that are the same. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never;

const same = <One, Other>(answer: Same<One, Other>): void => assert.equal(answer, true);

function takes<Expected>(value: Expected, same: Expected = value): void {
  assert.equal(value, same);
}

const user: User = { name: 'Ada' };
const PLACE = { host: '127.0.0.1', port: 0 };

describe('The type of the context', () => {
  it('is that which onConnect answers', () => {
    same<ContextOf<undefined>, undefined>(true);
    same<ContextOf<string>, undefined>(true);
    same<ContextOf<{ subprotocol: string }>, undefined>(true);
    same<ContextOf<{ context: User }>, User>(true);
    same<ContextOf<{ subprotocol: string; context: User } | undefined>, User | undefined>(true);
    same<ContextOf<{ subprotocol: string; context?: User }>, User | undefined>(true);
    same<ContextOf<string | { context: User }>, User | undefined>(true);
  });

  it('flows to the handler, onError and the connections of a server', async () => {
    const server = await serve(
      {
        ...PLACE,
        onConnect: () => ({ context: user }),
        onError: (error, connection) => takes<[Error, WebSocketConnection<User> | undefined]>([error, connection]),
      },
      async (connection) => {
        takes<User>(connection.context);
        // @ts-expect-error -- a user has no age
        takes<unknown>(connection.context.age);
      },
    );
    for (const connection of server.connections) takes<User>(connection.context);
    await server.close();
  });

  it('flows from a promise of it, to callbacks', async () => {
    const callbacks: ConnectionCallbacks<User> = {
      open: (connection) => takes<User>(connection.context),
    };
    const server = await serve({ ...PLACE, onConnect: async () => ({ context: user }) }, callbacks);
    await server.close();
    const other = await serve(
      { ...PLACE, onConnect: async () => ({ context: user }) },
      {
        message: (connection, data) => {
          takes<User>(connection.context);
          takes<string | Uint8Array>(data);
        },
      },
    );
    await other.close();
  });

  it('is undefined without onConnect, and where it answers none', async () => {
    const servers = [
      await serve(PLACE, async (connection) => takes<undefined>(connection.context)),
      await serve({ ...PLACE, onConnect: () => undefined }, async ({ context }) => takes<undefined>(context)),
      await serve({ ...PLACE, onConnect: () => 'chat' }, async ({ context }) => takes<undefined>(context)),
    ];
    for (const server of servers) await server.close();
    const open = (connection: WebSocketConnection<User>): void => takes<string>(connection.context.name);
    // @ts-expect-error -- this callback needs a user
    const wrong = serve(PLACE, { open });
    await (await wrong).close();
  });

  it('flows to the connection of a client', async (t) => {
    const server = await serve(PLACE, {});
    t.after(() => server.close({ timeout: 0 }));
    const connection = await connect(server.url, { onConnect: async () => ({ context: user }) });
    takes<WebSocketConnection<User>>(connection);
    assert.equal(connection.context, user);
    const plain = await connect(server.url);
    takes<undefined>(plain.context);
    const silent = await connect(server.url, { onConnect: () => undefined });
    takes<undefined>(silent.context);
    assert.equal(silent.context, undefined);
  });

  it('does not let options of hooks in', () => {
    // @ts-expect-error -- payload is always the reader's
    const options: Parameters<typeof connect>[1] = { lendPayload: true };
    assert.ok(options);
  });
});
