import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { TlsOptions } from 'node:tls';

import { LocalUsageError } from '../protocol/base/errors.ts';
import {
  checkBag,
  checkFunction,
  checkLimit,
  checkPort,
  checkText,
  invalidOption,
  type KnownNames,
} from '../protocol/base/checks.ts';
import type { HeaderField, HeaderFieldsInit } from '../protocol/handshake/rules/header-fields.ts';
import { checkSubprotocols } from '../protocol/handshake/rules/subprotocols.ts';
import { checkAllowedHosts } from '../protocol/handshake/rules/allowed-hosts.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import { checkAllowedOrigins } from '../protocol/handshake/rules/origin.ts';
import type { AllowedOrigins } from '../protocol/handshake/rules/origin.ts';
import { checkPathRule } from '../protocol/handshake/rules/path-rule.ts';
import type { PathRule } from '../protocol/handshake/rules/path-rule.ts';
import { checkAcceptanceFields } from '../protocol/handshake/rules/acceptance.ts';

/** An opening handshake that was not accepted. */
export interface RefusedHandshake {
  /** HTTP status of the answer; `undefined` where there was none: the client had gone away, or was still without TLS. */
  readonly status: number | undefined;
  /** Why, for logs; the client may have learned less. */
  readonly error: Error;
  /** Address of the client, such as `192.0.2.1:50000`; empty where it has none. */
  readonly peer: string;
  /** The request, if it got so far as to be a valid one. */
  readonly request: ConnectionRequest | undefined;
}

/** Options of a server. One of {@link port}, {@link socketPath} and {@link server} says where it listens. */
export interface ServerOptions {
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
   * How many connections the operating system may hold that were not yet taken.
   *
   * @defaultValue 511
   */
  readonly backlog?: number | undefined;

  /**
   * An HTTP or HTTPS server to attach to: requests for a WebSocket connection are taken, everything else stays with it.
   * Whoever made it starts and closes it, and sets its limits for sockets that did not send a whole request yet.
   */
  readonly server?: HttpServer | HttpsServer | undefined;

  /**
   * Path to serve, without a query; or a `RegExp`, which gets the path; or anything else with a method `exec`, such as a `URLPattern`, which gets the whole
   * URL. What a pattern has found is in `request.match`. Requests for others are answered with 404, or left to the other listeners of {@link server}.
   *
   * @defaultValue every path
   */
  readonly path?: PathRule | undefined;

  /** Certificate, key and what else TLS needs; with it, the server speaks wss. Not together with {@link server}. */
  readonly tls?: TlsOptions | undefined;

  /**
   * Subprotocols that the server speaks. Where the application does not choose, the one is chosen that the client prefers.
   *
   * @defaultValue none
   */
  readonly subprotocols?: readonly string[] | undefined;

  /**
   * Header fields to add to every response that accepts a connection.
   *
   * @defaultValue none
   */
  readonly headers?: HeaderFieldsInit | undefined;

  /**
   * Which pages a browser may connect from: see {@link AllowedOrigins}.
   *
   * @defaultValue 'same-origin'
   */
  readonly allowedOrigins?: AllowedOrigins | undefined;

  /**
   * Hosts that clients may ask for, in the `Host` header: `example.com`, `*.example.com` for all names below it, `localhost:8080` for one port. Others are answered
   * with 421. A page of an attacker whose name leads to the address of this server (DNS rebinding) is of the same origin as it, but not for a host of this list.
   *
   * @defaultValue every host
   */
  readonly allowedHosts?: readonly string[] | undefined;

  /** Learns of each opening handshake that was not accepted, to count them, for one. It is called when the answer is sent. */
  readonly onRefused?: ((refused: RefusedHandshake) => void) | undefined;

  /**
   * Time for the opening handshake, in milliseconds: from the TCP connection, TLS included, to the response; for
   * {@link server}, from the request. What the peer sends meanwhile does not prolong it.
   *
   * @defaultValue 10_000
   */
  readonly handshakeTimeout?: number | undefined;

  /**
   * Connections to keep open at most. Further ones are answered with 503.
   *
   * @defaultValue Infinity
   */
  readonly maxConnections?: number | undefined;

  /**
   * Connections to keep open at most for one address (IPv6: for one /64 network). Further ones are answered with 503. Behind a proxy, all clients have its
   * address unless `trustedProxies` says otherwise.
   *
   * @defaultValue Infinity
   */
  readonly maxConnectionsPerAddress?: number | undefined;

  /**
   * Opening handshakes to have under way at most. Further ones are answered with 503; but where one address holds more of them than the newcomer's, its oldest
   * that still says nothing is given up in their place.
   *
   * @defaultValue 1000
   */
  readonly maxPendingHandshakes?: number | undefined;

  /**
   * New connections are answered with 503 while the event loop is late by more, in milliseconds.
   *
   * @defaultValue Infinity
   */
  readonly maxLoopDelay?: number | undefined;

  /**
   * Longest head of a request, in bytes: 431 above it.
   *
   * @defaultValue 16_384 (16 KiB)
   */
  readonly maxHeaderSize?: number | undefined;

  /**
   * Most header lines of a request: 431 above it.
   *
   * @defaultValue 128
   */
  readonly maxHeaderCount?: number | undefined;
}

/** What {@link ServerOptions} are called. */
export const SERVER_OPTION_NAMES: KnownNames<keyof ServerOptions> = {
  port: true,
  host: true,
  socketPath: true,
  backlog: true,
  server: true,
  path: true,
  tls: true,
  subprotocols: true,
  headers: true,
  allowedOrigins: true,
  allowedHosts: true,
  onRefused: true,
  handshakeTimeout: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  maxPendingHandshakes: true,
  maxLoopDelay: true,
  maxHeaderSize: true,
  maxHeaderCount: true,
};

/** Those of {@link ServerOptions} that say where a server listens, and how. */
export const LISTENING_OPTION_NAMES = ['port', 'host', 'socketPath', 'backlog', 'server', 'tls'] as const;

/** Where a server listens. */
export type ListeningPlace =
  | { readonly kind: 'port'; readonly port: number; readonly host: string | undefined; readonly backlog: number }
  | { readonly kind: 'socket'; readonly socketPath: string; readonly backlog: number }
  | { readonly kind: 'server'; readonly server: HttpServer | HttpsServer };

/** {@link ServerOptions} with every default filled in and every value checked. Frozen. */
export interface ResolvedServerOptions extends ResolvedHandshakeOptions {
  readonly place: ListeningPlace;
  readonly tls: TlsOptions | undefined;
}

/** Those of {@link ResolvedServerOptions} that are about opening handshakes, wherever they come from. */
export interface ResolvedHandshakeOptions {
  readonly path: PathRule | undefined;
  readonly subprotocols: readonly string[];
  readonly headers: readonly HeaderField[];
  readonly allowedOrigins: AllowedOrigins;
  readonly allowedHosts: readonly string[] | undefined;
  readonly onRefused: ((refused: RefusedHandshake) => void) | undefined;
  readonly handshakeTimeout: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxPendingHandshakes: number;
  readonly maxLoopDelay: number;
  readonly maxHeaderSize: number;
  readonly maxHeaderCount: number;
}

/**
 * Fills in the defaults of {@link ServerOptions} and checks the values. Members that are not its own are ignored, so that
 * the options of a façade can be handed over as they are.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  return Object.freeze({
    ...resolveHandshakeOptions(options),
    place: Object.freeze(resolvePlace(options)),
    tls: options.tls === undefined ? undefined : Object.freeze({ ...checkBag('tls', options.tls) }),
  });
}

/**
 * Fills in the defaults of those options that are about opening handshakes, and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveHandshakeOptions(options: ServerOptions): ResolvedHandshakeOptions {
  const { path, subprotocols = [], allowedOrigins = 'same-origin', handshakeTimeout = 10_000 } = options;
  const { maxConnections = Infinity, maxConnectionsPerAddress = Infinity } = options;
  const { maxPendingHandshakes = 1000, maxLoopDelay = Infinity } = options;
  const { maxHeaderSize = 16_384, maxHeaderCount = 128 } = options;

  return Object.freeze({
    path: checkPathRule(path),
    subprotocols: checkSubprotocols(subprotocols),
    headers: checkAcceptanceFields(options.headers),
    allowedOrigins: checkAllowedOrigins(allowedOrigins),
    allowedHosts: checkAllowedHosts(options.allowedHosts),
    onRefused: checkFunction('onRefused', options.onRefused),
    handshakeTimeout: checkLimit('handshakeTimeout', handshakeTimeout),
    maxConnections: checkLimit('maxConnections', maxConnections),
    maxConnectionsPerAddress: checkLimit('maxConnectionsPerAddress', maxConnectionsPerAddress),
    maxPendingHandshakes: checkLimit('maxPendingHandshakes', maxPendingHandshakes),
    maxLoopDelay: checkLimit('maxLoopDelay', maxLoopDelay),
    maxHeaderSize: checkLimit('maxHeaderSize', maxHeaderSize),
    maxHeaderCount: checkLimit('maxHeaderCount', maxHeaderCount),
  });
}

function resolvePlace(options: ServerOptions): ListeningPlace {
  const { host, server, backlog = 511 } = options;
  const port = checkPort('port', options.port);
  const socketPath = checkText('socketPath', options.socketPath);
  checkLimit('backlog', backlog);
  if ([port, socketPath, server].filter((one) => one !== undefined).length !== 1) {
    throw new LocalUsageError('expected exactly one of the options port, socketPath and server');
  }
  if (host !== undefined && port === undefined) throw invalidOption('host', host, 'it only with the option port');
  if (server !== undefined) {
    checkServer(server);
    if (options.tls !== undefined) throw invalidOption('tls', options.tls, 'it not together with the option server');
    return { kind: 'server', server };
  }
  if (port !== undefined) return { kind: 'port', port, host: checkText('host', host), backlog };
  return { kind: 'socket', socketPath: socketPath ?? '', backlog };
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
