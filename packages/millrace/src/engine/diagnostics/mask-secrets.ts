import { redactUrl } from '../../protocol/base/checks.ts';

/** Header fields whose values are no secrets. All others are masked: nobody knows what an application sends in them. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['host', 'origin', 'user-agent', 'connection', 'upgrade', 'accept-encoding', 'cache-control', 'pragma'],
  ...['sec-websocket-version', 'sec-websocket-extensions', 'content-length', 'content-type', 'via'],
  ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded', 'traceparent'],
]);

/** What a terminal or a reader of logs could take for something else: control characters beyond ASCII, and what changes the direction of text. */
const TRICKY = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Longest text of a peer in a line, in UTF-16 units. */
const MAX_TEXT = 200;

/** Quotes what a peer has sent, for a line of a log: no character of it can be taken for anything but text. */
export function quoteForLog(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return JSON.stringify(cut).replace(TRICKY, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Writes a URL, or a request target, without what may be a secret in it: user information, query and fragment. */
export function writeTarget(target: string): string {
  return quoteForLog(redactUrl(target));
}

/** Writes header fields, with every value masked that may be a secret: `host="localhost" authorization=***`. */
export function writeHeaders(headers: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(headers)
    .map(([name, value]) => {
      const written = SHOWN.has(name.toLowerCase()) ? quoteForLog(value ?? '') : '***';
      return `${quoteForLog(name).slice(1, -1)}=${written}`;
    })
    .join(' ');
}
