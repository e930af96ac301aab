import { checkSwitch, type KnownNames } from '../protocol/base/checks.ts';

/** Options of how bytes are moved. */
export interface TransportOptions {
  /**
   * Reads all sockets of the process into one buffer, where this Node allows it: less work for each byte, and less memory. `false` takes
   * `'data'` events, for which Node makes a buffer each time.
   *
   * @defaultValue true
   */
  readonly sharedReadBuffer?: boolean | undefined;
}

/** What {@link TransportOptions} are called. */
export const TRANSPORT_OPTION_NAMES: KnownNames<keyof TransportOptions> = { sharedReadBuffer: true };

/** {@link TransportOptions} with every default filled in and every value checked. */
export interface ResolvedTransportOptions {
  readonly sharedReadBuffer: boolean;
}

/**
 * Fills in the defaults of {@link TransportOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveTransportOptions(options: TransportOptions): ResolvedTransportOptions {
  const { sharedReadBuffer = true } = options;
  return { sharedReadBuffer: checkSwitch('sharedReadBuffer', sharedReadBuffer) };
}
