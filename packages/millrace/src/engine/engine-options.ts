import type { KnownNames } from '../protocol/base/checks.ts';
import {
  CONNECTION_OPTION_NAMES,
  resolveConnectionOptions,
  type ConnectionOptions,
  type ResolvedConnectionOptions,
} from '../protocol/connection/options.ts';
import type { CompressionOptions } from '../deflate/options.ts';
import { createPermessageDeflate } from '../deflate/permessage-deflate.ts';

/** Options of a connection, with those of what comes along with the engine. All are optional. */
export interface EngineOptions extends ConnectionOptions {
  /**
   * Offers or accepts to compress messages (permessage-deflate, RFC 7692): `true` with all defaults, or how. See docs/compression.md.
   *
   * @defaultValue false
   */
  readonly compression?: boolean | CompressionOptions | undefined;
}

/** What {@link EngineOptions} are called. */
export const ENGINE_OPTION_NAMES: KnownNames<keyof EngineOptions> = { ...CONNECTION_OPTION_NAMES, compression: true };

/**
 * Fills in the defaults of {@link EngineOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveEngineOptions(options: EngineOptions = {}): ResolvedConnectionOptions {
  const { compression = false } = options;
  if (compression === false) return resolveConnectionOptions(options);
  const { extensions } = resolveConnectionOptions(options);
  // Compressed last: what another extension makes of a message is compressed, too.
  return resolveConnectionOptions({ ...options, extensions: [...extensions, createPermessageDeflate(compression)] });
}
