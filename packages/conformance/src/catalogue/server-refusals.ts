import type { ConformanceCase } from '../model/case.ts';
import { numbered, type CaseSeed } from './dsl.ts';
import { refused, refusedBody, request } from './opening-dsl.ts';

const lenient = (
  because: string,
): { readonly lenient: { readonly verdict: 'non-strict'; readonly because: string } } => ({
  lenient: { verdict: 'non-strict', because },
});
const informational = (
  because: string,
): { readonly lenient: { readonly verdict: 'informational'; readonly because: string } } => ({
  lenient: { verdict: 'informational', because },
});

/** What a handshake must have. */
const INVALID: readonly CaseSeed[] = [
  ...['POST', 'HEAD', 'PUT', 'OPTIONS', 'get'].map((method) => ({
    ...request(`method ${method}`, 'A handshake is a GET request.', '§4.2.1', { method }),
    ...refused(),
  })),
  { ...request('HTTP/1.0', 'A handshake is HTTP/1.1 or higher.', '§4.2.1', { version: 'HTTP/1.0' }), ...refused() },
  { ...request('HTTP/0.9', 'A handshake is HTTP/1.1 or higher.', '§4.2.1', { version: 'HTTP/0.9' }), ...refused() },
  { ...request('no version of HTTP', 'A request line with two parts.', '§4.2.1', { version: '' }), ...refused() },
  {
    ...request('an invalid version of HTTP', 'A request line with HTTP/x.y.', '§4.2.1', { version: 'HTTP/x.y' }),
    ...refused(),
  },
  {
    ...request('no Host', 'A server must answer a request without Host with 400.', 'RFC 9112 §3.2', {
      set: { Host: null },
    }),
    ...refused({ statuses: [400] }),
  },
  {
    ...request('two Hosts', 'A server must answer a request with two Hosts with 400.', 'RFC 9112 §3.2', {
      add: ['Host: elsewhere.example'],
    }),
    ...refused({ statuses: [400] }),
  },
  {
    ...request('a Host with a space', 'Host is a name or an address, with or without a port.', 'RFC 9112 §3.2', {
      set: { Host: 'a b' },
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a Host with a path', 'Host is a name or an address, with or without a port.', 'RFC 9112 §3.2', {
      set: { Host: 'a/b@c' },
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('an empty Host', 'A target in origin form has a host.', '§4.2.1', { set: { Host: '' } }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a malformed Host', 'A bracket without its end.', 'RFC 9112 §3.2', { set: { Host: '[' } }),
    ...refused(lenient('accepted')),
  },
  { ...request('no Upgrade', 'Upgrade must be there.', '§4.2.1', { set: { Upgrade: null } }), ...refused() },
  { ...request('Upgrade: h2c', 'Upgrade must name websocket.', '§4.2.1', { set: { Upgrade: 'h2c' } }), ...refused() },
  { ...request('an empty Upgrade', 'Upgrade must name websocket.', '§4.2.1', { set: { Upgrade: '' } }), ...refused() },
  {
    ...request('Upgrade: websockets', 'The name is compared as a whole.', '§4.2.1', { set: { Upgrade: 'websockets' } }),
    ...refused(),
  },
  {
    ...request('Upgrade: websocket, h2c', 'A list that names websocket: RFC 6455 leaves it open.', '§4.2.1', {
      set: { Upgrade: 'websocket, h2c' },
    }),
    ...refused(informational('accepted')),
  },
  { ...request('no Connection', 'Connection must be there.', '§4.2.1', { set: { Connection: null } }), ...refused() },
  {
    ...request('Connection: keep-alive', 'Connection must name Upgrade.', '§4.2.1', {
      set: { Connection: 'keep-alive' },
    }),
    ...refused(),
  },
  {
    ...request('Connection: notupgrade', 'A token is compared as a whole.', '§4.2.1', {
      set: { Connection: 'notupgrade' },
    }),
    ...refused(),
  },
  {
    ...request('Connection: close', 'Connection must name Upgrade.', '§4.2.1', { set: { Connection: 'close' } }),
    ...refused(),
  },
  {
    ...request('no key', 'Sec-WebSocket-Key must be there.', '§4.2.1', { set: { 'Sec-WebSocket-Key': null } }),
    ...refused(),
  },
  { ...request('an empty key', 'A key is 16 bytes.', '§4.2.1', { set: { 'Sec-WebSocket-Key': '' } }), ...refused() },
  ...(
    [
      ['of 3 bytes', 'AAAA'],
      ['of 15 bytes', 'AAAAAAAAAAAAAAAAAAAA'],
      ['of 17 bytes', 'AAAAAAAAAAAAAAAAAAAAAAA='],
      ['of 24 bytes', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
      ['without padding', 'dGhlIHNhbXBsZSBub25jZQ'],
      ['that is no base64', '!!!!!!!!!!!!!!!!!!!!!!=='],
      ['in base64url', '-_-_-_-_-_-_-_-_-_-_-w=='],
    ] as const
  ).map(([name, key]) => ({
    ...request(`a key ${name}`, 'A key is 16 bytes in base64.', '§4.2.1', { set: { 'Sec-WebSocket-Key': key } }),
    ...refused(lenient('accepted, though the key is not 16 bytes in base64')),
  })),
  {
    ...request('a key that is not canonical', 'Its last character has bits that belong to no byte.', '§4.2.1', {
      set: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' },
    }),
    ...refused(informational('accepted')),
  },
  {
    ...request('two keys', 'Sec-WebSocket-Key must not come twice.', '§11.3.1', {
      add: ['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
    }),
    ...refused(),
  },
];

const version = (value: string | null): { readonly set: Readonly<Record<string, string | null>> } => ({
  set: { 'Sec-WebSocket-Version': value },
});

const SUPPORTED = { 'Sec-WebSocket-Version': null } as const;

const VERSIONS: readonly CaseSeed[] = [
  { ...request('no version', 'Sec-WebSocket-Version must be there.', '§4.2.1', version(null)), ...refused() },
  ...['0', '7', '8', '12', '14', '25', '255'].map((value) => ({
    ...request(
      `version ${value}`,
      'A version that is not 13. The answer names those that are spoken.',
      '§4.2.2',
      version(value),
    ),
    ...refused({
      statuses: [426, 400],
      fields: SUPPORTED,
      lenient: value === '8' ? { verdict: 'informational', because: 'the draft version 8 was accepted' } : undefined,
    }),
  })),
  ...['013', '+13', '13.0', '1 3', '256', 'x', '-13', '13;', '0x0d'].map((value) => ({
    ...request(
      `version "${value}"`,
      'No version: a number from 0 to 255 without leading zeros.',
      '§4.3',
      version(value),
    ),
    ...refused({ statuses: ['4xx'] }),
  })),
  {
    ...request('two versions', 'Sec-WebSocket-Version must come once.', '§11.3.5', {
      add: ['Sec-WebSocket-Version: 8'],
    }),
    ...refused(),
  },
  { ...request('a list of versions', 'A list is for answers.', '§4.1', version('13, 8')), ...refused() },
];

/** What is no request at all. */
const MALFORMED: readonly CaseSeed[] = [
  { ...request('line ends without CR', 'LF alone.', 'RFC 9112 §2.2', { eol: '\n' }), ...refused(lenient('accepted')) },
  {
    ...request('a space before a colon', 'No whitespace is allowed there.', 'RFC 9112 §5.1', { add: ['X-Odd : 1'] }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a folded field', 'A value that goes on in the next line.', 'RFC 9112 §5.2', {
      add: ['X-Folded: a', ' b'],
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a NUL in a field', 'A control character in a value.', 'RFC 9110 §5.5', { add: ['X-Odd: a\0b'] }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a CR in a field', 'A control character in a value.', 'RFC 9110 §5.5', { add: ['X-Odd: a\rb'] }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a field without a name', 'A line that begins with a colon.', 'RFC 9112 §5', { add: [': x'] }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a line without a colon', 'A line that is no field.', 'RFC 9112 §5', { add: ['just text'] }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a target with a fragment', 'A WebSocket URI has no fragment.', '§3', { target: '{target}#fragment' }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a target without a slash', 'Neither origin form nor absolute form.', 'RFC 9112 §3.2', {
      target: 'chat',
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a target with a space', 'A request line with four parts.', 'RFC 9112 §3', { target: '/a b' }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a target *', 'The asterisk form is for OPTIONS.', 'RFC 9112 §3.2.4', { target: '*' }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a body', 'Content-Length: 5 and five bytes, which would be taken for frames.', '§4.1', {
      add: ['Content-Length: 5'],
      body: 'hello',
    }),
    ...refusedBody(),
  },
  {
    ...request('a chunked body', 'Transfer-Encoding: chunked and a body.', '§4.1', {
      add: ['Transfer-Encoding: chunked'],
      body: '5\r\nhello\r\n0\r\n\r\n',
    }),
    ...refusedBody(),
  },
  {
    ...request('Content-Length and Transfer-Encoding', 'What request smuggling begins with.', 'RFC 9112 §6.1', {
      add: ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\n',
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('two different Content-Lengths', 'What request smuggling begins with.', 'RFC 9112 §6.3', {
      add: ['Content-Length: 0', 'Content-Length: 5'],
    }),
    ...refused(lenient('accepted')),
  },
  {
    ...request('a field of 100 KiB', 'More than a server should keep for a stranger.', '§10.4', {
      add: [`X-Long: ${'x'.repeat(100 * 1024)}`],
    }),
    ...refused(informational('accepted')),
  },
  {
    ...request(
      '3000 fields in front',
      'Some servers leave out fields above a number, and then miss Upgrade.',
      '§10.4',
      { first: Array.from({ length: 3000 }, (_, index) => `a${String(index)}: `) },
    ),
    ...refused(informational('accepted')),
  },
  {
    ...request('3000 fields behind', 'Some servers leave out fields above a number.', '§10.4', {
      add: Array.from({ length: 3000 }, (_, index) => `a${String(index)}: `),
    }),
    ...refused(informational('accepted')),
  },
  {
    ...request('a target of 100 KiB', 'More than a server should keep for a stranger.', '§10.4', {
      target: `{target}?${'x'.repeat(100 * 1024)}`,
    }),
    ...refused(informational('accepted')),
  },
  {
    ...request('frames without a handshake', 'A text frame in place of a request.', '§4.2', {
      method: '\x81\x85\x01\x02\x03\x04Hello',
    }),
    ...refused(),
  },
  {
    ...request('a TLS ClientHello', 'TLS on a port that may not speak it.', '§4.1', {
      method: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    }),
    ...refused(),
  },
  {
    ...request('two Origins', 'Origin must come once.', '§4.1', {
      add: ['Origin: http://{authority}', 'Origin: http://elsewhere.example'],
    }),
    ...refused(lenient('accepted')),
  },
];

/** Requests that a server must not accept. */
export const SERVER_REFUSALS: readonly ConformanceCase[] = [
  ...numbered('20.3', INVALID),
  ...numbered('20.4', VERSIONS),
  ...numbered('20.5', MALFORMED),
];
