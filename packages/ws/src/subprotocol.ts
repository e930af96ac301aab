import { isSpace, isTokenCode } from './tokens.ts';

/**
 * Parses the header `Sec-WebSocket-Protocol`.
 *
 * @returns the subprotocols, in order
 *
 * @throws {SyntaxError} it is no list of tokens, or names one twice
 */
function parse(header: string): Set<string> {
  const protocols = new Set<string>();
  let start = -1;
  let end = -1;
  for (let index = 0; index < header.length; index++) {
    const code = header.charCodeAt(index);
    if (end === -1 && isTokenCode(code)) {
      if (start === -1) start = index;
      continue;
    }
    if (index === 0 || !isSeparator(code, start)) throw unexpected(index);
    if (end === -1 && start !== -1) end = index;
    if (code !== COMMA) continue;
    add(protocols, header.slice(start, end));
    start = end = -1;
  }
  if (start === -1 || end !== -1) throw new SyntaxError('Unexpected end of input');
  add(protocols, header.slice(start));
  return protocols;
}

const COMMA = 0x2c;

/** Whether a character may stand behind a name, which has begun at `start`, or before one. */
function isSeparator(code: number, start: number): boolean {
  return isSpace(code) || (code === COMMA && start !== -1);
}

function unexpected(index: number): SyntaxError {
  return new SyntaxError(`Unexpected character at index ${index}`);
}

function add(protocols: Set<string>, protocol: string): void {
  if (protocols.has(protocol)) throw new SyntaxError(`The "${protocol}" subprotocol is duplicated`);
  protocols.add(protocol);
}

/** Reads lists of subprotocols. */
export const subprotocol: { readonly parse: (header: string) => Set<string> } = { parse };
