import { randomInt } from 'node:crypto';

import { CloseCode } from '../../protocol/base/close-code.ts';
import { nodeTextCodec } from '../../transport/node-text-codec.ts';
import { WebSocketConnection } from '../connection.ts';
import { toChunk, toWholeMessage } from '../sending/sendable.ts';
import type { ConnectionPort } from './connection-port.ts';

/** The connections of Node, for a client that connects again. */
export const NODE_PORT: ConnectionPort<WebSocketConnection> = {
  canSend: (connection) => WebSocketConnection.engineOf(connection).connection.sender.canSendMessages,
  send: (connection, { payload, opcode }) => WebSocketConnection.engineOf(connection).send(payload, opcode),
  farewellOf: (connection) => WebSocketConnection.engineOf(connection).connection.farewell,
  isEndOf: (connection, error) => WebSocketConnection.engineOf(connection).isEndOf(error),
  fail: (connection) => void connection.close(CloseCode.INTERNAL_ERROR),
  leave: (connection) => void connection.close(CloseCode.GOING_AWAY),
  toMessage: (data, type) => toWholeMessage(toChunk(data), type),
  encode: (text) => nodeTextCodec.encode(text),
  later: (action) => void setImmediate(action),
};

/** As many values as `randomInt` knows. */
const RANDOM_VALUES = 2 ** 48 - 1;

/**
 * A number from 0 up to but not 1, from the operating system: processes that were started from one snapshot, or with the same seed, must not
 * come back together.
 */
export function randomFraction(): number {
  return randomInt(RANDOM_VALUES) / RANDOM_VALUES;
}
