import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';

import { AsyncContext } from '../../src/engine/async-context.ts';
import type { Closure } from '../../src/protocol/base/closure.ts';
import { Connection } from '../../src/protocol/connection/connection.ts';
import type { ConnectionSetup } from '../../src/protocol/connection/parts.ts';
import { resolveConnectionOptions, type ConnectionOptions } from '../../src/protocol/connection/options.ts';
import type { OnreadPlaces } from '../../src/transport/reading/shared-read-buffer.ts';
import { SocketDriver } from '../../src/transport/socket-driver.ts';
import { EventLog } from './event-log.ts';
import { Inbox } from './inbox.ts';

/** How {@link drive} drives a connection. */
export interface DrivingSetup {
  readonly role?: 'client' | 'server';
  readonly options?: ConnectionOptions;
  readonly onreadPlaces?: OnreadPlaces | undefined;
  /** Makes the connection; one as ever, unless given. */
  readonly create?: (setup: ConnectionSetup) => Connection;
  /** Is told of each message. */
  readonly onMessage?: (message: string | Uint8Array, driving: Driving) => void;
}

/** A connection that is driven over a stream. */
export interface Driving {
  readonly connection: Connection;
  readonly driver: SocketDriver;
  /** All it tells whoever made it, and messages if nobody else takes them. */
  readonly log: EventLog;
  /** How it has ended, when it is told last. */
  readonly closed: Inbox<Closure>;
}

/** Drives a connection over `socket`, as if the opening handshake were done; no keepalive unless told otherwise. */
export function drive(t: TestContext, socket: Duplex, setup: DrivingSetup = {}): Driving {
  const {
    role = 'server',
    create = (parts: ConnectionSetup) => new Connection(parts),
    onreadPlaces,
    onMessage,
  } = setup;
  const log = new EventLog();
  const closed = new Inbox<Closure>();
  const driver: SocketDriver = new SocketDriver({
    socket,
    onreadPlaces,
    context: new AsyncContext(),
    createConnection: (host) =>
      create({
        role,
        options: resolveConnectionOptions({ keepAlive: false, ...setup.options }),
        host,
        receiver: {
          level: 'message',
          handler: {
            onMessage: (message, opcode) => {
              if (onMessage === undefined) log.messages.onMessage(message, opcode);
              else onMessage(message, driving);
            },
          },
        },
        handler: {
          ...log.owner,
          onClosed: (closure) => {
            log.owner.onClosed(closure);
            closed.put(closure);
          },
        },
      }),
  });
  const driving: Driving = { connection: driver.connection, driver, log, closed };
  t.after(() => socket.destroy());
  driver.start(new Uint8Array(0));
  return driving;
}
