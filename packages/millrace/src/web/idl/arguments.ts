import { quoteUrl } from '../../protocol/base/checks.ts';
import { isToken } from '../../protocol/handshake/rules/syntax.ts';
import { toUSVString } from './conversions.ts';

/**
 * Makes the URL of a WebSocket server of what an application gave; `http:` becomes `ws:`, `https:` becomes `wss:`.
 *
 * There is no base in Node for a relative URL.
 *
 * @throws {DOMException} `SyntaxError` if it is no URL, has another scheme, or a fragment
 *
 * @see WHATWG WebSockets §3.1, "get a URL record"
 */
export function toWebSocketUrl(value: unknown): URL {
  const url = parseUrl(toUSVString(value));
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException(`the scheme of the URL is ${url.protocol} expected ws: or wss:`, 'SyntaxError');
  }
  // An empty fragment is one too.
  if (url.href.includes('#')) throw new DOMException('the URL has a fragment', 'SyntaxError');
  return url;
}

/**
 * Checks subprotocols.
 *
 * @throws {DOMException} `SyntaxError` if one of them is no token, or there twice, in whatever case
 *
 * @see WHATWG WebSockets §3.1, step 11 of the constructor
 */
export function checkProtocols(protocols: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    const name = protocol.toLowerCase();
    if (!isToken(protocol))
      throw new DOMException(`subprotocol ${JSON.stringify(protocol)} is no token`, 'SyntaxError');
    if (seen.has(name)) throw new DOMException(`subprotocol ${JSON.stringify(protocol)} is there twice`, 'SyntaxError');
    seen.add(name);
  }
  return protocols;
}

/**
 * Checks that a required argument was given.
 *
 * @throws {TypeError} it was not
 */
export function requireArgument(count: number, method: string): void {
  if (count === 0) throw new TypeError(`${method}: an argument is missing`);
}

/**
 * Checks that a member is used on an object of its interface.
 *
 * @throws {TypeError} it is not
 *
 * @see Web IDL §3.7.6 (Attributes), §3.7.7 (Operations)
 */
export function checkThis(isOfInterface: boolean): void {
  if (!isOfInterface) throw illegalInvocation();
}

/** Makes the error for a member that is used on another object. */
export function illegalInvocation(): TypeError {
  return new TypeError('Illegal invocation');
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new DOMException(`${quoteUrl(text)} is not an absolute URL`, 'SyntaxError');
  }
}
