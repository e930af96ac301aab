import { describeValue } from '../../protocol/base/checks.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';
import { PreparedMessage } from '../../protocol/send/prepared-message.ts';
import { nodeTextCodec } from '../../transport/node-text-codec.ts';
import { checkCompress, isChunk, toWholeMessage, type Chunk, type MessageKind } from './sendable.ts';

/** How {@link prepareMessage} makes a message. */
export interface PrepareOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue strings are text, bytes are binary
   */
  readonly type?: MessageKind | undefined;
  /**
   * Whether the message is compressed, where the peer has agreed to it: once for all connections that have agreed on the same parameters.
   *
   * @defaultValue from `threshold` on
   */
  readonly compress?: boolean | undefined;
}

/**
 * Frames a message once, to send it on any number of connections with `send`, whenever it is their turn.
 *
 * @param data - text, or bytes in any view, which are copied
 *
 * @throws {LocalUsageError} the data are neither, or bytes to be sent as text are not UTF-8
 *
 * @example
 * ```ts
 * const greeting = prepareMessage('hello, everybody');
 * for (const connection of server.connections) void connection.send(greeting);
 * ```
 */
export function prepareMessage(data: Chunk, { type, compress }: PrepareOptions = {}): PreparedMessage {
  if (!isChunk(data)) throw new LocalUsageError(`message is ${describeValue(data)}, expected a string or bytes`);
  checkCompress(compress);
  const { payload, opcode } = toWholeMessage(data, type);
  return new PreparedMessage(typeof payload === 'string' ? nodeTextCodec.encode(payload) : payload, opcode, {
    compress,
  });
}
