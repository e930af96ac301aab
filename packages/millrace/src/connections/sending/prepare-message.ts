import { checkOptions, describeValue, invalidArgument, type KnownNames } from '../../protocol/base/checks.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';
import { PreparedMessage } from '../../protocol/send/prepared-message.ts';
import { nodeTextCodec } from '../../transport/node-text-codec.ts';
import { isChunk, toWholeMessage, type Chunk, type MessageKind } from './sendable.ts';

/** How {@link prepareMessage} makes a message. */
export interface PrepareOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue strings are text, bytes are binary
   */
  readonly type?: MessageKind | undefined;
}

const OPTION_NAMES: KnownNames<keyof PrepareOptions> = { type: true };

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
export function prepareMessage(data: Chunk, options: PrepareOptions = {}): PreparedMessage {
  checkOptions('prepareMessage', options, OPTION_NAMES);
  if (!isChunk(data)) throw invalidArgument('message', data, 'a string or bytes');
  const { payload, opcode } = toWholeMessage(data, options.type);
  return new PreparedMessage(typeof payload === 'string' ? nodeTextCodec.encode(payload) : payload, opcode);
}

/**
 * What is sent, prepared if it is not yet.
 *
 * @throws {LocalUsageError} as {@link prepareMessage}; or `type` is given for a message that has one
 */
export function toPrepared(message: Chunk | PreparedMessage, type: MessageKind | undefined): PreparedMessage {
  if (!(message instanceof PreparedMessage)) return prepareMessage(message, { type });
  if (type === undefined) return message;
  throw new LocalUsageError(`option type is ${describeValue(type)}, expected none: a prepared message has its type`);
}
