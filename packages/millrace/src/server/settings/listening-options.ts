import type { ListenOptions } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';

import {
  checkBag,
  checkLimit,
  checkPort,
  checkSwitch,
  checkText,
  invalidOption,
  type KnownNames,
} from '../../protocol/base/checks.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';
import { isVisible } from '../../protocol/handshake/rules/target.ts';

/** Options of a server that say where it listens, and how. One of `port`, `socketPath`, `fd` and `server` says where. */
export interface ListeningOptions {
  /** TCP port to listen on; 0 takes a free one. */
  readonly port?: number | undefined;

  /**
   * Name or address to listen on, with {@link port}.
   *
   * @defaultValue all addresses of this machine
   */
  readonly host?: string | undefined;

  /** Path of a Unix domain socket (or name of a Windows pipe) to listen on. */
  readonly socketPath?: string | undefined;

  /**
   * File descriptor of a socket that listens already; `'systemd'` for the first that systemd has handed over (`LISTEN_FDS`).
   */
  readonly fd?: number | 'systemd' | undefined;

  /**
   * How many connections the operating system may hold that were not yet taken.
   *
   * @defaultValue 511
   */
  readonly backlog?: number | undefined;

  /**
   * In a worker of `node:cluster`, listens by itself and does not share the port with the other workers.
   *
   * @defaultValue false
   */
  readonly exclusive?: boolean | undefined;

  /**
   * Lets several processes listen on the same port; the operating system spreads connections over them. Needs Node.js 22.12 or newer, and Linux or BSD.
   *
   * @defaultValue false
   */
  readonly reusePort?: boolean | undefined;

  /**
   * Takes no connections of IPv4 on an address of IPv6.
   *
   * @defaultValue false
   */
  readonly ipv6Only?: boolean | undefined;

  /** Stops listening when it is aborted; connections stay. */
  readonly signal?: AbortSignal | undefined;

  /**
   * An HTTP or HTTPS server to attach to: requests for a WebSocket connection are taken, everything else stays with it.
   * Whoever made it starts and closes it, and sets its limits for sockets that did not send a whole request yet.
   */
  readonly server?: HttpServer | HttpsServer | undefined;

  /** Certificate, key and what else TLS needs; with it, the server speaks wss. Not together with `server`. */
  readonly tls?: TlsOptions | undefined;

  /**
   * Expects each connection to begin with the header of the PROXY protocol, version 1 or 2, before TLS: from haproxy, or a balancer of a cloud. Connections without it, and
   * those that do not come from `trustedProxies`, are dropped. Not together with `server`.
   *
   * @defaultValue false
   */
  readonly proxyProtocol?: boolean | undefined;

  /**
   * The page that a browser gets, in HTML, and others, as text: the server speaks WebSocket, not HTTP. It is sent with status 426. `false` sends one line. Not together
   * with `server`.
   *
   * @defaultValue a small page
   */
  readonly statusPage?: StatusPage | false | undefined;

  /**
   * Path that is answered with 200 while new connections are accepted, for load balancers; whatever limits are reached. Not together with `server`.
   *
   * @defaultValue none
   */
  readonly readyPath?: string | undefined;

  /**
   * Path that is answered with 200 as long as the server is there, for whoever restarts it. Not together with `server`.
   *
   * @defaultValue none
   */
  readonly livePath?: string | undefined;
}

/** What is sent to those who do not speak WebSocket. */
export interface StatusPage {
  readonly html: string;
  readonly text: string;
}

/** What {@link ListeningOptions} are called. */
export const LISTENING_OPTION_NAMES: KnownNames<keyof ListeningOptions> = {
  port: true,
  host: true,
  socketPath: true,
  fd: true,
  backlog: true,
  exclusive: true,
  reusePort: true,
  ipv6Only: true,
  signal: true,
  server: true,
  tls: true,
  proxyProtocol: true,
  statusPage: true,
  readyPath: true,
  livePath: true,
};

/** Where a server listens. */
export type ListeningPlace =
  | { readonly kind: 'listen'; readonly options: ListenOptions }
  | { readonly kind: 'server'; readonly server: HttpServer | HttpsServer };

/** {@link ListeningOptions} with every default filled in and every value checked. */
export interface ResolvedListeningOptions {
  readonly place: ListeningPlace;
  readonly tls: TlsOptions | undefined;
  readonly proxyProtocol: boolean;
  readonly statusPage: StatusPage | false;
  readonly readyPath: string | undefined;
  readonly livePath: string | undefined;
}

const DEFAULT_PAGE: StatusPage = Object.freeze({
  html: [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<title>WebSocket server</title>',
    '<p>This is a WebSocket server. It has no pages: connect with a WebSocket client.',
    '',
  ].join('\n'),
  text: 'this is a WebSocket server: connect with a WebSocket client',
});

/**
 * Fills in the defaults of {@link ListeningOptions}, and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveListeningOptions(options: ListeningOptions): ResolvedListeningOptions {
  const { proxyProtocol = false, statusPage = DEFAULT_PAGE, tls } = options;
  const place = resolvePlace(options);
  return {
    place: Object.freeze(place),
    tls: tls === undefined ? undefined : Object.freeze({ ...checkBag('tls', tls) }),
    proxyProtocol: checkSwitch('proxyProtocol', proxyProtocol),
    statusPage: checkStatusPage(statusPage),
    readyPath: checkHealthPath('readyPath', options.readyPath),
    livePath: checkHealthPath('livePath', options.livePath),
  };
}

/** What makes sense for a server of our own only. */
const OWN_ONLY = [
  'tls',
  'proxyProtocol',
  'statusPage',
  'readyPath',
  'livePath',
  'signal',
  'exclusive',
  'reusePort',
  'ipv6Only',
] as const;

function resolvePlace(options: ListeningOptions): ListeningPlace {
  const { host, server, fd } = options;
  const port = checkPort('port', options.port);
  const socketPath = checkText('socketPath', options.socketPath);
  if ([port, socketPath, server, fd].filter((one) => one !== undefined).length !== 1) {
    throw new LocalUsageError('expected exactly one of the options port, socketPath, fd and server');
  }
  if (host !== undefined && port === undefined) throw invalidOption('host', host, 'it only with the option port');
  if (server !== undefined) {
    checkServer(server);
    for (const name of OWN_ONLY) {
      if (options[name] !== undefined)
        throw invalidOption(name, options[name], 'it not together with the option server');
    }
    return { kind: 'server', server };
  }
  return { kind: 'listen', options: { ...resolveSharing(options), ...placeOf(options) } };
}

function placeOf({ port, host, socketPath, fd }: ListeningOptions): ListenOptions {
  // A file descriptor is an option of `listen` that its types do not know.
  if (fd !== undefined) return Object.assign<ListenOptions, { readonly fd: number }>({}, { fd: resolveFd(fd) });
  if (socketPath !== undefined) return { path: socketPath };
  const text = checkText('host', host);
  return { ...(port === undefined ? {} : { port }), ...(text === undefined ? {} : { host: text }) };
}

function resolveSharing(options: ListeningOptions): ListenOptions {
  const { backlog = 511, exclusive = false, reusePort = false, ipv6Only = false, signal } = options;
  checkSwitch('reusePort', reusePort);
  if (reusePort && !knowsReusePort()) {
    throw invalidOption('reusePort', reusePort, `false: Node.js ${process.versions.node} does not know it`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidOption('signal', signal, 'an AbortSignal');
  return {
    backlog: checkLimit('backlog', backlog),
    exclusive: checkSwitch('exclusive', exclusive),
    ipv6Only: checkSwitch('ipv6Only', ipv6Only),
    ...(signal === undefined ? {} : { signal }),
    ...(reusePort ? { reusePort } : {}),
  };
}

/** The option came with 22.12 and 23.1; before, it is ignored. */
function knowsReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

/** The first of the sockets that systemd hands over (sd_listen_fds(3)). */
const FIRST_SYSTEMD_FD = 3;

function resolveFd(fd: unknown): number {
  if (fd === 'systemd') {
    const { LISTEN_FDS, LISTEN_PID } = process.env;
    if (Number(LISTEN_FDS) >= 1 && Number(LISTEN_PID) === process.pid) return FIRST_SYSTEMD_FD;
    throw invalidOption('fd', fd, 'it only where systemd has handed a socket over (LISTEN_FDS, LISTEN_PID)');
  }
  if (typeof fd === 'number' && Number.isSafeInteger(fd) && fd >= 0) return fd;
  throw invalidOption('fd', fd, "a file descriptor, or 'systemd'");
}

/** A server of HTTP/2 has no event `'upgrade'`, and what it has in its place is not understood yet. */
function checkServer(server: unknown): void {
  if (typeof server !== 'object' || server === null || !('listenerCount' in server) || !('address' in server)) {
    throw invalidOption('server', server, 'a server of node:http or node:https');
  }
  if ('updateSettings' in server) {
    throw new LocalUsageError('option server is a server of HTTP/2, expected one of node:http or node:https');
  }
}

function checkStatusPage(page: StatusPage | false): StatusPage | false {
  if (page === false) return false;
  checkBag('statusPage', page);
  if (typeof page.html === 'string' && typeof page.text === 'string') return Object.freeze({ ...page });
  throw invalidOption('statusPage', page, 'false, or an object with the texts html and text');
}

function checkHealthPath(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.startsWith('/') && !value.includes('?') && isVisible(value)) return value;
  throw invalidOption(option, value, 'a path such as /ready, without a query');
}
