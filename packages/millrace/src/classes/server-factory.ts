import { checkFunction, checkOptions, type KnownNames } from '../protocol/base/checks.ts';
import { ENGINE_OPTION_NAMES, type EngineOptions } from '../engine/engine-options.ts';
import {
  SERVER_OPTION_NAMES,
  resolveServerOptions,
  type ResolvedServerOptions,
  type ServerOptions,
} from '../server/options.ts';
import { TRANSPORT_OPTION_NAMES, type TransportOptions } from '../transport/options.ts';
import { reportError } from '../engine/report-error.ts';
import { WebSocketFactory } from './factory.ts';
import type { HookResult } from './hooks.ts';
import type { WebSocketServerProtocol } from './server-protocol.ts';
import { parseServerUrl } from './server-url.ts';

/** Options of a {@link WebSocketServerFactory}. */
export interface ServerFactoryOptions extends ServerOptions, EngineOptions, TransportOptions {
  /** The class of which each connection has an instance. */
  readonly protocol: new () => WebSocketServerProtocol;
  /**
   * Learns of what a hook threw, after the connection has failed for it; without a protocol, of an error of the listening socket. By default, it
   * becomes a process warning.
   */
  readonly onError?: ((error: Error, protocol: WebSocketServerProtocol | undefined) => HookResult) | undefined;
}

const SERVER_FACTORY_OPTION_NAMES: KnownNames<keyof ServerFactoryOptions> = {
  ...SERVER_OPTION_NAMES,
  ...ENGINE_OPTION_NAMES,
  ...TRANSPORT_OPTION_NAMES,
  protocol: true,
  onError: true,
};

/** Makes a server's protocol instances; `listenWS` puts it to work. */
export class WebSocketServerFactory extends WebSocketFactory {
  /** Where it listens, and whom it lets in. */
  readonly serverOptions: ResolvedServerOptions;
  readonly #options: ServerFactoryOptions;

  /**
   * @param url - `ws:` or `wss:`, the address and port to listen on, such as `ws://localhost:9000`, and the path to serve if it has one; `undefined`
   *   if the options say where
   * @param options - of the server, its connections and their transport
   *
   * @throws {LocalUsageError} the URL is not one to listen on, or an option has a value that it cannot have
   */
  constructor(url: string | undefined, options: ServerFactoryOptions) {
    checkOptions('WebSocketServerFactory', options, SERVER_FACTORY_OPTION_NAMES);
    super(options);
    checkFunction('onError', options.onError);
    this.#options = options;
    this.serverOptions = resolveServerOptions(
      url === undefined ? options : { ...parseServerUrl(url, options), ...options },
    );
  }

  /** Makes the protocol instance of a new connection; override it to hand something to its constructor. */
  buildProtocol(): WebSocketServerProtocol {
    return new this.#options.protocol();
  }

  /** Reports an error to the option `onError`. */
  reportError(error: Error, protocol: WebSocketServerProtocol | undefined): void {
    reportError(this.#options.onError, error, protocol);
  }
}
