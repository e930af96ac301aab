import { checkOptions, describeValue, invalidArgument, type KnownNames } from '../../protocol/base/checks.ts';
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

const OPTION_NAMES: KnownNames<keyof PrepareOptions> = { type: true, compress: true };

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
  const { type, compress } = options;
  if (!isChunk(data)) throw invalidArgument('message', data, 'a string or bytes');
  checkCompress(compress);
  const { payload, opcode } = toWholeMessage(data, type);
  const bytes = typeof payload === 'string' ? nodeTextCodec.encode(payload) : payload;
  return new PreparedMessage(bytes, opcode, { compress });
}

/**
 * What is sent, prepared if it is not yet.
 *
 * @throws {LocalUsageError} as {@link prepareMessage}; or an option is given that the message has already
 */
export function toPrepared(message: Chunk | PreparedMessage, { type, compress }: PrepareOptions): PreparedMessage {
  if (!(message instanceof PreparedMessage)) return prepareMessage(message, { type, compress });
  for (const [option, value] of Object.entries({ type, compress })) {
    if (value === undefined) continue;
    throw new LocalUsageError(
      `option ${option} is ${describeValue(value)}, expected none: a prepared message has its own`,
    );
  }
  return message;
}
