import { createDeferred } from '../../engine/deferred.ts';
import { HandshakeError, LocalUsageError, TransportError } from '../../protocol/base/errors.ts';
import { quoteUrl, redactUrl } from '../../protocol/base/checks.ts';
import { EventLink } from './event-link.ts';
import type { Link } from './link.ts';
import type { ResolvedBrowserOptions } from '../options.ts';
import { findBase, findWebSocket, findWebSocketStream } from './platform.ts';
import { StreamLink } from './stream-link.ts';

/**
 * Takes a URL as browsers do: a relative one begins at the page, `http:` is `ws:`.
 *
 * @throws {LocalUsageError} it is none
 */
export function resolveUrl(url: string | URL): string {
  const resolved = parseUrl(url);
  if (resolved.hash !== '')
    throw new LocalUsageError(`URL ${quoteUrl(url)} has a fragment, which WebSocket URLs have not`);
  const scheme = SCHEMES[resolved.protocol];
  if (scheme === undefined)
    throw new LocalUsageError(`URL ${quoteUrl(url)} does not begin with ws:, wss:, http: or https:`);
  return scheme + resolved.href.slice(resolved.protocol.length);
}

const SCHEMES: Readonly<Record<string, string>> = { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' };

function parseUrl(url: string | URL): URL {
  try {
    return new URL(url, findBase());
  } catch {
    throw new LocalUsageError(`${quoteUrl(url)} is no URL`);
  }
}

/**
 * Opens a connection, with `WebSocketStream` where the browser has it.
 *
 * @throws {LocalUsageError} the browser does not take the URL or a subprotocol
 * @throws {TransportError} there is no connection; browsers do not tell why
 * @throws {HandshakeError} the time was up
 * @throws {Error} the reason of `signal`, if that was aborted
 */
export async function openLink(
  url: string,
  options: ResolvedBrowserOptions,
  signal: AbortSignal | undefined,
): Promise<Link> {
  signal?.throwIfAborted();
  const aborting = new AbortController();
  const stop = (): void => aborting.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  const { handshakeTimeout, subprotocols } = options;
  const late = (): void => {
    aborting.abort(new HandshakeError(`no connection to ${redactUrl(url)} within ${String(handshakeTimeout)} ms`));
  };
  const timer = handshakeTimeout === Infinity ? undefined : setTimeout(late, handshakeTimeout);
  const isPlain = findWebSocketStream() === undefined;
  try {
    return await (isPlain ? openEventLink : openStreamLink)(url, subprotocols, aborting.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

async function openStreamLink(url: string, subprotocols: readonly string[], signal: AbortSignal): Promise<Link> {
  const Stream = findWebSocketStream();
  if (Stream === undefined) return openEventLink(url, subprotocols, signal);
  const stream = construct(() => new Stream(url, { protocols: [...subprotocols], signal }));
  stream.closed.catch(() => undefined);
  try {
    return new StreamLink(stream, await stream.opened);
  } catch (cause) {
    signal.throwIfAborted();
    throw unreachable(url, cause);
  }
}

function openEventLink(url: string, subprotocols: readonly string[], signal: AbortSignal): Promise<Link> {
  const Socket = findWebSocket();
  const socket = construct(() => new Socket(url, [...subprotocols]));
  const link = new EventLink(socket);
  const opened = createDeferred<Link>();
  socket.addEventListener('open', () => opened.resolve(link));
  socket.addEventListener('close', () => opened.reject(unreachable(url)));
  const abort = (): void => {
    opened.reject(signal.reason);
    link.drop();
  };
  signal.addEventListener('abort', abort, { once: true });
  void opened.promise.then(
    () => signal.removeEventListener('abort', abort),
    () => undefined,
  );
  return opened.promise;
}

function construct<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LocalUsageError(`the browser refuses to connect: ${why}`, { cause });
  }
}

function unreachable(url: string, cause?: unknown): TransportError {
  return new TransportError(`there is no connection to ${redactUrl(url)}; browsers do not tell why`, { cause });
}
