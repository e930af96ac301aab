import { invalidElement, toList } from '../../base/checks.ts';
import type { HeaderFields } from './header-fields.ts';
import { refusal } from './refusal.ts';
import { isToken, parseTokenList } from './syntax.ts';

/**
 * Checks the option `subprotocols`.
 *
 * @throws {LocalUsageError} it is no list, or one of them is no token or there twice (RFC 6455 §4.1)
 */
export function checkSubprotocols(value: unknown): readonly string[] {
  const seen = new Set<string>();
  for (const one of toList('subprotocols', value)) {
    if (typeof one !== 'string' || !isToken(one)) throw invalidElement('subprotocols', one, 'tokens');
    if (seen.has(one)) throw invalidElement('subprotocols', one, 'each once');
    seen.add(one);
  }
  return Object.freeze([...seen]);
}

/**
 * Reads the subprotocols that a client offers, the one it prefers first.
 *
 * @throws {HandshakeError} they are no list of tokens, or one is there twice
 */
export function readSubprotocols(fields: HeaderFields): readonly string[] {
  const value = fields['sec-websocket-protocol'];
  if (value === undefined) return [];
  const subprotocols = parseTokenList(value);
  if (subprotocols === undefined) throw refusal(400, 'Sec-WebSocket-Protocol is not a list of tokens');
  if (new Set(subprotocols).size !== subprotocols.length) {
    throw refusal(400, 'Sec-WebSocket-Protocol names a subprotocol more than once');
  }
  return subprotocols;
}

/**
 * Chooses a subprotocol: of those that the server supports, the one that the client prefers.
 *
 * @returns `undefined` if there is none in common
 */
export function selectSubprotocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  return offered.find((one) => supported.includes(one));
}
