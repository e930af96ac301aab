import { handled } from '../engine/deferred.ts';
import { checkCallbackNames, checkOptions } from '../protocol/base/checks.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { toError } from '../protocol/base/errors.ts';
import { BrowserConnection } from './connection.ts';
import type { Link } from './links/link.ts';
import { openLink, resolveUrl } from './links/open-link.ts';
import { OPTION_NAMES, resolveOptions, type BrowserConnectOptions } from './options.ts';

/** What to call for a connection, in place of asking for its messages. */
export interface BrowserCallbacks<Context = unknown> {
  /** The connection is open. */
  readonly open?: ((connection: BrowserConnection<Context>) => Promise<void> | void) | undefined;
  /** A message has come. The next one waits until what this returns is fulfilled. */
  readonly message?:
    | ((connection: BrowserConnection<Context>, data: string | Uint8Array<ArrayBuffer>) => Promise<void> | void)
    | undefined;
  /** Never called: browsers do not tell. There is `connection.drained()`. */
  readonly drain?: ((connection: BrowserConnection<Context>) => Promise<void> | void) | undefined;
  /** The connection is over. */
  readonly close?: ((connection: BrowserConnection<Context>, closure: Closure) => Promise<void> | void) | undefined;
  /** One of the others has thrown, and the connection has failed for it. */
  readonly error?: ((connection: BrowserConnection<Context>, error: Error) => Promise<void> | void) | undefined;
}

const CALLBACK_NAMES = { open: true, message: true, drain: true, close: true, error: true } as const;

/**
 * Connects to a WebSocket server, over the browser's own `WebSocketStream` or `WebSocket`.
 *
 * @param url - as in Node, or relative to the page
 * @param callbacks - what to call for it; without them, messages are asked for
 *
 * @throws {LocalUsageError} the URL is invalid, or a browser cannot do what an option asks for
 * @throws {TransportError} there is no connection; browsers do not tell why
 * @throws {HandshakeError} the time was up
 * @throws {Error} the reason of `signal`, if that was aborted
 */
export function connect<Context = undefined>(
  url: string | URL,
  options: BrowserConnectOptions<Context> = {},
  callbacks?: BrowserCallbacks<Context | undefined>,
): Promise<BrowserConnection<Context | undefined>> {
  return handled(connectChecked(url, options, callbacks));
}

async function connectChecked<Context>(
  url: string | URL,
  options: BrowserConnectOptions<Context>,
  callbacks: BrowserCallbacks<Context | undefined> | undefined,
): Promise<BrowserConnection<Context | undefined>> {
  checkOptions('connect', options, OPTION_NAMES);
  if (callbacks !== undefined) checkCallbackNames('connect', callbacks, CALLBACK_NAMES);
  return connectUnchecked(url, options, callbacks);
}

/** Connects as {@link connect} does, for a caller who has checked the names of the options. */
export async function connectUnchecked<Context>(
  url: string | URL,
  options: BrowserConnectOptions<Context>,
  callbacks?: BrowserCallbacks<Context | undefined>,
): Promise<BrowserConnection<Context | undefined>> {
  const target = resolveUrl(url);
  const resolved = resolveOptions(options);
  const link = await openLink(target, resolved, options.signal);
  const context = await askForContext(link, options);
  const receive = resolved.receive && (callbacks === undefined || callbacks.message !== undefined);
  const asked = callbacks === undefined;
  const connection = new BrowserConnection<Context | undefined>(link, { ...resolved, receive }, context, { asked });
  if (callbacks !== undefined) void callFor(connection, callbacks);
  return connection;
}

async function askForContext<Context>(
  link: Link,
  { onConnect }: BrowserConnectOptions<Context>,
): Promise<Context | undefined> {
  try {
    const answer = await onConnect?.({ subprotocol: link.subprotocol === '' ? undefined : link.subprotocol });
    return answer?.context;
  } catch (error) {
    link.close({ code: CloseCode.INTERNAL_ERROR + 3000, reason: '', initiator: 'engine', error: toError(error) });
    throw error;
  }
}

/** Calls the callbacks of a connection until it has ended. */
async function callFor<Context>(
  connection: BrowserConnection<Context>,
  callbacks: BrowserCallbacks<Context>,
): Promise<void> {
  try {
    await callbacks.open?.(connection);
    if (callbacks.message !== undefined) await deliverAll(connection, callbacks.message);
  } catch (thrown) {
    if (!BrowserConnection.isEndOf(connection, thrown)) await failFor(connection, callbacks, toError(thrown));
  }
  const closure = await connection.closed;
  try {
    await callbacks.close?.(connection, closure);
  } catch (thrown) {
    await failFor(connection, callbacks, toError(thrown));
  }
}

async function deliverAll<Context>(
  connection: BrowserConnection<Context>,
  message: NonNullable<BrowserCallbacks<Context>['message']>,
): Promise<void> {
  for (let data = await BrowserConnection.next(connection); data !== undefined;) {
    await message(connection, data);
    data = await BrowserConnection.next(connection);
  }
}

async function failFor<Context>(
  connection: BrowserConnection<Context>,
  { error: onError }: BrowserCallbacks<Context>,
  error: Error,
): Promise<void> {
  BrowserConnection.fail(connection, CloseCode.INTERNAL_ERROR, error);
  try {
    if (onError === undefined) reportError(error);
    else await onError(connection, error);
  } catch (thrown) {
    reportError(thrown);
  }
}

/** Tells the page of it, as of any error that nobody has caught. */
function reportError(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
