import type { HeaderField } from '../rules/header-fields.ts';
import { phraseOf } from '../rules/refusal.ts';
import type { Refusal } from '../rules/refusal.ts';

/** What a server appends to a key before it hashes it (RFC 6455 §1.3). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The text whose SHA-1, in base64, is the `Sec-WebSocket-Accept` for `key`.
 *
 * The protocol has no hash function; whoever drives it computes that.
 *
 * @see RFC 6455 §1.3, §4.2.2
 */
export function acceptInput(key: string): string {
  return key + ACCEPT_GUID;
}

/**
 * Writes the response that accepts a request.
 *
 * @param accept - SHA-1 of {@link acceptInput}, in base64
 * @param fields - what else is agreed on, checked
 *
 * @see RFC 6455 §4.2.2 (Sending the Server's Opening Handshake)
 */
export function encodeAcceptance(accept: string, fields: readonly HeaderField[]): Uint8Array {
  return encodeHead('HTTP/1.1 101 Switching Protocols', [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', accept],
    ...fields,
  ]);
}

/** Writes a response that is no acceptance, with the end of the transport behind it; without its body for a HEAD request. */
export function encodeRefusal({ status, fields, body }: Refusal, method = 'GET'): Uint8Array {
  const upgrades = fields.some(([name]) => name.toLowerCase() === 'upgrade');
  const head = encodeHead(`HTTP/1.1 ${String(status)} ${phraseOf(status)}`, [
    ['Connection', upgrades ? 'close, Upgrade' : 'close'],
    ...fields,
    ['Content-Length', String(body.length)],
  ]);
  if (method === 'HEAD') return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Writes a head: its first line, fields, empty line. Whoever calls has checked every part of it. */
export function encodeHead(firstLine: string, fields: readonly HeaderField[]): Uint8Array {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return latin1(`${firstLine}\r\n${lines.join('')}\r\n`);
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
