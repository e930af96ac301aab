import { createHash } from 'node:crypto';

import type { HttpHead } from '../model/http.ts';

/** Longest head that is read, in bytes. */
const MAX_HEAD = 256 * 1024;

/** Collects the head of an HTTP message from what arrives. */
export class HeadReader {
  #text = '';

  /** What arrived and is no whole head yet. */
  get partial(): string {
    return this.#text;
  }

  /**
   * Takes bytes.
   *
   * @returns the head and what came behind it, once there is an empty line; `'too long'`, if there is none
   */
  push(chunk: Uint8Array): { head: HttpHead; rest: Uint8Array } | 'too long' | undefined {
    const from = Math.max(0, this.#text.length - 3);
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    const end = this.#text.indexOf('\r\n\r\n', from);
    if (end === -1) return this.#text.length > MAX_HEAD ? 'too long' : undefined;
    const text = this.#text.slice(0, end + 4);
    const rest = Uint8Array.from(Buffer.from(this.#text.slice(end + 4), 'latin1'));
    this.#text = '';
    return { head: parseHead(text), rest };
  }
}

/** Parses a head that ends with an empty line. Lines without a colon are left out. */
export function parseHead(text: string): HttpHead {
  const [startLine = '', ...lines] = text.split('\r\n');
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const values = fields.get(name) ?? [];
    values.push(line.slice(colon + 1).trim());
    fields.set(name, values);
  }
  return { startLine, fields, text };
}

/** The value of a field; several are joined by commas. */
export function fieldOf(head: HttpHead, name: string): string | undefined {
  return head.fields.get(name)?.join(', ');
}

/** The elements of a comma-separated list, in lower case. */
export function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((element) => element.trim().toLowerCase())
    .filter((element) => element !== '');
}

/** The `Sec-WebSocket-Accept` that belongs to a key (RFC 6455 §4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
