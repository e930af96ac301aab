/**
 * Reads where to dial: `ws:`, `wss:`, `ws+unix:`, and `http:` and `https:`, which mean the first two.
 *
 * @throws {SyntaxError} it is no such address
 */
export function parseAddress(address: string | URL): URL {
  const url = replaceScheme(toUrl(address));
  const { protocol } = url;
  if (protocol !== 'ws:' && protocol !== 'wss:' && protocol !== 'ws+unix:') {
    throw new SyntaxError('The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"');
  }
  if (protocol === 'ws+unix:' && url.pathname === '') throw new SyntaxError("The URL's pathname is empty");
  if (url.hash !== '') throw new SyntaxError('The URL contains a fragment identifier');
  return url;
}

function toUrl(address: string | URL): URL {
  if (address instanceof URL) return address;
  try {
    return new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
}

/** The address as a WebSocket's; the caller's is left alone. */
function replaceScheme(url: URL): URL {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return url;
  const replaced = new URL(url);
  replaced.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return replaced;
}
