import assert from 'node:assert/strict';
import { it } from 'node:test';

import {
  LocalUsageError,
  WebSocketClientFactory,
  WebSocketServerFactory,
  type WebSocketServerProtocol,
} from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { describeInBothWays, startServer } from '../helpers/hook-peers.ts';
import { PlainClient, PlainServer, openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

/** Values of the wrong type, and what an error calls them. */
const NO_PAYLOADS: [value: unknown, name: RegExp][] = [
  [5, /is 5/],
  [true, /is true/],
  [null, /is null/],
  [undefined, /undefined/],
  [[1, 2], /an array/],
  [new ArrayBuffer(2), /an ArrayBuffer/],
  [new Uint16Array(2), /an? Uint16Array/],
  [new DataView(new ArrayBuffer(2)), /a DataView/],
  [{ length: 2 }, /an object/],
  [Symbol('s'), /is Symbol\(s\)/],
];

type Call = (protocol: WebSocketServerProtocol, value: never) => unknown;

const PAYLOAD_CALLS: [name: string, call: Call][] = [
  ['sendMessage', (one, value) => one.sendMessage(value)],
  ['sendMessage as text', (one, value) => one.sendMessage(value, { binary: false })],
  ['sendMessageFrame', (one, value) => one.sendMessageFrame(value)],
  ['sendMessageFrameData', (one, value) => one.sendMessageFrameData(value)],
  ['prepareMessage', (one, value) => one.factory.prepareMessage(value)],
];

const OTHER_CALLS: [name: string, call: Call, values: unknown[]][] = [
  ['sendMessage: options', (one, value) => one.sendMessage('x', value), [null, 5, 'binary']],
  ['sendMessage: binary', (one, value) => one.sendMessage('x', { binary: value }), [null, 'yes', 1]],
  [
    'sendMessage: fragmentSize',
    (one, value) => one.sendMessage('x', { fragmentSize: value }),
    [null, 0, -1, 0.5, NaN, '5'],
  ],
  ['beginMessage: opcode', (one, value) => one.beginMessage(value), [null, 0, 3, 8, 16, -1, 1.5, NaN, '1', 'text']],
  ['sendMessageFrame: options', (one, value) => one.sendMessageFrame(hex(''), value), [null, 5]],
  ['sendMessageFrame: final', (one, value) => one.sendMessageFrame(hex(''), { final: value }), [null, 'yes', 1]],
  ['beginMessageFrame: options', (one, value) => one.beginMessageFrame(1, value), [null, 5]],
  ['beginMessageFrame: reserved', (one, value) => one.beginMessageFrame(1, { reserved: value }), ['4', 1, 8]],
  [
    'beginMessageFrame: length',
    (one, value) => one.beginMessageFrame(value),
    [null, undefined, '5', -1, 0.5, NaN, Infinity, 2 ** 53, -1n],
  ],
  [
    'sendPreparedMessage',
    (one, value) => one.sendPreparedMessage(value),
    [null, undefined, 5, 'text', {}, hex('81 00')],
  ],
  ['prepareMessage: options', (one, value) => one.factory.prepareMessage('x', value), [null, 5]],
  ['prepareMessage: binary', (one, value) => one.factory.prepareMessage('x', { binary: value }), [null, 'yes']],
  ['sendPing', (one, value) => one.sendPing(value), [null, 'text', 5, new Uint8Array(126)]],
  ['sendPong', (one, value) => one.sendPong(value), [null, 'text', 5, new Uint8Array(126)]],
  [
    'sendControlFrame: opcode',
    (one, value) => one.sendControlFrame(value, hex('')),
    [null, undefined, '9', 1, 8, 0xb, 16, NaN],
  ],
  ['sendControlFrame: payload', (one, value) => one.sendControlFrame(9, value), [null, 'text', 5, new Uint8Array(126)]],
  ['sendControlFrame: reserved', (one, value) => one.sendControlFrame(9, hex(''), value), ['4', 4, 8, -1, NaN]],
  [
    'sendClose: code',
    (one, value) => one.sendClose(value),
    [null, '1000', 999, 1004, 1005, 1006, 1010, 1015, 2999, 5000, 1000.5, NaN],
  ],
  ['sendClose: reason', (one, value) => one.sendClose(1000, value), [null, 5, 'x'.repeat(124), '\u{1f600}'.repeat(31)]],
  ['sendClose: a reason without a code', (one, value) => one.sendClose(undefined, value), ['x']],
  [
    'registerProducer',
    (one, value) => one.registerProducer(value, true),
    [null, undefined, 5, {}, { resumeProducing: () => undefined }],
  ],
];

describeInBothWays('A method of a protocol', (reading) => {
  it('throws a LocalUsageError that names the value, and changes nothing', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    const throwsFor = (name: string, call: Call, value: unknown, message: RegExp): void => {
      assert.throws(
        () => call(protocol, value as never),
        { constructor: LocalUsageError, message },
        `${name} ${String(value)}`,
      );
    };

    for (const [name, call] of PAYLOAD_CALLS) {
      for (const [value, expected] of NO_PAYLOADS) throwsFor(name, call, value, expected);
    }
    for (const [name, call, values] of OTHER_CALLS) {
      const needsMessage = /MessageFrame/.test(name);
      for (const value of values) {
        if (needsMessage && protocol.stats.messagesSent === 0) protocol.sendMessage('first');
        throwsFor(name, call, value, naming(value));
      }
    }
    protocol.beginMessage();
    for (const [name, call, values] of OTHER_CALLS) {
      if (!/MessageFrame/.test(name)) continue;
      for (const value of values) throwsFor(name, call, value, naming(value));
    }
    protocol.endMessage();

    assert.deepEqual(await peer.describe(2), ['81: 66 69 72 73 74', '81:']);
  });
});

/** What a message has to say about a value; of long ones, their size. */
function naming(value: unknown): RegExp {
  if (typeof value === 'string' && value.length > 60) return /\d+ bytes/;
  if (value instanceof Uint8Array && value.length > 125) return /126 bytes/;
  if (typeof value === 'number')
    return new RegExp(`(?<![\\d.])${String(value)}\\b|0x${value.toString(16)}|NaN|message is open`, 'i');
  if (typeof value === 'object' && value !== null) return /\bis an? \w+/;
  return new RegExp(`${String(value)}|message is open`);
}

describeInBothWays('A factory', (reading) => {
  const OPTIONS: [name: string, value: unknown][] = [
    ['sharedReadBuffer', 'yes'],
    ['lendPayload', 'yes'],
    ['lendPayload', 1],
    ['maxMessageSize', -1],
    ['maxFrameSize', '5'],
    ['closeTimeout', NaN],
    ['keepAlive', true],
    ['keepAlive', { interval: 0 }],
    ['highWaterMark', null],
    ['fragmentSize', 0],
  ];
  for (const [name, value] of OPTIONS) {
    it(`refuses ${name}: ${JSON.stringify(value)}`, () => {
      const message = new RegExp(`option ${name}`);
      const options = { ...reading, [name]: value };

      const server = (): unknown =>
        new WebSocketServerFactory('ws://localhost:9000', { protocol: PlainServer, ...options });
      const client = (): unknown =>
        new WebSocketClientFactory('ws://localhost:9000', { protocol: PlainClient, ...options });

      if (value === null) assert.doesNotThrow(server);
      else assert.throws(server, { constructor: LocalUsageError, message });
      if (value !== null) assert.throws(client, { constructor: LocalUsageError, message });
    });
  }

  const URLS: [url: string, tls: boolean, message: RegExp][] = [
    ['http://localhost', false, /expected a ws: or wss: URL/],
    ['localhost:9000', false, /expected a ws: or wss: URL/],
    ['', false, /expected a ws: or wss: URL/],
    ['wss://localhost', false, /expected the option tls/],
    ['ws://localhost', true, /expected wss:/],
    ['ws://me@localhost', false, /no user name/],
    ['ws://localhost/?q', false, /no user name, query or fragment/],
    ['ws://localhost/#f', false, /no user name, query or fragment/],
  ];
  for (const [url, isEncrypted, message] of URLS) {
    it(`refuses to listen on '${url}'${isEncrypted ? ' with TLS' : ''}`, () => {
      const tls = isEncrypted ? {} : undefined;

      assert.throws(() => new WebSocketServerFactory(url, { protocol: PlainServer, tls, ...reading }), {
        constructor: LocalUsageError,
        message,
      });
    });
  }

  const PLACES: [url: string, place: object][] = [
    ['ws://localhost:9000', { host: 'localhost', port: 9000 }],
    ['ws://[::1]:9000/chat', { host: '::1', port: 9000 }],
    ['ws://localhost', { host: 'localhost', port: 80 }],
  ];
  for (const [url, place] of PLACES) {
    it(`reads where to listen from ${url}`, () => {
      const { serverOptions } = new WebSocketServerFactory(url, { protocol: PlainServer, ...reading });

      const options = { backlog: 511, exclusive: false, ipv6Only: false, ...place };
      assert.deepEqual(serverOptions.place, { kind: 'listen', options });
      assert.equal(serverOptions.path, url.endsWith('/chat') ? '/chat' : undefined);
    });
  }
});
