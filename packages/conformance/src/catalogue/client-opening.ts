import type { CheckName, ConformanceCase } from '../model/case.ts';
import { echoed, exchange, numbered, text, type CaseSeed } from './dsl.ts';
import { rejected, suspicious, taken } from './opening-dsl.ts';

const HELLO = exchange([text('Hello')], [echoed('text', 'Hello')]);

/** What a client's request must be. */
const REQUEST: readonly (readonly [title: string, section: string, check: CheckName])[] = [
  ['the request is GET with HTTP/1.1', '§4.1', 'request-line'],
  ['one Host', '§4.1', 'request-host'],
  ['Upgrade names websocket', '§4.1', 'request-upgrade'],
  ['Connection names Upgrade', '§4.1', 'request-connection'],
  ['Sec-WebSocket-Key is 16 bytes in base64', '§4.1', 'request-key'],
  ['Sec-WebSocket-Version is 13', '§4.1', 'request-version'],
  ['no field that must be single is repeated', '§11.3', 'request-unique-fields'],
  ['subprotocols are different tokens', '§4.1', 'request-protocols'],
  ['extensions follow the grammar', '§9.1', 'request-extensions'],
  ['all fields are well-formed', 'RFC 9112 §5', 'request-fields-well-formed'],
  ['Origin is an origin, if it is there', '§4.1', 'request-origin'],
  ['the request has no body', '§4.1', 'request-no-body'],
  ['the key is new for each connection', '§4.1', 'key-is-fresh'],
];

const requests: readonly CaseSeed[] = [
  ...REQUEST.map(([title, section, check]): CaseSeed => ({
    title,
    section,
    description: 'The opening handshake of the client is read; then it is accepted, and a message echoed.',
    peers: ['client'],
    ...HELLO,
    checks: [check],
  })),
  {
    title: 'nothing is sent before the answer',
    section: '§4.1',
    description: 'The answer comes late: a client sends nothing until then.',
    peers: ['client'],
    response: { delay: 250 },
    ...HELLO,
    checks: ['request-no-early-frames'],
  },
];

const TAKEN: readonly CaseSeed[] = [
  taken('a plain answer', 'Only what RFC 6455 demands.', '§4.1', {}),
  taken('another reason phrase', 'The text behind 101 is free.', '§4.1', {
    status: 'HTTP/1.1 101 WebSocket Protocol Handshake',
  }),
  taken('no reason phrase', 'The text behind 101 may be empty.', 'RFC 9112 §4', { status: 'HTTP/1.1 101 ' }),
  taken('Upgrade: WebSocket', 'The value does not depend on case.', '§4.1', { set: { Upgrade: 'WebSocket' } }),
  taken('Connection: upgrade', 'The token does not depend on case.', '§4.1', { set: { Connection: 'upgrade' } }),
  taken('Connection: keep-alive, Upgrade', 'A list that names Upgrade.', '§4.1', {
    set: { Connection: 'keep-alive, Upgrade' },
  }),
  taken('field names in lower case', 'Names do not depend on case.', '§4.1', {
    set: { upgrade: 'websocket', connection: 'Upgrade' },
  }),
  taken('fields that nobody knows', 'What a client does not know it ignores.', '§4.1', {
    add: [
      'Server: conformance',
      'Date: Thu, 01 Jan 1970 00:00:00 GMT',
      'X-Unknown: 1',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
    ],
  }),
  taken('whitespace around the accept value', 'Leading and trailing whitespace is ignored.', '§4.1', {
    accept: '  {accept} \t',
  }),
  taken('the answer byte by byte', 'Each byte in its own write.', '§4.1', { cut: { every: 1 } }),
  taken('the answer in pieces of 11 bytes', 'Many writes.', '§4.1', { cut: { every: 11, pause: 1 } }),
  taken('the answer after half a second', 'A client waits.', '§4.1', { delay: 500 }),
  taken('no space after the colons', 'Whitespace before a value is optional.', 'RFC 9112 §5', {
    set: { Upgrade: null, Connection: null },
    add: ['Upgrade:websocket', 'Connection:Upgrade'],
  }),
  taken('an interim answer before it', 'A 103 comes first.', 'RFC 9110 §15.2', {
    raw: 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n',
  }),
];

const ACCEPT: readonly (readonly [title: string, accept: string])[] = [
  ['an empty Sec-WebSocket-Accept', ''],
  ["another key's Sec-WebSocket-Accept", '{other}'],
  ['a Sec-WebSocket-Accept cut short', 'abc'],
  ['a Sec-WebSocket-Accept with something behind it', '{accept}x'],
  ['a Sec-WebSocket-Accept with something before it', 'x{accept}'],
  ['a Sec-WebSocket-Accept in quotes', '"{accept}"'],
  ['a list of Sec-WebSocket-Accepts', '{accept}, {accept}'],
];

const MISSING: readonly CaseSeed[] = [
  ...ACCEPT.map(([title, accept]) =>
    rejected(title, 'The value must belong to the key that was sent.', '§4.1', { accept }),
  ),
  rejected('no Sec-WebSocket-Accept', 'It must be there.', '§4.1', { set: { 'Sec-WebSocket-Accept': null } }),
  rejected('two different Sec-WebSocket-Accepts', 'It must be there once.', '§11.3.3', {
    add: ['Sec-WebSocket-Accept: {other}'],
  }),
  rejected('the key itself as Sec-WebSocket-Accept', 'The value must be computed from the key.', '§4.1', {
    accept: 'dGhlIHNhbXBsZSBub25jZQ==',
  }),
  rejected('no Upgrade', 'Upgrade must be there.', '§4.1', { set: { Upgrade: null } }),
  rejected('Upgrade: h2c', 'Upgrade must be websocket.', '§4.1', { set: { Upgrade: 'h2c' } }),
  rejected('an empty Upgrade', 'Upgrade must be websocket.', '§4.1', { set: { Upgrade: '' } }),
  rejected('Upgrade: websockets', 'The name is compared as a whole.', '§4.1', { set: { Upgrade: 'websockets' } }),
  rejected('no Connection', 'Connection must be there.', '§4.1', { set: { Connection: null } }),
  rejected('Connection: keep-alive', 'Connection must name Upgrade.', '§4.1', { set: { Connection: 'keep-alive' } }),
  rejected('Connection: notupgrade', 'A token is compared as a whole.', '§4.1', { set: { Connection: 'notupgrade' } }),
];

const STATUSES = [
  '200 OK',
  '204 No Content',
  '302 Found',
  '400 Bad Request',
  '401 Unauthorized',
  '403 Forbidden',
  '404 Not Found',
  '426 Upgrade Required',
  '500 Internal Server Error',
  '503 Service Unavailable',
];

const REFUSALS: readonly CaseSeed[] = [
  ...STATUSES.map((status) =>
    rejected(`status ${status}`, 'Only 101 opens a connection, whatever the other fields say.', '§4.1', {
      status: `HTTP/1.1 ${status}`,
      add: ['Content-Length: 0'],
      frames: [],
    }),
  ),
  rejected('a refusal with a body', 'Status 403 and a text.', '§4.1', {
    raw: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\nConnection: close\r\n\r\nForbidden',
  }),
  rejected('a refusal with a chunked body', 'Status 500 and a text in chunks.', '§4.1', {
    raw: 'HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nsorry\r\n0\r\n\r\n',
  }),
  suspicious(
    { title: 'HTTP/1.0 101', section: '§4.1', description: 'The Upgrade mechanism is one of HTTP/1.1.' },
    { status: 'HTTP/1.0 101 Switching Protocols' },
    'non-strict',
    'accepted',
  ),
  rejected('no HTTP at all', 'Text that is no answer.', '§4.1', { raw: 'Hello, this is a mail server\r\n\r\n' }),
  rejected('frames without an answer', 'A frame in place of an answer.', '§4.1', { raw: '\x81\x05Hello\r\n\r\n' }),
  rejected('a status line without a status', 'The status line ends early.', '§4.1', { status: 'HTTP/1.1' }),
  rejected('a status of two digits', 'A status has three digits.', '§4.1', {
    status: 'HTTP/1.1 10 Switching Protocols',
  }),
  rejected('a status of four digits', 'A status has three digits.', '§4.1', {
    status: 'HTTP/1.1 1010 Switching Protocols',
  }),
];

const UNASKED: readonly CaseSeed[] = [
  rejected('a subprotocol that was not offered', 'A server may name only what was offered.', '§4.1', {
    add: ['Sec-WebSocket-Protocol: not-offered.example'],
  }),
  rejected('two subprotocols', 'A server may name one.', '§4.1', {
    add: ['Sec-WebSocket-Protocol: a.example, b.example'],
  }),
  rejected('a subprotocol named __proto__', 'A name that objects have as a member, and that was not offered.', '§4.1', {
    add: ['Sec-WebSocket-Protocol: __proto__'],
  }),
  rejected('a subprotocol with a byte above 0x7F', 'No token, and not offered.', '§4.1', {
    add: ['Sec-WebSocket-Protocol: caf\u00e9'],
  }),
  rejected('an extension that was not offered', 'A server may accept only what was offered.', '§4.1', {
    add: ['Sec-WebSocket-Extensions: x-not-offered'],
  }),
  rejected('an extension that was not offered, with parameters', 'A server may accept only what was offered.', '§4.1', {
    add: ['Sec-WebSocket-Extensions: x-not-offered; a=1; b="2"'],
  }),
  rejected(
    'an extension named constructor',
    'A name that objects have as a member, and that was not offered.',
    '§4.1',
    { add: ['Sec-WebSocket-Extensions: constructor'] },
  ),
  rejected('extensions that are no list', 'Only separators.', '§9.1', { add: ['Sec-WebSocket-Extensions: ;;;'] }),
];

const MALFORMED: readonly CaseSeed[] = [
  suspicious(
    {
      title: '101 with a body',
      section: 'RFC 9110 §15.2',
      description: 'Content-Length: 3 behind 101; no such answer has a body.',
    },
    { add: ['Content-Length: 3'], body: 'abc' },
    'non-strict',
    'accepted',
  ),
  suspicious(
    {
      title: '101 with a chunked body',
      section: 'RFC 9110 §15.2',
      description: 'Transfer-Encoding: chunked behind 101; no such answer has a body.',
    },
    { add: ['Transfer-Encoding: chunked'] },
    'non-strict',
    'accepted',
  ),
  suspicious(
    { title: 'a space before a colon', section: 'RFC 9112 §5.1', description: 'No whitespace is allowed there.' },
    { add: ['X-Odd : 1'] },
    'non-strict',
    'accepted',
  ),
  suspicious(
    { title: 'a NUL in a field', section: 'RFC 9110 §5.5', description: 'A control character in a value.' },
    { add: ['X-Odd: a\0b'] },
    'non-strict',
    'accepted',
  ),
  suspicious(
    { title: 'a line without a colon', section: 'RFC 9112 §5', description: 'A line that is no field.' },
    { add: ['just text'] },
    'non-strict',
    'accepted',
  ),
  suspicious(
    { title: 'a field of 200 KiB', section: '§10.4', description: 'More than a client should keep for a stranger.' },
    { add: [`X-Long: ${'x'.repeat(200 * 1024)}`] },
    'informational',
    'accepted',
  ),
  suspicious(
    { title: '5000 fields', section: '§10.4', description: 'More than a client should keep for a stranger.' },
    { first: Array.from({ length: 5000 }, (_, index) => `a${String(index)}: b`) },
    'informational',
    'accepted',
  ),
  suspicious(
    { title: 'line ends without CR', section: 'RFC 9112 §2.2', description: 'LF alone.' },
    { eol: '\n' },
    'non-strict',
    'accepted',
  ),
];

const GONE: readonly CaseSeed[] = [
  {
    title: 'no answer, and the end',
    section: '§4.1',
    description: 'The TCP connection ends without an answer: the client ends its side.',
    peers: ['client'],
    response: { raw: '' },
    script: [{ step: 'fin' }, { step: 'await', what: 'end', count: 1, within: 3000 }],
    outcomes: [{ verdict: 'ok', events: [{ event: 'end' }] }],
  },
  {
    title: 'half an answer, and the end',
    section: '§4.1',
    description: 'The TCP connection ends inside the answer: the client ends its side.',
    peers: ['client'],
    response: { raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso' },
    script: [{ step: 'fin' }, { step: 'await', what: 'end', count: 1, within: 3000 }],
    outcomes: [{ verdict: 'ok', events: [{ event: 'end' }] }],
  },
  {
    title: 'an answer that accepts, and the end',
    section: '§7.1.5',
    description: 'The TCP connection ends right behind the answer: the client ends its side.',
    peers: ['client'],
    script: [{ step: 'fin' }, { step: 'await', what: 'end', count: 1, within: 3000 }],
    outcomes: [{ verdict: 'ok', events: [{ event: 'close', times: [0, 1] }, { event: 'end' }] }],
  },
];

/** Group 21: the opening handshake, with a client under test. */
export const CLIENT_OPENING: readonly ConformanceCase[] = [
  ...numbered('21.1', requests),
  ...numbered('21.2', TAKEN),
  ...numbered('21.3', MISSING),
  ...numbered('21.4', REFUSALS),
  ...numbered('21.5', UNASKED),
  ...numbered('21.6', MALFORMED),
  ...numbered('21.7', GONE),
];
