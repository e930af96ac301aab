/**
 * The lexical rules of HTTP header fields that the opening handshake needs, each in one pass over its text.
 *
 * Nothing here is a regular expression: a quantifier next to another one is how header parsers come to take quadratic time.
 */

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const IS_TOKEN_CHARACTER: Uint8Array = characterTable(TOKEN_CHARACTERS);

/** Makes a table of 128 entries, 1 at the code of each of `characters`. */
export function characterTable(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** Says whether every character of `text` is in `table`, and that there is one. */
export function consistsOf(text: string, table: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (table[text.charCodeAt(index)] !== 1) return false;
  }
  return text !== '';
}

/** Says whether the character with this code may be in a token (RFC 9110 §5.6.2). */
export function isTokenCode(code: number): boolean {
  return IS_TOKEN_CHARACTER[code] === 1;
}

/** Says whether `text` is a token (RFC 9110 §5.6.2): what field names, subprotocols and extensions are called. */
export function isToken(text: string): boolean {
  return consistsOf(text, IS_TOKEN_CHARACTER);
}

/** Says whether `text` can be the value of a field: no control characters but tab, nothing over U+00FF (RFC 9110 §5.5). */
export function isFieldValue(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff || code === 0x7f || (code < 0x20 && code !== 0x09)) return false;
  }
  return true;
}

/** Says whether the character with this code is optional whitespace: space or tab (RFC 9110 §5.6.3). */
export function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Takes spaces and tabs off both ends; unlike `String.trim`, nothing else (U+00A0 is data in a header). */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Parses a comma-separated list of tokens.
 *
 * Empty elements are skipped, as RFC 9110 §5.6.1.2 asks of a recipient; a list must have one element that is not.
 *
 * @returns the tokens, or `undefined` if an element is no token or there is none
 */
export function parseTokenList(value: string): readonly string[] | undefined {
  const tokens: string[] = [];
  for (const element of value.split(',')) {
    const token = trimWhitespace(element);
    if (token === '') continue;
    if (!isToken(token)) return undefined;
    tokens.push(token);
  }
  return tokens.length === 0 ? undefined : tokens;
}

/** Says whether a comma-separated list has `token` among its elements; neither case nor the other elements matter. */
export function listHasToken(value: string, token: string): boolean {
  return value.split(',').some((element) => trimWhitespace(element).toLowerCase() === token);
}
