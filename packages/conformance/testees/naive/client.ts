import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import { driveCases } from '../drive-cases.ts';
import type { Defects } from './behaviour.ts';
import type { Habits } from './habits.ts';
import { mask, readHeader } from './frame.ts';
import { acceptOf, MAX_HEAD, readHead, single, tokens, type Head } from './head.ts';
import { NaivePeer } from './peer.ts';

/** Time for an answer, in milliseconds. */
const ANSWER_LIMIT = 5000;

/** Runs all cases of a fuzzing server with an echo client, with defects and habits or without. */
export function runNaiveClient(url: string, agent: string, defects: Defects, habits: Habits = {}): Promise<void> {
  return driveCases(url, agent, tell, (target) =>
    open(target, { defects, habits }, (socket) => new NaivePeer(socket, 'client', defects, habits)),
  );
}

/** Takes one message; the server of the suite is trusted to speak correctly there. */
function tell(target: string, onText: (text: string) => void): Promise<void> {
  let received = Buffer.alloc(0);
  return open(target, { defects: {}, habits: {} }, (socket) => ({
    receive: (chunk) => {
      received = Buffer.concat([received, chunk]);
      const header = readHeader(received, {});
      const end = header === undefined ? Infinity : header.size + Number(header.frame.length);
      if (header === undefined || received.length < end) return;
      onText(received.subarray(header.size, end).toString());
      const key = randomBytes(4);
      socket.end(Buffer.concat([Buffer.from([0x88, 0x82]), key, mask(Buffer.from([3, 232]), key, 0)]));
    },
    end: () => socket.end(),
  }));
}

interface Behaviour {
  readonly defects: Defects;
  readonly habits: Habits;
}

interface Receiver {
  receive(chunk: Buffer): void;
  end(): void;
}

/** Connects; resolves when the connection is over. */
function open(target: string, { defects, habits }: Behaviour, start: (socket: Socket) => Receiver): Promise<void> {
  const url = new URL(target);
  return new Promise((resolve) => {
    const socket = connect({ port: Number(url.port), host: url.hostname, allowHalfOpen: true, noDelay: true });
    const key =
      defects.requests === 'the same key'
        ? 'dGhlIHNhbXBsZSBub25jZQ=='
        : randomBytes(defects.requests === 'short key' ? 15 : 16).toString('base64');
    let text = '';
    let receiver: Receiver | undefined;
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on('end', () => (receiver === undefined ? socket.end() : receiver.end()));
    socket.on('data', (chunk: Buffer) => {
      if (receiver !== undefined) {
        receiver.receive(chunk);
        return;
      }
      text += chunk.toString('latin1');
      const answer = readAnswer(text, key, defects);
      if (answer === 'incomplete') return;
      if (answer === 'refused') {
        socket.destroy();
        return;
      }
      clearTimeout(timer);
      receiver = start(socket);
      if (answer.rest.length > 0 && defects.losesBytesBehindOpening !== true) receiver.receive(answer.rest);
    });
    socket.write(writeRequest(url, key, { defects, habits }));
    if (defects.requests === 'frames early') socket.write(Buffer.from('8180000000 00'.replace(' ', ''), 'hex'));
  });
}

function writeRequest(url: URL, key: string, { defects: { requests }, habits }: Behaviour): string {
  const lines = [
    `${requests === 'POST' ? 'POST' : 'GET'} ${url.pathname}${url.search} HTTP/${requests === 'HTTP/1.0' ? '1.0' : '1.1'}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Version: ${requests === 'version 8' ? '8' : '13'}`,
  ];
  if (requests !== 'no Host') lines.push(`Host: ${url.host}`);
  if (requests === 'two versions') lines.push('Sec-WebSocket-Version: 13');
  if (habits.negotiates === true) lines.push(...OFFERS);
  return `${(habits.oddHeads === true ? oddRequest(lines) : lines).join('\r\n')}\r\n\r\n`;
}

/** What a client offers that is refused: it goes on without. */
const OFFERS = [
  'Sec-WebSocket-Extensions: x-deflate; client_max_window_bits, x-unknown; a="b"; c=1',
  'Sec-WebSocket-Protocol: chat.example, superchat.example',
];

/** Fields in another order and in other cases than usual, and more of them. */
function oddRequest([line = '', ...fields]: readonly string[]): string[] {
  const odd = fields.map((field, index) => {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon);
    return `${index % 2 === 0 ? name.toUpperCase() : name.toLowerCase()}:${field.slice(colon + 1)}`;
  });
  return [line, 'accept-encoding: gzip', 'Pragma: no-cache', ...odd.reverse(), 'user-agent: naive', 'cookie: a=b; c=d'];
}

/** Reads the answer to an opening handshake, behind interim ones. */
function readAnswer(
  received: string,
  key: string,
  defects: Defects,
): 'incomplete' | 'refused' | { readonly rest: Buffer } {
  let text = received;
  while (/^HTTP\/1\.1 10[^1] [^]*?\r\n\r\n/.test(text)) text = text.slice(text.indexOf('\r\n\r\n') + 4);
  const end = text.indexOf('\r\n\r\n');
  const bad = /[^\r]\n/.test(end === -1 ? text : text.slice(0, end));
  if (end === -1 && !bad && text.length <= MAX_HEAD && defects.expectsOpeningInOneChunk !== true) return 'incomplete';
  if (end === -1 || end > MAX_HEAD || !isAcceptable(readHead(text.slice(0, end)), key, defects)) return 'refused';
  return { rest: Buffer.from(text.slice(end + 4), 'latin1') };
}

function isAcceptable(head: Head, key: string, defects: Defects): boolean {
  const { trusts } = defects;
  if (!head.valid || (trusts !== 'any status' && !/^HTTP\/1\.1 101( |$)/.test(head.start))) return false;
  return upgrades(head, defects) && fitsRequest(head, key, defects);
}

function upgrades(head: Head, { trusts }: Defects): boolean {
  const upgrade = single(head, 'upgrade') ?? '';
  if (trusts === 'case-sensitive values' && upgrade !== 'websocket') return false;
  if (trusts !== 'any Upgrade' && upgrade.toLowerCase() !== 'websocket') return false;
  return trusts === 'any Connection' || tokens(head, 'connection').includes('upgrade');
}

function fitsRequest(head: Head, key: string, { trusts }: Defects): boolean {
  const { fields } = head;
  if (trusts !== 'any accept' && single(head, 'sec-websocket-accept') !== acceptOf(key)) return false;
  if (trusts !== 'any subprotocol' && fields.has('sec-websocket-protocol')) return false;
  if (trusts !== 'any extension' && fields.has('sec-websocket-extensions')) return false;
  return (fields.get('content-length') ?? ['0']).join() === '0' && !fields.has('transfer-encoding');
}
