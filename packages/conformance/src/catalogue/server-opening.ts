import type { ConformanceCase } from '../model/case.ts';
import { answered, close, echoed, ended, numbered, text, wait, type CaseSeed } from './dsl.ts';
import { accepted, either, refused, request } from './opening-dsl.ts';
import { SERVER_REFUSALS } from './server-refusals.ts';

const VALID: readonly CaseSeed[] = [
  { ...request('a plain handshake', 'Only what RFC 6455 demands.', '§4.2.1', {}), ...accepted() },
  {
    ...request('field names in lower case', 'Names of fields do not depend on case.', '§4.2.1', {
      set: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' },
    }),
    ...accepted(),
  },
  {
    ...request('field names in upper case', 'Names of fields do not depend on case.', '§4.2.1', {
      set: { UPGRADE: 'websocket', CONNECTION: 'Upgrade', 'SEC-WEBSOCKET-VERSION': '13' },
    }),
    ...accepted(),
  },
  {
    ...request('Upgrade: WebSocket', 'The value of Upgrade does not depend on case.', '§4.2.1', {
      set: { Upgrade: 'WebSocket' },
    }),
    ...accepted(),
  },
  {
    ...request('Upgrade: WEBSOCKET', 'The value of Upgrade does not depend on case.', '§4.2.1', {
      set: { Upgrade: 'WEBSOCKET' },
    }),
    ...accepted(),
  },
  {
    ...request('Connection: upgrade', 'The tokens of Connection do not depend on case.', '§4.2.1', {
      set: { Connection: 'upgrade' },
    }),
    ...accepted(),
  },
  {
    ...request('Connection: keep-alive, Upgrade', 'Firefox sends this list.', '§4.2.1', {
      set: { Connection: 'keep-alive, Upgrade' },
    }),
    ...accepted(),
  },
  {
    ...request('Connection: Upgrade,keep-alive', 'A list without spaces.', '§4.2.1', {
      set: { Connection: 'Upgrade,keep-alive' },
    }),
    ...accepted(),
  },
  {
    ...request('two Connection fields', 'A list may be split over fields of one name.', 'RFC 9110 §5.3', {
      set: { Connection: 'keep-alive' },
      add: ['Connection: Upgrade'],
    }),
    ...accepted(),
  },
  {
    ...request('no space after the colons', 'Whitespace before a value is optional.', 'RFC 9112 §5', {
      set: { Upgrade: null, Connection: null },
      add: ['Upgrade:websocket', 'Connection:Upgrade'],
    }),
    ...accepted(),
  },
  {
    ...request('whitespace around values', 'Tabs and spaces around a value do not belong to it.', 'RFC 9112 §5', {
      set: { Upgrade: null, Connection: null },
      add: ['Upgrade:  \twebsocket \t', 'Connection: \t Upgrade  '],
    }),
    ...accepted(),
  },
  {
    ...request('fields in another order', 'The order of fields is without meaning.', '§4.1', {
      set: { Upgrade: null, Connection: null },
      first: ['Sec-WebSocket-Foo: bar', 'Connection: Upgrade', 'Upgrade: websocket'],
    }),
    ...accepted(),
  },
  {
    ...request('fields that nobody knows', 'What a server does not know it ignores.', '§4.2.1', {
      add: ['X-Unknown: 1', 'Accept-Language: en', 'Cookie: a=b; c=d', 'Pragma: no-cache', 'User-Agent: conformance'],
    }),
    ...accepted(),
  },
  { ...request('an empty field', 'A field may have no value.', 'RFC 9112 §5', { add: ['X-Empty:'] }), ...accepted() },
  {
    ...request('a target in absolute form', 'Servers must accept it in requests.', 'RFC 9112 §3.2.2', {
      target: 'http://{authority}{target}',
    }),
    ...either('a target in absolute form was refused'),
  },
  {
    ...request('byte by byte', 'Each byte of the request comes in its own write.', '§4.2.1', { cut: { every: 1 } }),
    ...accepted(),
  },
  {
    ...request('in pieces of 7 bytes', 'The request comes in many writes.', '§4.2.1', { cut: { every: 7, pause: 1 } }),
    ...accepted(),
  },
  {
    ...request('cut before the last byte', 'The last byte of the request comes late.', '§4.2.1', {
      cut: { at: [60, 100, 140], pause: 20 },
    }),
    ...accepted(),
  },
  {
    ...request('a field of 2 KiB', 'A cookie of 2 KiB.', '§4.2.1', { add: [`Cookie: a=${'x'.repeat(2048)}`] }),
    ...accepted(),
  },
  {
    ...request('40 fields', 'Forty fields more.', '§4.2.1', {
      add: Array.from({ length: 40 }, (_, index) => `X-${String(index)}: y`),
    }),
    ...accepted(),
  },
  {
    ...request('a byte above 0x7F in a field', 'Field values may hold such bytes.', 'RFC 9110 §5.5', {
      add: ['X-Name: caf\u00e9'],
    }),
    ...accepted(),
  },
  {
    ...request('an Origin of the server itself', 'What a page of the same host sends.', '§10.2', {
      add: ['Origin: http://{authority}'],
    }),
    ...either('a page of the same origin was refused'),
  },
  {
    ...request('an Origin of another host', 'What a page of another host sends.', '§10.2', {
      add: ['Origin: http://elsewhere.example'],
    }),
    ...either('a page of another origin was refused, as a server may'),
  },
  {
    ...request('Origin: null', 'What a sandboxed page sends.', '§10.2', { add: ['Origin: null'] }),
    ...either('an opaque origin was refused, as a server may'),
  },
  {
    ...request('a key of zeros', 'Sixteen zero bytes are a key.', '§4.2.1', {
      set: { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
    }),
    ...accepted(),
  },
  {
    ...request('the key of RFC 6455', 'The nonce of the example in §1.3.', '§4.2.2', {
      set: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    }),
    ...accepted(),
  },
  {
    ...request('a key with all signs of base64', 'Slashes and pluses are part of the alphabet.', '§4.2.2', {
      set: { 'Sec-WebSocket-Key': '/+/+/+/+/+/+/+/+/+/+/w==' },
    }),
    ...accepted(),
  },
];

/** §9.1 demands failure; who knows no extensions need not read the field, and harms nobody. */
const UNREAD = {
  lenient: { verdict: 'non-strict', because: 'ignored, where §9.1 demands failure at what breaks the grammar' },
} as const;

const SUBPROTOCOLS: readonly CaseSeed[] = [
  {
    ...request('a subprotocol', 'A server that does not speak it leaves it out, or refuses.', '§4.2.2', {
      add: ['Sec-WebSocket-Protocol: conformance.example'],
    }),
    ...either('refused for the subprotocol'),
  },
  {
    ...request('three subprotocols', 'The answer names one of them or none.', '§4.2.2', {
      add: ['Sec-WebSocket-Protocol: a.example, b.example,c.example'],
    }),
    ...either('refused for the subprotocols'),
  },
  {
    ...request('subprotocols in two fields', 'A list may be split over fields of one name.', '§11.3.4', {
      add: ['Sec-WebSocket-Protocol: a.example', 'Sec-WebSocket-Protocol: b.example'],
    }),
    ...either('refused for the subprotocols'),
  },
  {
    ...request('an unknown extension', 'The answer does not accept it.', '§9.1', {
      add: ['Sec-WebSocket-Extensions: x-unknown'],
    }),
    ...accepted(),
  },
  {
    ...request('an unknown extension with parameters', 'Parameters with values, quoted and not.', '§9.1', {
      add: ['Sec-WebSocket-Extensions: x-unknown; a=1; b="2"; c, x-other'],
    }),
    ...accepted(),
  },
  {
    ...request('extensions in two fields', 'A list may be split over fields of one name.', '§9.1', {
      add: ['Sec-WebSocket-Extensions: x-one', 'Sec-WebSocket-Extensions: x-two; a'],
    }),
    ...accepted(),
  },
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name) => ({
    ...request(`an extension named ${name}`, 'A name that objects have as a member.', '§9.1', {
      add: [`Sec-WebSocket-Extensions: ${name}; ${name}`],
    }),
    ...accepted(),
  })),
  {
    ...request('a subprotocol named __proto__', 'A name that objects have as a member.', '§4.2.1', {
      add: ['Sec-WebSocket-Protocol: __proto__, constructor'],
    }),
    ...either('refused for the subprotocols'),
  },
  {
    ...request('the same subprotocol twice', 'The names in the list must be unique.', '§4.1', {
      add: ['Sec-WebSocket-Protocol: a.example, a.example'],
    }),
    ...refused({ lenient: { verdict: 'non-strict', because: 'accepted' } }),
  },
  {
    ...request('an empty subprotocol field', 'A list of one name at least.', '§4.1', {
      add: ['Sec-WebSocket-Protocol:'],
    }),
    ...refused({ lenient: { verdict: 'non-strict', because: 'accepted' } }),
  },
  {
    ...request('a subprotocol that is no token', 'Names must be tokens.', '§4.1', {
      add: ['Sec-WebSocket-Protocol: a@b'],
    }),
    ...refused({ lenient: { verdict: 'non-strict', because: 'accepted' } }),
  },
  {
    ...request('extensions that are no list', 'Only separators.', '§9.1', { add: ['Sec-WebSocket-Extensions: ;;;'] }),
    ...refused(UNREAD),
  },
  {
    ...request('an extension with an open quote', 'A quoted value without its end.', '§9.1', {
      add: ['Sec-WebSocket-Extensions: x; a="b'],
    }),
    ...refused(UNREAD),
  },
  {
    ...request('a long extension value of backslashes', 'What a careless expression needs ages for.', '§9.1', {
      add: [`Sec-WebSocket-Extensions: x; a="${'\\c'.repeat(800)}`],
    }),
    ...refused(UNREAD),
  },
  {
    ...request('a long run of spaces in the subprotocols', 'What a careless expression needs ages for.', '§4.1', {
      add: [`Sec-WebSocket-Protocol: a${' '.repeat(4000)}b`],
    }),
    ...refused({ lenient: { verdict: 'non-strict', because: 'accepted' } }),
  },
];

const BEHIND: readonly CaseSeed[] = [
  {
    ...request(
      'a message right behind the request',
      'Clients must wait; a server should not lose what comes early.',
      '§4.1',
      { frames: [text('open?')] },
    ),
    peers: ['server'],
    script: [wait('message', 1, 3000), { step: 'send', frames: [close(1000)] }, wait('end')],
    outcomes: [
      { verdict: 'ok', events: [{ event: 'open' }, echoed('text', 'open?'), answered(), ended] },
      {
        verdict: 'informational',
        because: 'a frame that came before the answer was not taken',
        events: [
          { event: 'open' },
          { event: 'timeout', times: [0, 1] },
          { event: 'close', times: [0, 1] },
          { event: 'end', times: [0, 1] },
        ],
      },
    ],
  },
  {
    ...request(
      'a refused request, and another behind it',
      'After a refusal nothing on the connection is to be answered, or a proxy could be fooled.',
      '§4.2.2',
      { set: { 'Sec-WebSocket-Version': '12' }, body: 'GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n' },
    ),
    peers: ['server'],
    script: [],
    outcomes: [
      {
        verdict: 'ok',
        events: [
          { event: 'refusal', statuses: ['4xx'] },
          { event: 'end', times: [0, 1] },
        ],
      },
      {
        verdict: 'non-strict',
        because: 'the second request was answered, too',
        events: [{ event: 'refusal' }, { event: 'refusal' }, { event: 'end', times: [0, 1] }],
      },
      { verdict: 'non-strict', because: 'refused without an answer (§4.2.1)', events: [ended] },
    ],
  },
  {
    ...request('half a request, and the end', 'The client goes away: a server goes on serving others.', '§4.2.1', {
      stopAfter: 60,
    }),
    peers: ['server'],
    script: [{ step: 'fin' }, wait('end', 1, 8000), { step: 'probe' }],
    outcomes: [
      {
        verdict: 'ok',
        events: [
          { event: 'refusal', times: [0, 1] },
          { event: 'end', times: [0, 1] },
          { event: 'probe', alive: true, times: [0, 1] },
        ],
      },
      {
        verdict: 'non-strict',
        because: 'the TCP connection stayed open',
        events: [{ event: 'timeout' }, { event: 'probe', alive: true, times: [0, 1] }],
      },
    ],
  },
  {
    ...request(
      'half a request, and nothing more',
      'A server does not wait for ever, but that takes too long to see: it serves others meanwhile.',
      '§4.2.1',
      { stopAfter: 60 },
    ),
    peers: ['server'],
    script: [{ step: 'quiet', time: 300 }, { step: 'probe' }, { step: 'drop' }],
    outcomes: [
      {
        verdict: 'ok',
        events: [
          { event: 'refusal', times: [0, 1] },
          { event: 'end', times: [0, 1] },
          { event: 'probe', alive: true },
        ],
      },
    ],
  },
];

/** Group 20: the opening handshake, with a server under test. */
export const SERVER_OPENING: readonly ConformanceCase[] = [
  ...numbered('20.1', VALID),
  ...numbered('20.2', SUBPROTOCOLS),
  ...SERVER_REFUSALS,
  ...numbered('20.6', BEHIND),
];
