import { checkFunction, checkLimit, type KnownNames } from '../../protocol/base/checks.ts';
import type { ForwardingRules } from '../../protocol/handshake/proxies/forwarded.ts';
import { checkAcceptanceFields } from '../../protocol/handshake/rules/acceptance.ts';
import { checkAllowedHosts } from '../../protocol/handshake/rules/allowed-hosts.ts';
import type { ConnectionRequest } from '../../protocol/handshake/rules/connection-request.ts';
import type { HeaderField, HeaderFieldsInit } from '../../protocol/handshake/rules/header-fields.ts';
import { checkAllowedOrigins } from '../../protocol/handshake/rules/origin.ts';
import type { AllowedOrigins } from '../../protocol/handshake/rules/origin.ts';
import { checkPathRule } from '../../protocol/handshake/rules/path-rule.ts';
import type { PathRule } from '../../protocol/handshake/rules/path-rule.ts';
import { checkSubprotocols } from '../../protocol/handshake/rules/subprotocols.ts';
import { resolveTrustedProxies, type TrustedProxies } from './trusted-proxies.ts';

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

/** Options of a server that are about opening handshakes, wherever they come from. */
export interface HandshakeOptions {
  /**
   * Path to serve, without a query; or a `RegExp`, which gets the path; or anything else with a method `exec`, such as a `URLPattern`, which gets the whole
   * URL. What a pattern has found is in `request.match`. Requests for others are answered with 404, or left to the other listeners of `server`.
   *
   * @defaultValue every path
   */
  readonly path?: PathRule | undefined;

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

  /**
   * Proxies in front of the server that are believed about whom they have a request from. `request.peer`, `request.url`, `request.encrypted`, the rule for origins and the
   * limits for addresses see the client then.
   *
   * @defaultValue none: a request is from whom it comes from
   */
  readonly trustedProxies?: TrustedProxies | undefined;

  /** Learns of each opening handshake that was not accepted, to count them, for one. It is called when the answer is sent. */
  readonly onRefused?: ((refused: RefusedHandshake) => void) | undefined;

  /**
   * Time for the opening handshake, in milliseconds: from the TCP connection, TLS included, to the response; for
   * `server`, from the request. What the peer sends meanwhile does not prolong it.
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
   * What all connections together may hold in memory, of what is to be sent and of what was received, in bytes by its cost; memory that several of them send counts once. Beyond it, those that hold
   * most are closed with 1013, and give it up; new connections are answered with 503.
   *
   * @defaultValue Infinity
   */
  readonly maxTotalBuffered?: number | undefined;

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

/** What {@link HandshakeOptions} are called. */
export const HANDSHAKE_OPTION_NAMES: KnownNames<keyof HandshakeOptions> = {
  path: true,
  subprotocols: true,
  headers: true,
  allowedOrigins: true,
  allowedHosts: true,
  trustedProxies: true,
  onRefused: true,
  handshakeTimeout: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  maxPendingHandshakes: true,
  maxTotalBuffered: true,
  maxLoopDelay: true,
  maxHeaderSize: true,
  maxHeaderCount: true,
};

/** {@link HandshakeOptions} with every default filled in and every value checked. Frozen. */
export interface ResolvedHandshakeOptions {
  readonly path: PathRule | undefined;
  readonly subprotocols: readonly string[];
  readonly headers: readonly HeaderField[];
  readonly allowedOrigins: AllowedOrigins;
  readonly allowedHosts: readonly string[] | undefined;
  readonly trustedProxies: ForwardingRules | undefined;
  readonly onRefused: ((refused: RefusedHandshake) => void) | undefined;
  readonly handshakeTimeout: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxPendingHandshakes: number;
  readonly maxTotalBuffered: number;
  readonly maxLoopDelay: number;
  readonly maxHeaderSize: number;
  readonly maxHeaderCount: number;
}

/**
 * Fills in the defaults of {@link HandshakeOptions}, and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveHandshakeOptions(options: HandshakeOptions): ResolvedHandshakeOptions {
  const { path, subprotocols = [], allowedOrigins = 'same-origin', handshakeTimeout = 10_000 } = options;
  const { maxConnections = Infinity, maxConnectionsPerAddress = Infinity } = options;
  const { maxPendingHandshakes = 1000, maxTotalBuffered = Infinity, maxLoopDelay = Infinity } = options;
  const { maxHeaderSize = 16_384, maxHeaderCount = 128 } = options;

  return Object.freeze({
    path: checkPathRule(path),
    subprotocols: checkSubprotocols(subprotocols),
    headers: checkAcceptanceFields(options.headers),
    allowedOrigins: checkAllowedOrigins(allowedOrigins),
    allowedHosts: checkAllowedHosts(options.allowedHosts),
    trustedProxies: resolveTrustedProxies(options.trustedProxies),
    onRefused: checkFunction('onRefused', options.onRefused),
    handshakeTimeout: checkLimit('handshakeTimeout', handshakeTimeout),
    maxConnections: checkLimit('maxConnections', maxConnections),
    maxConnectionsPerAddress: checkLimit('maxConnectionsPerAddress', maxConnectionsPerAddress),
    maxPendingHandshakes: checkLimit('maxPendingHandshakes', maxPendingHandshakes),
    maxTotalBuffered: checkLimit('maxTotalBuffered', maxTotalBuffered),
    maxLoopDelay: checkLimit('maxLoopDelay', maxLoopDelay),
    maxHeaderSize: checkLimit('maxHeaderSize', maxHeaderSize),
    maxHeaderCount: checkLimit('maxHeaderCount', maxHeaderCount),
  });
}
