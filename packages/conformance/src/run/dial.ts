import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** Where a server under test is, and whom to trust there. */
export interface DialOptions {
  /** `ws:` or `wss:`. */
  readonly url: URL;
  /** Whether to trust any certificate. */
  readonly insecure?: boolean | undefined;
  /** Certificates to trust, in PEM, in place of the well-known ones. */
  readonly ca?: string | undefined;
  /** Gives up when it aborts. */
  readonly signal: AbortSignal;
  /** Gives up after so many milliseconds. */
  readonly limit: number;
}

/**
 * Connects, through TLS if the URL is `wss:`.
 *
 * @throws {Error} no connection, with the reason in words
 */
export function dial({ url, insecure = false, ca, signal, limit }: DialOptions): Promise<Duplex> {
  const secure = url.protocol === 'wss:';
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options = { host, port, allowHalfOpen: true, noDelay: true };
  // A server name must not be an address (RFC 6066 §3).
  const name = isIP(host) === 0 ? { servername: host } : {};

  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({ ...options, ...name, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecure })
      : connectTcp(options);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', giveUp);
    };
    const giveUp = (error: Error): void => {
      settle();
      socket.on('error', () => undefined); // What else goes wrong with it is of no interest.
      socket.destroy();
      reject(new Error(reasonOf(error)));
    };
    const onAbort = (): void => giveUp(new Error('the run was over'));
    const timer = setTimeout(() => giveUp(new Error(`no connection within ${String(limit)} ms`)), limit);
    signal.addEventListener('abort', onAbort);
    socket.once('error', giveUp);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      settle();
      resolve(socket);
    });
  });
}

/** What went wrong; for a name with several addresses, at each of them. */
function reasonOf(error: Error): string {
  // OpenSSL ends its lines.
  if (!(error instanceof AggregateError)) return error.message.trim();
  return error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join(', ');
}
