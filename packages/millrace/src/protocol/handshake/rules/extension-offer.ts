import type { ExtensionParameter } from '../../base/extension-parameter.ts';
import { isToken, isTokenCode, isWhitespace } from './syntax.ts';

/**
 * One element of a `Sec-WebSocket-Extensions` header: what a client offers, or a server accepts.
 *
 * Parameters are in the order of the header, and there twice if the peer sent them twice: whether that is an error is the
 * extension's to say.
 *
 * @see RFC 6455 §9.1
 */
export interface ExtensionOffer {
  readonly name: string;
  readonly parameters: readonly ExtensionParameter[];
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses the value of `Sec-WebSocket-Extensions` headers; several of them joined by commas.
 *
 * One pass. Empty elements of the list are skipped (RFC 9110 §5.6.1.2).
 *
 * @returns the elements in order, or `undefined` if the value does not follow the grammar or holds none
 *
 * @see RFC 6455 §9.1 (a quoted value must be a token once it is unquoted)
 */
export function parseExtensionOffers(value: string): readonly ExtensionOffer[] | undefined {
  const cursor = new Cursor(value);
  const offers: ExtensionOffer[] = [];
  while (!cursor.isAtEnd()) {
    if (cursor.take(COMMA)) continue;
    const offer = readOffer(cursor);
    if (offer === undefined) return undefined;
    offers.push(offer);
    if (!cursor.isAtEnd() && !cursor.take(COMMA)) return undefined;
  }
  return offers.length === 0 ? undefined : offers;
}

/** Writes extensions the way {@link parseExtensionOffers} reads them. Names and values must be tokens. */
export function formatExtensionOffers(offers: readonly ExtensionOffer[]): string {
  return offers
    .map(({ name, parameters }) =>
      [name, ...parameters.map((one) => (one.value === undefined ? one.name : `${one.name}=${one.value}`))].join('; '),
    )
    .join(', ');
}

function readOffer(cursor: Cursor): ExtensionOffer | undefined {
  const name = cursor.takeToken();
  if (name === undefined) return undefined;

  const parameters: ExtensionParameter[] = [];
  while (cursor.take(SEMICOLON)) {
    const parameter = readParameter(cursor);
    if (parameter === undefined) return undefined;
    parameters.push(parameter);
  }
  return Object.freeze({ name, parameters: Object.freeze(parameters) });
}

function readParameter(cursor: Cursor): ExtensionParameter | undefined {
  const name = cursor.takeToken();
  if (name === undefined) return undefined;
  if (!cursor.take(EQUALS)) return { name, value: undefined };

  const value = cursor.takeToken() ?? cursor.takeQuoted();
  return value === undefined || !isToken(value) ? undefined : { name, value };
}

/** A place in a text that only moves forward. Whitespace is skipped before and after everything that is taken. */
class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipWhitespace();
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes the one character with this code, if it comes next. */
  take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    this.#skipWhitespace();
    return true;
  }

  takeToken(): string | undefined {
    const start = this.#at;
    while (isTokenCode(this.#text.charCodeAt(this.#at))) this.#at++;
    const token = this.#text.slice(start, this.#at);
    this.#skipWhitespace();
    return token === '' ? undefined : token;
  }

  /** Takes a quoted string and unescapes it; `undefined` if there is none, or its closing quote is missing. */
  takeQuoted(): string | undefined {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) return undefined;
    let content = '';
    for (let index = this.#at + 1; index < this.#text.length; index++) {
      const code = this.#text.charCodeAt(index);
      if (code === QUOTE) {
        this.#at = index + 1;
        this.#skipWhitespace();
        return content;
      }
      if (code === BACKSLASH) index++;
      content += this.#text.charAt(index);
    }
    return undefined;
  }

  #skipWhitespace(): void {
    while (isWhitespace(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}
