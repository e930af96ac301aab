import { resolveClientOptions, type ClientOptions, type ResolvedClientOptions } from '../client/options.ts';
import type { CompressionOptions } from '../deflate/options.ts';
import { resolveEngineOptions, type EngineOptions } from '../engine/engine-options.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import { resolveTransportOptions, type TransportOptions } from '../transport/options.ts';
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

/** {@link WebClientOptions} with every default filled in and every value checked. */
export interface ResolvedWebClientOptions {
  readonly client: ResolvedClientOptions;
  readonly connection: ResolvedConnectionOptions;
  readonly sharedReadBuffer: boolean;
}

/**
 * Fills in the defaults of {@link WebClientOptions} and checks the values.
 *
 * @param protocols - subprotocols to offer
 *
 * @throws {DOMException} `SyntaxError` for a subprotocol that is no token, or there twice
 * @throws {LocalUsageError} another option has a value that it cannot have
 */
export function resolveWebClientOptions(
  protocols: readonly string[],
  options: WebClientOptions,
): ResolvedWebClientOptions {
  const subprotocols = checkProtocols(protocols);
  // As browsers do.
  const { compression = true } = options;
  return {
    client: resolveClientOptions({ ...options, subprotocols }),
    connection: resolveEngineOptions({ ...options, compression, extensionPoints: undefined, lendPayload: undefined }),
    sharedReadBuffer: resolveTransportOptions(options).sharedReadBuffer,
  };
}
