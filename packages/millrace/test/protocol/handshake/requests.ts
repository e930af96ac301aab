import { readUpgradeRequest } from '../../../src/protocol/handshake/http1/read-request.ts';
import type { RawRequest } from '../../../src/protocol/handshake/http1/read-request.ts';
import { judgeRequest } from '../../../src/protocol/handshake/rules/connection-request.ts';
import type { ConnectionRequest, RequestRules } from '../../../src/protocol/handshake/rules/connection-request.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const RULES: RequestRules = {
  maxHeaderSize: 16_384,
  maxHeaderCount: 128,
  allowedOrigins: 'same-origin',
  allowedHosts: undefined,
  path: undefined,
};

export const HEADERS: Readonly<Record<string, string>> = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
};

/** Changes to a valid request; `undefined` takes a header out, a list repeats it. */
export type Changes = Partial<Omit<RawRequest, 'rawHeaders'>> & {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** A valid request, changed. */
export function raw({ headers: changed, ...changes }: Changes = {}): RawRequest {
  const fields = Object.entries({ ...HEADERS, ...changed });
  const rawHeaders = fields.flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return {
    method: 'GET',
    target: '/chat',
    httpVersion: '1.1',
    peer: '',
    scheme: 'http',
    tls: undefined,
    rawHeaders,
    ...changes,
  };
}

/** Changes of header fields only. */
export function headers(fields: NonNullable<Changes['headers']>): Changes {
  return { headers: fields };
}

/** Judges a request as a server does: as HTTP/1.1 first. */
export function judge(request: RawRequest, rules: RequestRules = RULES): ConnectionRequest {
  return judgeRequest(readUpgradeRequest(request, rules), rules, new AbortController());
}
