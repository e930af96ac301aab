import { randomBytes } from 'node:crypto';

import type { HttpHead, RequestSpec } from '../model/http.ts';
import { acceptFor, fieldOf, listOf } from './head.ts';

/** Where a server under test is. */
export interface Target {
  /** Host and port, as in a `Host` field. */
  readonly authority: string;
  /** Path and query. */
  readonly resource: string;
}

/** A head to send, and what a valid answer is judged by. */
export interface WrittenRequest {
  readonly text: string;
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extensions: readonly string[];
}

/** Writes an opening handshake: a valid one, changed as `spec` says. */
export function writeRequest(target: Target, spec: RequestSpec): WrittenRequest {
  const { method = 'GET', version = 'HTTP/1.1', eol = '\r\n', body = '' } = spec;
  const resource = (spec.target ?? '{target}')
    .replace('{target}', target.resource)
    .replace('{authority}', target.authority);
  const fields = applyChanges(
    new Map([
      ['Host', target.authority],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
      ['Sec-WebSocket-Version', '13'],
    ]),
    spec.set,
  );
  const lines = [
    `${method} ${resource} ${version}`,
    ...(spec.first ?? []),
    ...Array.from(fields, ([name, value]) => `${name}: ${value}`),
    ...(spec.add ?? []).map((line) => line.replaceAll('{authority}', target.authority)),
  ];
  return {
    text: [...lines, '', ''].join(eol) + body,
    key: fields.get('Sec-WebSocket-Key') ?? '',
    protocols: namesIn(fields, spec, 'sec-websocket-protocol'),
    extensions: namesIn(fields, spec, 'sec-websocket-extensions').map((one) => one.split(';')[0]?.trim() ?? ''),
  };
}

/** Sets, replaces and takes out fields, whatever the case of their names. */
export function applyChanges(
  fields: ReadonlyMap<string, string>,
  changes: Readonly<Record<string, string | null>> = {},
): Map<string, string> {
  const changed = new Map(fields);
  for (const [name, value] of Object.entries(changes)) {
    const known = Array.from(changed.keys()).find((one) => one.toLowerCase() === name.toLowerCase());
    if (value === null) changed.delete(known ?? name);
    else if (known === undefined) changed.set(name, value);
    else {
      // Kept where it stood, in the spelling that is asked for.
      const entries = Array.from(changed, ([key, old]): [string, string] =>
        key === known ? [name, value] : [key, old],
      );
      changed.clear();
      for (const [key, entry] of entries) changed.set(key, entry);
    }
  }
  return changed;
}

function namesIn(fields: ReadonlyMap<string, string>, spec: RequestSpec, name: string): string[] {
  const set = Array.from(fields).filter(([one]) => one.toLowerCase() === name);
  const added = [...(spec.first ?? []), ...(spec.add ?? [])].filter((line) =>
    line.toLowerCase().startsWith(`${name}:`),
  );
  const values = [...set.map(([, value]) => value), ...added.map((line) => line.slice(name.length + 1))];
  return values.flatMap((value) => value.split(',')).map((one) => one.trim());
}

/**
 * Says what is wrong with an answer that has the status 101.
 *
 * @returns `undefined` if it accepts what was asked for (RFC 6455 §4.2.2)
 */
export function findAcceptanceProblem(head: HttpHead, request: WrittenRequest): string | undefined {
  const accept = head.fields.get('sec-websocket-accept') ?? [];
  const protocol = fieldOf(head, 'sec-websocket-protocol');
  const unasked = listOf(fieldOf(head, 'sec-websocket-extensions'))
    .map((one) => one.split(';')[0]?.trim() ?? '')
    .filter((one) => !request.extensions.some((offered) => offered.toLowerCase() === one));

  if (!head.startLine.startsWith('HTTP/1.1 101')) return `101 with the status line "${head.startLine}"`;
  if (fieldOf(head, 'upgrade')?.toLowerCase() !== 'websocket')
    return '101 without Upgrade: websocket (RFC 6455 §4.2.2)';
  if (!listOf(fieldOf(head, 'connection')).includes('upgrade'))
    return '101 without Connection: Upgrade (RFC 6455 §4.2.2)';
  if (accept.length !== 1 || accept[0] !== acceptFor(request.key))
    return 'wrong Sec-WebSocket-Accept (RFC 6455 §4.2.2)';
  if (protocol !== undefined && !request.protocols.includes(protocol)) {
    return `subprotocol "${protocol}" was not offered (RFC 6455 §4.2.2)`;
  }
  if (unasked.length > 0) return `extension ${unasked.join(', ')} was not offered (RFC 6455 §4.2.2)`;
  return undefined;
}
