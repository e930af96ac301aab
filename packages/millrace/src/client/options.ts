import type { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';

import {
  checkBag,
  checkFunction,
  checkLimit,
  checkPort,
  checkText,
  invalidOption,
  type KnownNames,
} from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { checkRequestFields } from '../protocol/handshake/http1/client-request.ts';
import type { HeaderField, HeaderFieldsInit } from '../protocol/handshake/rules/header-fields.ts';
import { checkOrigin } from '../protocol/handshake/rules/origin.ts';
import { checkSubprotocols } from '../protocol/handshake/rules/subprotocols.ts';
import type { Connector } from './connector-target.ts';
import { parseProxyUrl, type ProxyServer } from './proxies/proxy-url.ts';

/** Options of a client. All are optional. */
export interface ClientOptions {
  /**
   * Subprotocols to offer, the preferred one first.
   *
   * @defaultValue none
   */
  readonly subprotocols?: readonly string[] | undefined;

  /**
   * Header fields to add to the request.
   *
   * @defaultValue none
   */
  readonly headers?: HeaderFieldsInit | undefined;

  /** Value of the `Origin` header; without it none is sent, as only browsers must. */
  readonly origin?: string | undefined;

  /**
   * Time for the opening handshake, in milliseconds: from the call to the accepted response, with name lookup, TCP and TLS.
   * What the peer sends meanwhile does not prolong it.
   *
   * @defaultValue 10_000
   */
  readonly handshakeTimeout?: number | undefined;

  /**
   * Longest head of a response, in bytes.
   *
   * @defaultValue 16_384 (16 KiB)
   */
  readonly maxHeaderSize?: number | undefined;

  /**
   * Most header lines of a response.
   *
   * @defaultValue 128
   */
  readonly maxHeaderCount?: number | undefined;

  /** What TLS needs beside the defaults of Node.js: `ca`, `cert`, `key`, `servername`, … */
  readonly tls?: TlsConnectionOptions | undefined;

  /** Path of a Unix domain socket (or name of a Windows pipe) to connect to, in place of the URL's host and port. */
  readonly socketPath?: string | undefined;

  /** Address of this machine to connect from. */
  readonly localAddress?: string | undefined;

  /** Port of this machine to connect from. */
  readonly localPort?: number | undefined;

  /** Family of addresses to use: 4, 6, or 0 for both. */
  readonly family?: 0 | 4 | 6 | undefined;

  /** Name lookup in place of that of the operating system, like `dns.lookup`. */
  readonly lookup?: LookupFunction | undefined;

  /**
   * How long one address of a name is tried before the next one is, in milliseconds, where a name has several (RFC 8305). An attempt is given up then.
   *
   * @defaultValue 1000
   */
  readonly autoSelectFamilyAttemptTimeout?: number | undefined;

  /**
   * Proxy to go through: `http:`, `https:` or `socks5:`, with user name and password in the URL if it wants them; it resolves the names. `'environment'` takes the one that
   * `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` name. Not together with {@link createConnection}, {@link agent} and {@link socketPath}.
   *
   * @defaultValue none
   */
  readonly proxy?: string | URL | undefined;

  /** What TLS with an `https:` proxy needs beside the defaults of Node.js. */
  readonly proxyTls?: TlsConnectionOptions | undefined;

  /**
   * An agent of `node:http` (for `wss:`, of `node:https`) that brings the connection, in place of TCP and TLS: one for a kind of proxy that is not known here. Its own options
   * hold for the connection.
   */
  readonly agent?: Agent | undefined;

  /**
   * Redirects to follow at most. From TLS to no TLS, none is followed; at another origin, `Authorization`, `Cookie` and `Proxy-Authorization` are left out.
   *
   * @defaultValue 0
   */
  readonly maxRedirects?: number | undefined;

  /**
   * The server wants credentials (401). What it returns is the `Authorization` of one more request; `undefined` gives up.
   */
  readonly onUnauthorized?:
    ((challenge: AuthenticationChallenge) => string | undefined | Promise<string | undefined>) | undefined;

  /** Ends the opening handshake when it is aborted; does nothing after it. */
  readonly signal?: AbortSignal | undefined;

  /**
   * Brings the stream of bytes to the server, at once or later, in place of TCP: a tunnel, a socket that is there already. For `wss:`, TLS is put on top of it. It
   * is given up (destroyed) when the handshake fails.
   */
  readonly createConnection?: Connector | undefined;
}

/** What a server says that wants credentials. */
export interface AuthenticationChallenge {
  /** The URL that was asked for, without query. */
  readonly url: string;
  /** The `WWW-Authenticate` headers, line by line. */
  readonly challenges: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** What {@link ClientOptions} are called. */
export const CLIENT_OPTION_NAMES: KnownNames<keyof ClientOptions> = {
  subprotocols: true,
  headers: true,
  origin: true,
  handshakeTimeout: true,
  maxHeaderSize: true,
  maxHeaderCount: true,
  tls: true,
  socketPath: true,
  localAddress: true,
  localPort: true,
  family: true,
  lookup: true,
  signal: true,
  createConnection: true,
  autoSelectFamilyAttemptTimeout: true,
  proxy: true,
  proxyTls: true,
  agent: true,
  maxRedirects: true,
  onUnauthorized: true,
};

/** {@link ClientOptions} with every default filled in and every value checked. Frozen. */
export interface ResolvedClientOptions {
  readonly subprotocols: readonly string[];
  readonly headers: readonly HeaderField[];
  readonly origin: string | undefined;
  readonly handshakeTimeout: number;
  readonly maxHeaderSize: number;
  readonly maxHeaderCount: number;
  readonly tls: TlsConnectionOptions;
  readonly socketPath: string | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly family: 0 | 4 | 6 | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly signal: AbortSignal | undefined;
  readonly createConnection: Connector | undefined;
  readonly autoSelectFamilyAttemptTimeout: number;
  readonly proxy: ProxyServer | 'environment' | undefined;
  readonly proxyTls: TlsConnectionOptions;
  readonly agent: Agent | undefined;
  readonly maxRedirects: number;
  readonly onUnauthorized: ClientOptions['onUnauthorized'];
}

/**
 * Fills in the defaults of {@link ClientOptions} and checks the values. Members that are not its own are ignored, so that
 * the options of a façade can be handed over as they are.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveClientOptions(options: ClientOptions = {}): ResolvedClientOptions {
  const { subprotocols = [], origin, handshakeTimeout = 10_000, tls, signal } = options;
  const { maxHeaderSize = 16_384, maxHeaderCount = 128, lookup, createConnection } = options;

  return Object.freeze({
    subprotocols: checkSubprotocols(subprotocols),
    headers: checkRequestFields(options.headers),
    origin: origin === undefined ? undefined : checkOrigin(origin),
    handshakeTimeout: checkLimit('handshakeTimeout', handshakeTimeout),
    maxHeaderSize: checkLimit('maxHeaderSize', maxHeaderSize),
    maxHeaderCount: checkLimit('maxHeaderCount', maxHeaderCount),
    tls: Object.freeze({ ...checkBag('tls', tls) }),
    socketPath: checkText('socketPath', options.socketPath),
    localAddress: checkText('localAddress', options.localAddress),
    localPort: checkPort('localPort', options.localPort),
    family: checkFamily(options.family),
    lookup: checkFunction('lookup', lookup),
    signal: checkSignal(signal),
    createConnection: checkFunction('createConnection', createConnection),
    ...resolveWay(options),
  });
}

/** How to get to the server, and what to do when it sends us elsewhere. */
function resolveWay(
  options: ClientOptions,
): Pick<
  ResolvedClientOptions,
  'autoSelectFamilyAttemptTimeout' | 'proxy' | 'proxyTls' | 'agent' | 'maxRedirects' | 'onUnauthorized'
> {
  const { autoSelectFamilyAttemptTimeout = 1000, proxy, maxRedirects = 0 } = options;
  const ways = (['proxy', 'createConnection', 'agent', 'socketPath'] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (ways.length > 1) throw new LocalUsageError(`expected at most one of the options ${ways.join(' and ')}`);
  return {
    autoSelectFamilyAttemptTimeout: Math.max(
      10,
      checkLimit('autoSelectFamilyAttemptTimeout', autoSelectFamilyAttemptTimeout),
    ),
    proxy: proxy === undefined || proxy === 'environment' ? proxy : parseProxyUrl('option proxy', proxy),
    proxyTls: Object.freeze({ ...checkBag('proxyTls', options.proxyTls) }),
    agent: checkAgent(options.agent),
    maxRedirects: checkLimit('maxRedirects', maxRedirects),
    onUnauthorized: checkFunction('onUnauthorized', options.onUnauthorized),
  };
}

function checkAgent(agent: Agent | undefined): Agent | undefined {
  if (agent === undefined || typeof Reflect.get(Object(agent), 'addRequest') === 'function') return agent;
  throw invalidOption('agent', agent, 'an agent of node:http or node:https');
}

function checkFamily(value: unknown): 0 | 4 | 6 | undefined {
  if (value === undefined || value === 0 || value === 4 || value === 6) return value;
  throw invalidOption('family', value, '0, 4 or 6');
}

function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw invalidOption('signal', value, 'an AbortSignal');
}
