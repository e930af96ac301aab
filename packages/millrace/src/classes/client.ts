import { establish } from '../client/establish.ts';
import { parseEndpoint } from '../client/endpoint.ts';
import {
  CLIENT_OPTION_NAMES,
  resolveClientOptions,
  type ClientOptions,
  type ResolvedClientOptions,
} from '../client/options.ts';
import { checkFunction, checkOptions, type KnownNames } from '../protocol/base/checks.ts';
import { toError } from '../protocol/base/errors.ts';
import { ENGINE_OPTION_NAMES, type EngineOptions } from '../engine/engine-options.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { TRANSPORT_OPTION_NAMES, type TransportOptions } from '../transport/options.ts';
import { tellError } from '../engine/diagnostics/connection-diagnostics.ts';
import { reportError } from '../engine/report-error.ts';
import { WebSocketFactory } from './factory.ts';
import type { HookResult } from './hooks.ts';
import { WebSocketProtocol } from './protocol.ts';

/** The client's end of a connection; see {@link WebSocketProtocol}. */
export abstract class WebSocketClientProtocol<
  Factory extends WebSocketFactory = WebSocketFactory,
> extends WebSocketProtocol<Factory> {
  /**
   * The server has accepted the connection. What is thrown here ends it before it is open: {@link onOpenFailed} gets it.
   *
   * @param response - what the server answered
   */
  onConnect(response: ConnectionResponse): HookResult;
  onConnect(): HookResult {}

  /**
   * The connection could not be made; no other hook is called.
   *
   * @param error - a `HandshakeError`, a `TransportError`, or what {@link onConnect} threw
   */
  onOpenFailed(error: Error): HookResult;
  onOpenFailed(): HookResult {}
}

/** Options of a {@link WebSocketClientFactory}. */
export interface ClientFactoryOptions extends ClientOptions, EngineOptions, TransportOptions {
  /** The class of which each connection has an instance. */
  readonly protocol: new () => WebSocketClientProtocol;
  /** Learns of what a hook threw, after the connection has failed for it. By default, it becomes a process warning. */
  readonly onError?: ((error: Error, protocol: WebSocketClientProtocol) => HookResult) | undefined;
}

const CLIENT_FACTORY_OPTION_NAMES: KnownNames<keyof ClientFactoryOptions> = {
  ...CLIENT_OPTION_NAMES,
  ...ENGINE_OPTION_NAMES,
  ...TRANSPORT_OPTION_NAMES,
  protocol: true,
  onError: true,
};

/** Makes a client's protocol instances; `connectWS` puts it to work. */
export class WebSocketClientFactory extends WebSocketFactory {
  /** Where it connects to. */
  readonly url: string;
  /** How it connects. */
  readonly clientOptions: ResolvedClientOptions;
  readonly #options: ClientFactoryOptions;

  /**
   * @param url - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`
   * @param options - of the opening handshake, the connection and its transport
   *
   * @throws {LocalUsageError} the URL is not one to connect to, or an option has a value that it cannot have
   */
  constructor(url: string, options: ClientFactoryOptions) {
    checkOptions('WebSocketClientFactory', options, CLIENT_FACTORY_OPTION_NAMES);
    super(options);
    checkFunction('onError', options.onError);
    parseEndpoint(url);
    this.url = url;
    this.clientOptions = resolveClientOptions(options);
    this.#options = options;
  }

  /** Makes the protocol instance of a new connection; override it to hand something to its constructor. */
  buildProtocol(): WebSocketClientProtocol {
    return new this.#options.protocol();
  }

  /** Reports an error to the option `onError`. */
  reportError(error: Error, protocol: WebSocketClientProtocol): void {
    reportError(this.#options.onError, error, protocol);
  }
}

/**
 * Connects, with a protocol instance that `factory` makes.
 *
 * @returns the instance, when its `onOpen` was called; whoever does not await it learns of a failure in `onOpenFailed`
 *
 * @throws {HandshakeError} the server did not accept, or not as RFC 6455 §4.1 demands
 * @throws {TransportError} there is no connection to the server
 */
export function connectWS(factory: WebSocketClientFactory): Promise<WebSocketClientProtocol> {
  const connecting = connect(factory);
  // A failure that nobody awaits is told in onOpenFailed; it is no unhandled rejection.
  connecting.catch(() => undefined);
  return connecting;
}

async function connect(factory: WebSocketClientFactory): Promise<WebSocketClientProtocol> {
  const protocol = factory.buildProtocol();
  protocol.setFactory(factory);
  try {
    const { made, head } = await establish({
      url: factory.url,
      client: factory.clientOptions,
      connection: factory.connectionOptions,
      sharedReadBuffer: factory.transportOptions.sharedReadBuffer,
      onConnect: (response) => protocol.onConnect(response),
    });
    protocol.makeConnection(
      made,
      { onHookError: (error) => factory.reportError(error, protocol), onEnded: nobody, onClosed: nobody },
      head,
    );
    return protocol;
  } catch (thrown) {
    const error = toError(thrown);
    await tellOpenFailed(factory, protocol, error);
    throw error;
  }
}

function nobody(): void {
  // Whoever has the protocol instance learns of it there.
}

async function tellOpenFailed(
  factory: WebSocketClientFactory,
  protocol: WebSocketClientProtocol,
  error: Error,
): Promise<void> {
  try {
    await protocol.onOpenFailed(error);
  } catch (thrown) {
    const failure = toError(thrown);
    tellError(undefined, failure);
    factory.reportError(failure, protocol);
  }
}
