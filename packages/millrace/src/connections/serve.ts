import { checkFunction, checkOptions, describeValue } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import { resolveServerOptions } from '../server/options.ts';
import { resolveTransportOptions } from '../transport/options.ts';
import { reportError } from '../engine/report-error.ts';
import { findOnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import { decideBy } from './accepting.ts';
import { checkCallbacks } from './callbacks.ts';
import {
  SERVE_OPTION_NAMES,
  resolveReceive,
  type ConnectAnswer,
  type ConnectionHandler,
  type ContextOf,
  type ServeOptions,
} from './serve-options.ts';
import { WebSocketServer } from './server.ts';

/**
 * Listens for connections, and has `handler` deal with each.
 *
 * A handler that throws fails its connection with 1011; the error goes to `onError`.
 *
 * @param handler - an async function, when whose promise is fulfilled the connection is closed (1000); or callbacks
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 * @throws {TransportError} the place to listen on cannot be had: the port is taken, for one
 */
export async function serve<Answer extends ConnectAnswer = undefined>(
  options: ServeOptions<Answer>,
  handler: ConnectionHandler<ContextOf<Answer>>,
): Promise<WebSocketServer<ContextOf<Answer>>> {
  checkOptions('serve', options, SERVE_OPTION_NAMES);
  checkHandler(handler);
  const onConnect = checkFunction('onConnect', options.onConnect);
  const onError = checkFunction('onError', options.onError);
  const { sharedReadBuffer } = resolveTransportOptions(options);
  const connectionOptions = resolveEngineOptions(options);
  return WebSocketServer.listen<ContextOf<Answer>>({
    serverOptions: resolveServerOptions(options),
    connectionOptions,
    onreadPlaces: sharedReadBuffer ? await findOnreadPlaces() : undefined,
    decide: decideBy(onConnect, connectionOptions),
    handler,
    receives: resolveReceive(options),
    report: (error, connection) => reportError(onError, error, connection),
  });
}

/**
 * Checks what is to deal with connections.
 *
 * @throws {LocalUsageError} it is neither a function nor an object of callbacks
 */
export function checkHandler(handler: unknown): void {
  if (typeof handler === 'function') return;
  if (typeof handler === 'object' && handler !== null) checkCallbacks(handler);
  else
    throw new LocalUsageError(
      `handler is ${describeValue(handler)}, expected an async function or an object of callbacks`,
    );
}
