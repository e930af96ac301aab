import { isSpace, isTokenCode } from './tokens.ts';

/** The parameters of an extension; each may be there several times, and has the value `true` where it has none. */
export type ExtensionParameters = Record<string, (string | true)[]>;

/** Extensions by name, each with its offers in order. */
export type ExtensionOffers = Record<string, ExtensionParameters[]>;

/** Parameters as they are formatted: one value, or several. */
export type FormattedParameters = Record<string, Value | readonly Value[]>;

type Value = string | number | boolean;

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads the header `Sec-WebSocket-Extensions`, a character at a time. */
class Parser {
  readonly #header: string;
  readonly #offers: ExtensionOffers = dictionary();
  #parameters: ExtensionParameters = dictionary();
  #extension: string | undefined;
  #parameter: string | undefined;
  #start = -1;
  #end = -1;
  #isQuoted = false;
  #isEscaping = false;
  #hasEscapes = false;

  constructor(header: string) {
    this.#header = header;
  }

  parse(): ExtensionOffers {
    const header = this.#header;
    let code = -1;
    for (let index = 0; index < header.length; index++) {
      code = header.charCodeAt(index);
      const isTaken = this.#parameter === undefined ? this.#takeOfName(code, index) : this.#takeOfValue(code, index);
      if (!isTaken) throw new SyntaxError(`Unexpected character at index ${index}`);
    }
    if (this.#start === -1 || this.#isQuoted || isSpace(code)) throw new SyntaxError('Unexpected end of input');
    this.#finish(header.length, COMMA);
    return this.#offers;
  }

  /** Takes a character of a name, of an extension or of a parameter. */
  #takeOfName(code: number, index: number): boolean {
    if (this.#takeToken(code, index)) return true;
    if (isSpace(code) && (index !== 0 || this.#extension !== undefined)) {
      if (this.#end === -1 && this.#start !== -1) this.#end = index;
      return true;
    }
    if (this.#start === -1) return false;
    if (code === SEMICOLON || code === COMMA) {
      this.#finish(index, code);
      return true;
    }
    return code === EQUALS && this.#beginValue(index);
  }

  #beginValue(index: number): boolean {
    if (this.#extension === undefined || this.#end !== -1) return false;
    this.#parameter = this.#header.slice(this.#start, index);
    this.#start = -1;
    return true;
  }

  /** Takes a character of a value: a token, which may be quoted (RFC 6455 §9.1). */
  #takeOfValue(code: number, index: number): boolean {
    if (this.#isEscaping) return this.#takeEscaped(code, index);
    if (this.#isQuoted) return this.#takeQuoted(code, index);
    if (code === QUOTE && this.#header.charCodeAt(index - 1) === EQUALS) {
      this.#isQuoted = true;
      return true;
    }
    if (this.#takeToken(code, index)) return true;
    if (this.#start === -1) return false;
    if (isSpace(code)) {
      if (this.#end === -1) this.#end = index;
      return true;
    }
    if (code !== SEMICOLON && code !== COMMA) return false;
    this.#finish(index, code);
    return true;
  }

  #takeEscaped(code: number, index: number): boolean {
    if (!isTokenCode(code)) return false;
    if (this.#start === -1) this.#start = index;
    this.#hasEscapes = true;
    this.#isEscaping = false;
    return true;
  }

  #takeQuoted(code: number, index: number): boolean {
    if (isTokenCode(code)) {
      if (this.#start === -1) this.#start = index;
    } else if (code === QUOTE && this.#start !== -1) {
      this.#isQuoted = false;
      this.#end = index;
    } else if (code === BACKSLASH) {
      this.#isEscaping = true;
    } else {
      return false;
    }
    return true;
  }

  #takeToken(code: number, index: number): boolean {
    if (this.#end !== -1 || !isTokenCode(code)) return false;
    if (this.#start === -1) this.#start = index;
    return true;
  }

  /** A name or a value has ended before `separator`. */
  #finish(index: number, separator: number): void {
    const text = this.#header.slice(this.#start, this.#end === -1 ? index : this.#end);
    this.#start = this.#end = -1;
    const value = this.#hasEscapes ? text.replaceAll('\\', '') : text;
    this.#hasEscapes = false;
    if (this.#parameter !== undefined) push<string | true>(this.#parameters, this.#parameter, value);
    else if (this.#extension !== undefined) push<string | true>(this.#parameters, value, true);
    else this.#extension = value;
    this.#parameter = undefined;
    if (separator !== COMMA) return;
    push(this.#offers, this.#extension ?? '', this.#parameters);
    this.#parameters = dictionary();
    this.#extension = undefined;
  }
}

/**
 * Parses the header `Sec-WebSocket-Extensions`.
 *
 * @throws {SyntaxError} it is no list of extensions
 */
function parse(header: string): ExtensionOffers {
  return new Parser(header).parse();
}

/** Makes the header `Sec-WebSocket-Extensions` of extensions, each with one set of parameters or several. */
function format(extensions: Record<string, FormattedParameters | readonly FormattedParameters[]>): string {
  return Object.entries(extensions)
    .flatMap(([name, offers]) => listOf(offers).map((parameters) => formatOffer(name, parameters)))
    .join(', ');
}

function listOf(
  offers: ExtensionParameters | FormattedParameters | readonly FormattedParameters[],
): readonly FormattedParameters[] {
  return isOfferList(offers) ? offers : [offers];
}

function isOfferList(
  offers: FormattedParameters | readonly FormattedParameters[],
): offers is readonly FormattedParameters[] {
  return Array.isArray(offers);
}

function formatOffer(name: string, parameters: FormattedParameters): string {
  const formatted = Object.entries(parameters).flatMap(([key, values]) =>
    (isValue(values) ? [values] : values).map((value) => (value === true ? key : `${key}=${String(value)}`)),
  );
  return [name, ...formatted].join('; ');
}

function isValue(values: Value | readonly Value[]): values is Value {
  return !Array.isArray(values);
}

/** An object without a prototype: names come from the peer. */
function dictionary<T>(): Record<string, T> {
  const made: Record<string, T> = {};
  Object.setPrototypeOf(made, null);
  return made;
}

function push<T>(lists: Record<string, T[]>, name: string, value: T): void {
  (lists[name] ??= []).push(value);
}

/** Reads and writes the header `Sec-WebSocket-Extensions`. */
export const extension: { readonly parse: typeof parse; readonly format: typeof format } = { parse, format };
