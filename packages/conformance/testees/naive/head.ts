import { createHash } from 'node:crypto';

/** A head of HTTP: lines, and fields with their names in lower case. */
export interface Head {
  readonly start: string;
  readonly names: readonly string[];
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Whether every line is what it should be. */
  readonly valid: boolean;
}

const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Most bytes and lines of a head. */
export const MAX_HEAD = 16_384;
const MAX_LINES = 200;

/** Reads a head, without its empty line. */
export function readHead(text: string): Head {
  const [start = '', ...lines] = text.split('\r\n');
  const fields = new Map<string, string[]>();
  const names: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    names.push(name);
    fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), line.slice(colon + 1).trim()]);
  }
  const valid =
    lines.length <= MAX_LINES && lines.every((line) => LINE.test(line)) && /^[\x20-\x7e\x80-\xff]*$/.test(start);
  return { start, names, fields, valid };
}

/** The one value of a field; `undefined` if there is none or more than one. */
export function single(head: Head, name: string): string | undefined {
  const values = head.fields.get(name);
  return values?.length === 1 ? values[0] : undefined;
}

/** The tokens of a list, in lower case. */
export function tokens(head: Head, name: string): string[] {
  return elements(head, name).map((token) => token.toLowerCase());
}

/** The elements of a list, as they are. */
export function elements(head: Head, name: string): string[] {
  const text = (head.fields.get(name) ?? []).join(',');
  return text.split(',').map((one) => one.trim());
}

/** The answer to a key. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
