import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';

import type { ConnectionSource } from '../engine/connection-set.ts';

/** A server that listens. */
export interface Listener extends ConnectionSource {
  /** Where it listens: an address, the path of a Unix domain socket, or `undefined` where nothing listens (any more). */
  readonly address: AddressInfo | string | undefined;
  /** URL for clients on this machine, such as `ws://localhost:9000/`; empty where nothing listens. */
  readonly url: string;
  /** Connections that were accepted and are still there. */
  readonly connections: number;
  /**
   * Takes another certificate for connections that are still to come; open ones are left alone.
   *
   * @throws {LocalUsageError} the server is somebody else's, or does not speak TLS, or key and certificate are wrong; nothing has changed then
   */
  setTls(tls: TlsOptions): void;
  /** Lets the process end though it listens. Where the server is somebody else's, that is theirs. */
  unref(): void;
  /** Stops listening (or detaches) and ends the handshakes under way. Accepted connections are not touched. */
  close(): Promise<void>;
}

/** Writes the URL of what listens at `address`; wildcard addresses become `localhost`. */
export function formatUrl(address: AddressInfo | string | undefined, encrypted: boolean, path = '/'): string {
  if (address === undefined) return '';
  if (typeof address === 'string') return `ws+unix:${address}:${path}`;
  const { address: host, port } = address;
  return `${encrypted ? 'wss' : 'ws'}://${formatHost(host)}:${String(port)}${path}`;
}

function formatHost(host: string): string {
  if (host === '::' || host === '0.0.0.0') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
