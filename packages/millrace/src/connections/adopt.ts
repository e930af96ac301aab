import type { EngineConnection } from '../engine/engine-connection.ts';
import type { Closure } from '../protocol/base/closure.ts';
import type { CollectorLimits, WholeMessageHandler } from '../protocol/receive/handlers.ts';
import { WebSocketConnection } from './connection.ts';
import { Inbox } from './receiving/inbox.ts';

/** A connection of another façade that was made a {@link WebSocketConnection}: what is to be handed on to it. */
export interface AdoptedConnection {
  readonly connection: WebSocketConnection<undefined>;
  /** Takes all messages from now on, from the beginning of one. */
  readonly receiver: WholeMessageHandler;
  /** Whether its application has not returned from a message. */
  readonly isWorking: boolean;
  /** The connection has ended. */
  onEnded(closure: Closure): void;
  /** The connection is over. */
  onClosed(): void;
}

/**
 * Makes a {@link WebSocketConnection} of an engine's connection that another façade has opened, and which goes on to deal with its events. Its receiver must be of
 * the level 'whole or streaming', and hand on all that comes. Messages wait in the engine until somebody asks for them.
 *
 * @param limits - for what is collected of a message
 */
export function adoptConnection(engine: EngineConnection, limits: CollectorLimits): AdoptedConnection {
  const { connection } = engine;
  const fail = (error: Error): void => connection.fail(error);
  const inbox = new Inbox({ limits: { ...limits, fail, collectedSize: 0 }, hasHandler: false });
  inbox.attach(connection);
  return {
    connection: new WebSocketConnection<undefined>(engine, inbox, undefined),
    receiver: inbox,
    get isWorking() {
      return inbox.isWorking;
    },
    onEnded: (closure) => inbox.end(closure),
    onClosed: () => inbox.finish(),
  };
}
