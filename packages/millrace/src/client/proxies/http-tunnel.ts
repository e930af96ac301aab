import type { Duplex } from 'node:stream';

import { HandshakeError } from '../../protocol/base/errors.ts';
import { readHeaderFields } from '../../protocol/handshake/rules/header-fields.ts';
import { trimWhitespace } from '../../protocol/handshake/rules/syntax.ts';
import { ByteReader } from './byte-reader.ts';
import type { Destination } from './environment.ts';
import type { ProxyServer } from './proxy-url.ts';

/** Longest head of a proxy's answer, in bytes. */
const MAX_HEAD = 16_384;

/** Interim responses before the answer that are put up with. */
const MAX_INTERIM_RESPONSES = 10;

/**
 * Asks a proxy for a tunnel (CONNECT). What comes right behind its answer stays in the stream.
 *
 * @param proxy - its answer is in the errors, its credentials are not
 *
 * @throws {HandshakeError} it refuses, with status and headers; or what it answers is no HTTP
 *
 * @see RFC 9110 §9.3.6
 */
export async function openHttpTunnel(stream: Duplex, proxy: ProxyServer, destination: Destination): Promise<void> {
  const { host, port } = destination;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (proxy.credentials !== undefined) lines.push(`Proxy-Authorization: ${basic(proxy.credentials)}`);
  const reader = new ByteReader(stream);
  try {
    stream.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    for (let interim = 0; interim <= MAX_INTERIM_RESPONSES; interim++) {
      const head = Buffer.from(await reader.takeThrough('\r\n\r\n', MAX_HEAD)).toString('latin1');
      const status = readStatus(head);
      if (status === undefined) throw new HandshakeError('it did not answer with valid HTTP/1.1');
      if (status >= 200 && status <= 299) return;
      if (status > 199) throw refusal(status, head);
    }
    throw new HandshakeError('it sent too many interim responses');
  } finally {
    reader.release();
  }
}

function readStatus(head: string): number | undefined {
  const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n/.exec(head)?.[1];
  return status === undefined ? undefined : Number(status);
}

function refusal(status: number, head: string): HandshakeError {
  const lines = head.split('\r\n').slice(1, -2);
  const raw = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [line.slice(0, colon), trimWhitespace(line.slice(colon + 1))];
  });
  const limits = { maxHeaderSize: Infinity, maxHeaderCount: Infinity };
  const { fields: headers, distinct: headersDistinct } = readHeaderFields(raw, limits);
  return new HandshakeError(`it answered with status ${String(status)}`, { status, headers, headersDistinct });
}

function basic({ username, password }: NonNullable<ProxyServer['credentials']>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
