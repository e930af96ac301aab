import type { Duplex } from 'node:stream';

/** Where a {@link Connector} is to lead. */
export interface ConnectorTarget {
  /** Name or address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The name that TLS will ask for and check; without meaning for `ws:`. */
  readonly servername: string;
  /** Whether TLS is put on top of what comes back: the URL is `wss:`. */
  readonly tls: boolean;
  /** Aborted when nobody waits for the transport any more. */
  readonly signal: AbortSignal;
}

/**
 * Brings a stream of bytes to a server: a tunnel, a socket that is there already. A stream that comes too late is destroyed.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 *
 * const createConnection: Connector = ({ port }) => connect({ host: 'gateway.internal', port });
 * ```
 */
export type Connector = (target: ConnectorTarget) => Duplex | Promise<Duplex>;
