import { LocalUsageError } from '../protocol/base/errors.ts';
import type { KnownNames } from '../protocol/base/checks.ts';
import {
  HANDSHAKE_OPTION_NAMES,
  resolveHandshakeOptions,
  type HandshakeOptions,
  type ResolvedHandshakeOptions,
} from './settings/handshake-options.ts';
import {
  LISTENING_OPTION_NAMES,
  resolveListeningOptions,
  type ListeningOptions,
  type ResolvedListeningOptions,
} from './settings/listening-options.ts';

/** Options of a server: where it listens, and whom it lets in. */
export interface ServerOptions extends ListeningOptions, HandshakeOptions {}

/** What {@link ServerOptions} are called. */
export const SERVER_OPTION_NAMES: KnownNames<keyof ServerOptions> = {
  ...LISTENING_OPTION_NAMES,
  ...HANDSHAKE_OPTION_NAMES,
};

/** {@link ServerOptions} with every default filled in and every value checked. Frozen. */
export interface ResolvedServerOptions extends ResolvedListeningOptions, ResolvedHandshakeOptions {}

/**
 * Fills in the defaults of {@link ServerOptions} and checks the values. Members that are not its own are ignored, so that
 * the options of a façade can be handed over as they are.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const resolved = { ...resolveListeningOptions(options), ...resolveHandshakeOptions(options) };
  if (resolved.proxyProtocol && resolved.trustedProxies === undefined) {
    throw new LocalUsageError('option proxyProtocol is true, expected it together with the option trustedProxies');
  }
  return Object.freeze(resolved);
}
