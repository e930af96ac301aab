import type { Defects } from './behaviour.ts';
import type { Habits } from './habits.ts';
import { acceptOf, elements, single, tokens, type Head } from './head.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const EXTENSION = /^\s*[!#$%&'*+\-.^_`|~\w]+\s*(;\s*[!#$%&'*+\-.^_`|~\w]+\s*(=\s*("?)[!#$%&'*+\-.^_`|~\w]+\3\s*)?)*$/;

/** An answer to send, and whether it opens a connection. */
export interface Answer {
  readonly text: string;
  readonly accepted: boolean;
}

/** Answers a request. */
export function answerRequest(head: Head, defects: Defects, habits: Habits): Answer {
  const status = judge(head, defects);
  if (status !== undefined) return refuse(status, defects);
  const key = head.fields.get('sec-websocket-key')?.[0] ?? '';
  return { text: `${acceptanceOf(head, key, defects, habits).join('\r\n')}\r\n\r\n`, accepted: true };
}

function acceptanceOf(head: Head, key: string, defects: Defects, habits: Habits): string[] {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${defects.answers === 'wrong accept' ? key : acceptOf(key)}`,
  ];
  const chosen = elements(head, 'sec-websocket-protocol').find((one) => one !== '');
  if (habits.negotiates === true && chosen !== undefined) lines.push(`Sec-WebSocket-Protocol: ${chosen}`);
  if (defects.answers !== 'no Connection') lines.push('Connection: Upgrade');
  const protocol = head.fields.get('sec-websocket-protocol')?.join(', ');
  const extension = head.fields.get('sec-websocket-extensions')?.join(', ');
  if (defects.answers === 'any subprotocol' && protocol !== undefined)
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (defects.answers === 'any extension' && extension !== undefined)
    lines.push('Sec-WebSocket-Extensions: permessage-deflate');
  return habits.oddHeads === true ? oddAcceptance(key) : lines;
}

/** Fields in another order and in other cases than usual, and more of them. */
function oddAcceptance(key: string): string[] {
  return [
    'HTTP/1.1 101 Web Socket Protocol Handshake',
    `SEC-WEBSOCKET-ACCEPT:${acceptOf(key)}  `,
    'date: Thu, 01 Jan 1970 00:00:00 GMT',
    'cONNECTION: keep-alive',
    'Set-Cookie: a=b',
    'Set-Cookie: c=d',
    'connection:UPGRADE',
    'UPGRADE: \t WebSocket',
    'server: naive',
    'x-empty:',
  ];
}

function refuse(status: number, defects: Defects): Answer {
  const code = defects.answers === 'status 200' ? 200 : status;
  const version = defects.answers === 'no version' ? '' : 'Sec-WebSocket-Version: 13\r\n';
  return {
    text: `HTTP/1.1 ${String(code)} Refused\r\n${version}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    accepted: false,
  };
}

/** The status that a request deserves, or `undefined` if it is fine. */
function judge(head: Head, defects: Defects): number | undefined {
  const { accepts, answers } = defects;
  const methods = accepts === 'POST' ? 'GET|POST' : 'GET';
  const versions = accepts === 'HTTP/1.0' ? '1\\.[01]' : '1\\.1';
  if (!head.valid || !new RegExp(`^(${methods}) (/|https?://)[^ #]* HTTP/${versions}$`).test(head.start)) return 400;
  if (answers === 'case-sensitive names' && !head.names.includes('Upgrade')) return 400;
  return judgeUpgrade(head, defects) ?? judgeKey(head, defects) ?? judgeLists(head);
}

function judgeUpgrade(head: Head, defects: Defects): number | undefined {
  const { accepts, answers } = defects;
  const upgrade = single(head, 'upgrade') ?? '';
  const connection = tokens(head, 'connection');
  const host = (accepts === 'two Hosts' ? head.fields.get('host')?.[0] : single(head, 'host')) ?? '';
  if (accepts !== 'no Host' && !/^(\[[0-9a-f:]+\]|[\w.~-]+)(:\d+)?$/i.test(host)) return 400;
  if (accepts !== 'any Upgrade' && upgrade.toLowerCase() !== 'websocket') return 426;
  if (answers === 'case-sensitive values' && upgrade !== 'websocket') return 400;
  const upgrading = connection.some(
    (one) => one === 'upgrade' || (accepts === 'notupgrade' && one.includes('upgrade')),
  );
  return upgrading ? judgeRest(head, defects) : 426;
}

function judgeRest(head: Head, { accepts }: Defects): number | undefined {
  const body = (head.fields.get('content-length') ?? ['0']).join() !== '0' || head.fields.has('transfer-encoding');
  if (body && accepts !== 'a body') return 400;
  return (head.fields.get('origin')?.length ?? 0) > 1 ? 400 : undefined;
}

function judgeKey(head: Head, { accepts }: Defects): number | undefined {
  const key = accepts === 'two keys' ? head.fields.get('sec-websocket-key')?.[0] : single(head, 'sec-websocket-key');
  if (accepts !== 'no key' && !/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key ?? '')) return 400;
  const version = single(head, 'sec-websocket-version');
  if (accepts === 'any version' || version === '13') return undefined;
  return version !== undefined && /^\d{1,3}$/.test(version) ? 426 : 400;
}

function judgeLists(head: Head): number | undefined {
  const protocols = head.fields
    .get('sec-websocket-protocol')
    ?.join(',')
    .split(',')
    .map((one) => one.trim());
  const extensions = head.fields.get('sec-websocket-extensions')?.join(',').split(',');
  if (
    protocols !== undefined &&
    (!protocols.every((one) => TOKEN.test(one)) || new Set(protocols).size < protocols.length)
  )
    return 400;
  return extensions !== undefined && !extensions.every((one) => EXTENSION.test(one)) ? 400 : undefined;
}
