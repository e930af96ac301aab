import { MessageType } from '../protocol/base/opcode.ts';
import { resolveEngineOptions, type EngineOptions } from '../engine/engine-options.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import { PreparedMessage } from '../protocol/send/prepared-message.ts';
import { resolveTransportOptions, type ResolvedTransportOptions, type TransportOptions } from '../transport/options.ts';
import { checkBoolean, checkObject, redactUrl } from '../protocol/base/checks.ts';
import { checkPayload } from './payload.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/** Options that are resolved may be secret, such as keys and header fields. */
const HIDDEN: readonly string[] = ['connectionOptions', 'transportOptions', 'serverOptions', 'clientOptions'];

/** What `console.log` shows of a member of a factory: what a subclass has added, too. */
function presentable([name, value]: [string, unknown]): [string, unknown][] {
  if (HIDDEN.includes(name)) return [];
  return [[name, name === 'url' && typeof value === 'string' ? redactUrl(value) : value]];
}

/**
 * Holds what the protocol instances of a server or a client share: options, and whatever a subclass adds.
 *
 * Options are read once, when it is made.
 */
export abstract class WebSocketFactory {
  static {
    showFacts<WebSocketFactory>(this, (shown) => Object.fromEntries(Object.entries(shown).flatMap(presentable)));
  }

  /** The options of each connection. */
  readonly connectionOptions: ResolvedConnectionOptions;
  /** How bytes are moved. */
  readonly transportOptions: ResolvedTransportOptions;

  /**
   * @param options - of connections and of the transport; other members are not looked at
   *
   * @throws {LocalUsageError} an option has a value that it cannot have; the message names both
   */
  constructor(options: EngineOptions & TransportOptions) {
    this.connectionOptions = resolveEngineOptions(options);
    this.transportOptions = resolveTransportOptions(options);
  }

  /**
   * Frames a message once, to send it on any number of connections with `sendPreparedMessage`.
   *
   * @param payload - text, or bytes, which are copied
   * @param options - `binary` says what it is sent as; by default, bytes are binary and text is not. `compress` says whether it is compressed, once for all connections that
   *   have agreed on the same; by default, it is from `threshold` on
   *
   * @throws {LocalUsageError} the payload is neither text nor bytes, or bytes to be sent as text are not UTF-8
   */
  prepareMessage(
    payload: string | Uint8Array,
    options: { readonly binary?: boolean | undefined; readonly compress?: boolean | undefined } = {},
  ): PreparedMessage {
    checkObject('options', options);
    checkBoolean('compress', options.compress);
    const { compress } = options;
    const { bytes, isBinary } = checkPayload(payload, options.binary);
    return new PreparedMessage(bytes, isBinary ? MessageType.BINARY : MessageType.TEXT, { compress });
  }
}
