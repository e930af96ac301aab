import {
  CLIENT_OPTION_NAMES,
  resolveClientOptions,
  type ClientOptions,
  type ResolvedClientOptions,
} from '../client/options.ts';
import type { CompressionOptions } from '../deflate/options.ts';
import { ENGINE_OPTION_NAMES, resolveEngineOptions, type EngineOptions } from '../engine/engine-options.ts';
import { checkSwitch, checkOptionNames, omitNames, type KnownNames } from '../protocol/base/checks.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import { TRANSPORT_OPTION_NAMES, resolveTransportOptions, type TransportOptions } from '../transport/options.ts';
import { checkProtocols } from './idl/arguments.ts';

/** What a server's use needs beyond the standard: header fields, TLS, limits, keepalive, … */
export interface WebClientOptions
  extends
    Omit<ClientOptions, 'subprotocols'>,
    Omit<EngineOptions, 'extensionPoints' | 'lendPayload' | 'compression'>,
    TransportOptions {
  /**
   * Offers to compress messages (permessage-deflate, RFC 7692), as browsers do: `true` with all defaults, or how; `false` does not.
   *
   * @defaultValue true
   */
  readonly compression?: boolean | CompressionOptions | undefined;
  /**
   * Whether the opening handshake begins at once. Otherwise it waits, as the standard has it, until no other one of `millrace/web` in this process is under way to
   * the same address and port. `handshakeTimeout` begins when its turn comes; closing it leaves the line.
   *
   * @defaultValue false
   */
  readonly concurrentHandshakes?: boolean | undefined;
}

/** Options of a {@link WebSocket}, in place of its subprotocols. */
export interface WebSocketOptions extends WebClientOptions {
  /**
   * Subprotocols to offer, the preferred one first.
   *
   * @defaultValue none
   */
  readonly protocols?: string | readonly string[] | undefined;
}

/** Options of a {@link WebSocketStream}. */
export interface WebSocketStreamOptions extends WebClientOptions {
  /**
   * Subprotocols to offer, the preferred one first.
   *
   * @defaultValue none
   */
  readonly protocols?: readonly string[] | undefined;
}

const OPTION_NAMES: KnownNames<keyof WebSocketStreamOptions> = {
  ...omitNames(CLIENT_OPTION_NAMES, ['subprotocols']),
  ...omitNames(ENGINE_OPTION_NAMES, ['extensionPoints', 'lendPayload']),
  ...TRANSPORT_OPTION_NAMES,
  concurrentHandshakes: true,
  protocols: true,
};

/** {@link WebClientOptions} with every default filled in and every value checked. */
export interface ResolvedWebClientOptions {
  readonly client: ResolvedClientOptions;
  readonly connection: ResolvedConnectionOptions;
  readonly sharedReadBuffer: boolean;
  readonly concurrentHandshakes: boolean;
}

/**
 * Fills in the defaults of {@link WebClientOptions} and checks the values.
 *
 * @param owner - whose options they are
 * @param protocols - subprotocols to offer
 *
 * @throws {DOMException} `SyntaxError` for a subprotocol that is no token, or there twice
 * @throws {LocalUsageError} another option has a value that it cannot have, or there is no such option
 */
export function resolveWebClientOptions(
  owner: 'WebSocket' | 'WebSocketStream',
  protocols: readonly string[],
  options: WebClientOptions,
): ResolvedWebClientOptions {
  const subprotocols = checkProtocols(protocols);
  checkOptionNames(owner, options, OPTION_NAMES);
  // As browsers do, it offers compression.
  const { compression = true, concurrentHandshakes = false } = options;
  return {
    client: resolveClientOptions({ ...options, subprotocols }),
    connection: resolveEngineOptions({ ...options, compression, extensionPoints: undefined, lendPayload: undefined }),
    sharedReadBuffer: resolveTransportOptions(options).sharedReadBuffer,
    concurrentHandshakes: checkSwitch('concurrentHandshakes', concurrentHandshakes),
  };
}
