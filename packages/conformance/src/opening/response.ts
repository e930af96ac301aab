import type { HttpHead, ResponseSpec } from '../model/http.ts';
import { acceptFor, fieldOf, listOf } from './head.ts';
import { applyChanges } from './request.ts';

/** A key that nobody sends, for the answer to another one's handshake. */
const OTHER_KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Writes the answer to a client's opening handshake: one that accepts, changed as `spec` says. */
export function writeResponse(request: HttpHead, spec: ResponseSpec): string {
  const key = fieldOf(request, 'sec-websocket-key') ?? '';
  const accept = (spec.accept ?? '{accept}')
    .replace('{accept}', acceptFor(key))
    .replace('{other}', acceptFor(OTHER_KEY));
  const fill = (text: string): string =>
    text.replaceAll('{accept}', acceptFor(key)).replaceAll('{other}', acceptFor(OTHER_KEY));
  if (spec.raw !== undefined) return fill(spec.raw);

  const { status = 'HTTP/1.1 101 Switching Protocols', eol = '\r\n', body = '' } = spec;
  const fields = applyChanges(
    new Map([
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', accept],
    ]),
    spec.set,
  );
  const lines = [
    status,
    ...(spec.first ?? []).map(fill),
    ...Array.from(fields, ([name, value]) => `${name}: ${value}`),
    ...(spec.add ?? []).map(fill),
  ];
  return [...lines, '', ''].join(eol) + body;
}

/** Says why a client's request cannot be answered with 101 at all, or `undefined`. */
export function findRequestProblem(head: HttpHead): string | undefined {
  if (!head.startLine.startsWith('GET ')) return `the request is no GET: "${head.startLine}"`;
  if (!listOf(fieldOf(head, 'upgrade')).includes('websocket')) return 'the request has no Upgrade: websocket';
  if (fieldOf(head, 'sec-websocket-key') === undefined) return 'the request has no Sec-WebSocket-Key';
  return undefined;
}
