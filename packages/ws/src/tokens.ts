/** A character of a token (RFC 9110 §5.6.2). */
const TOKEN_CHARACTER = /[!#$%&'*+\-.0-9A-Z^_`a-z|~]/;

const IS_TOKEN_CHARACTER: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  TOKEN_CHARACTER.test(String.fromCharCode(code)),
);

/** Whether a character, given by its code, may stand in a token. */
export function isTokenCode(code: number): boolean {
  return IS_TOKEN_CHARACTER[code] === true;
}

/** Whether it is a space or a tab. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
