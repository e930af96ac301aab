import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { CloseEvent, WebSocket, WebSocketError, WebSocketStream } from '../../src/web/index.ts';
import { BLOCKED_PORTS } from '../../src/web/blocked-ports.ts';
import { isDOMException } from './dom-exception.ts';
import { describeClose, record } from './pages.ts';

/** Nobody listens there, and nobody is asked. */
const NOWHERE = 'ws://127.0.0.1:1/';

/** Makes a WebSocket that is given up at once. */
function make(...args: ConstructorParameters<typeof WebSocket>): WebSocket {
  const socket = new WebSocket(...args);
  socket.close();
  return socket;
}

function lengthOf({ prototype }: { readonly prototype: object }, method: string): unknown {
  return Reflect.get(Object(Reflect.get(prototype, method)) as object, 'length');
}

describe('The interface of WebSocket', () => {
  const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

  for (const [name, value] of Object.entries(CONSTANTS)) {
    it(`has the constant ${name}, on the interface and its prototype`, () => {
      for (const owner of [WebSocket, WebSocket.prototype]) {
        assert.deepEqual(Object.getOwnPropertyDescriptor(owner, name), {
          value,
          writable: false,
          enumerable: true,
          configurable: false,
        });
      }
      assert.equal(Reflect.get(make(NOWHERE), name), value);
    });
  }

  for (const [type, name, members] of [
    [
      WebSocket,
      'WebSocket',
      ['binaryType', 'bufferedAmount', 'close', 'extensions', 'onclose', 'onerror', 'onmessage', 'onopen', 'protocol']
        .concat(['readyState', 'send', 'url'])
        .concat(Object.keys(CONSTANTS)),
    ],
    [CloseEvent, 'CloseEvent', ['code', 'reason', 'wasClean']],
    [WebSocketStream, 'WebSocketStream', ['close', 'closed', 'opened', 'url']],
    [WebSocketError, 'WebSocketError', ['closeCode', 'reason']],
  ] as const) {
    it(`of ${name} has these members, which can be enumerated`, () => {
      assert.deepEqual(Object.keys(type.prototype).sort(), [...members].sort());
      assert.equal(Reflect.get(type.prototype, Symbol.toStringTag), name);
    });
  }

  it('is an EventTarget', () => {
    assert.equal(Object.getPrototypeOf(WebSocket), EventTarget);
    assert.ok(make(NOWHERE) instanceof EventTarget);
    assert.equal(Object.prototype.toString.call(make(NOWHERE)), '[object WebSocket]');
  });

  /** Values with which each member would do something, or fail otherwise. */
  const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
    send: ['a'],
    close: [1],
    binaryType: ['neither'],
  };

  for (const { name: owner, prototype } of [WebSocket, WebSocketStream, WebSocketError, CloseEvent]) {
    for (const name of Object.getOwnPropertyNames(prototype).filter((one) => one !== 'constructor')) {
      const member = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
      const uses = ['get', 'set', 'value'].map((use): unknown => Reflect.get(member, use));
      const isPromise = name === 'opened' || name === 'closed';

      it(`${isPromise ? 'rejects for' : 'refuses'} another object as this of ${owner}.${name}`, async () => {
        for (const other of [{}, prototype]) {
          for (const use of uses.filter((one) => typeof one === 'function')) {
            const call = (): unknown => Reflect.apply(use, other, ARGUMENTS[name] ?? []);
            if (isPromise) await assert.rejects(call() as Promise<unknown>, TypeError);
            else assert.throws(call, { name: 'TypeError' });
          }
        }
      });
    }
  }

  it('has functions of as many parameters as the standard demands', () => {
    const lengths = [WebSocket, CloseEvent, WebSocketStream, WebSocketError].map(({ length }) => length);

    assert.deepEqual(lengths, [1, 1, 1, 0]);
    assert.deepEqual([lengthOf(WebSocket, 'close'), lengthOf(WebSocket, 'send')], [0, 1]);
    assert.equal(lengthOf(WebSocketStream, 'close'), 0);
  });

  it('has no options that nobody knows, and says which one may be meant', () => {
    for (const type of [WebSocket, WebSocketStream]) {
      const misspelled: object = { header: { a: 'b' } };
      const message = new RegExp(`^${type.name} has no option "header".*"headers"`);
      assert.throws(() => new type(NOWHERE, misspelled), { name: 'LocalUsageError', message });
      for (const name of ['subprotocols', 'extensionPoints', 'lendPayload']) {
        assert.throws(() => new type(NOWHERE, { [name]: [] }), { name: 'LocalUsageError' });
      }
      const isNone = { name: 'LocalUsageError', message: /concurrentHandshakes is 'yes'|"yes"/ };
      assert.throws(() => new type(NOWHERE, { concurrentHandshakes: 'yes' } as object), isNone);
    }
  });

  it('starts with these values', () => {
    const socket = new WebSocket(NOWHERE);

    const { readyState, bufferedAmount, protocol, extensions, binaryType, onopen, onmessage, onerror, onclose } =
      socket;
    socket.close();

    assert.deepEqual([readyState, bufferedAmount, protocol, extensions, binaryType], [0, 0, '', '', 'blob']);
    assert.deepEqual([onopen, onmessage, onerror, onclose], [null, null, null, null]);
  });

  it('ignores a binaryType that there is not', () => {
    const socket = make(NOWHERE);

    const seen = ['arraybuffer', 'nodebuffer', 'blob', 'Blob', ''].map((type) => {
      Reflect.set(socket, 'binaryType', type);
      return socket.binaryType;
    });

    assert.deepEqual(seen, ['arraybuffer', 'arraybuffer', 'blob', 'blob', 'blob']);
  });
});

describe('The URL', () => {
  for (const [given, url] of [
    ['ws://127.0.0.1:1', 'ws://127.0.0.1:1/'],
    ['WS://LocalHost:1/a/../b?c d', 'ws://localhost:1/b?c%20d'],
    ['wss://localhost:443/', 'wss://localhost/'],
    ['http://localhost:80/x', 'ws://localhost/x'],
    ['https://localhost:443/x', 'wss://localhost/x'],
    ['http://localhost:443/x', 'ws://localhost:443/x'],
    ['ws://localhost:1/\ud800', 'ws://localhost:1/%EF%BF%BD'],
    [new URL('ws://localhost:1/url'), 'ws://localhost:1/url'],
  ] as const) {
    it(`${String(given)} is serialized as ${url}`, () => {
      assert.equal(make(given).url, url);
      const stream = new WebSocketStream(given);
      stream.close();
      assert.equal(stream.url, url);
    });
  }

  for (const given of [
    'ws://localhost/#fragment',
    'ws://localhost/#',
    '/relative',
    'relative',
    '',
    'ftp://localhost/',
    'ws+unix:///tmp/socket',
    'ws://',
    'mailto:someone',
    'about:blank',
  ]) {
    it(`${JSON.stringify(given)} is a SyntaxError`, () => {
      assert.throws(() => new WebSocket(given), isDOMException('SyntaxError'));
      assert.throws(() => new WebSocketStream(given), isDOMException('SyntaxError'));
    });
  }

  it('must be given', () => {
    assert.throws(() => Reflect.construct(WebSocket, []), TypeError);
    assert.throws(() => Reflect.construct(WebSocketStream, []), TypeError);
  });
});

describe('Subprotocols', () => {
  for (const protocols of [
    ['chat', 'chat'],
    ['chat', 'CHAT'],
    [''],
    '',
    'a b',
    'a,b',
    'é',
    ['ok', 'a\tb'],
    '\u0001',
    'a/b',
  ]) {
    it(`${JSON.stringify(protocols)} are a SyntaxError`, () => {
      assert.throws(() => new WebSocket(NOWHERE, protocols), isDOMException('SyntaxError'));
      assert.throws(() => new WebSocket(NOWHERE, { protocols }), isDOMException('SyntaxError'));
      const list = typeof protocols === 'string' ? [protocols] : protocols;
      assert.throws(() => new WebSocketStream(NOWHERE, { protocols: list }), isDOMException('SyntaxError'));
    });
  }

  it('of a WebSocketStream are a list', () => {
    assert.throws(() => new WebSocketStream(NOWHERE, { protocols: 'hi' as unknown as string[] }), TypeError);
  });
});

describe('Ports that are blocked', () => {
  for (const port of BLOCKED_PORTS) {
    it(`${String(port)} fails the connection, and nobody is asked`, async () => {
      let isAsked = false;
      const createConnection = (): never => {
        isAsked = true;
        throw new Error('connected');
      };
      const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, { createConnection });
      const journal = record(socket);

      await journal.has('close');

      assert.equal(isAsked, false);
      assert.deepEqual(journal.lines, ['error', 'close unclean 1006']);
    });
  }
});

describe('CloseEvent', () => {
  for (const [init, expected] of [
    [undefined, 'close unclean 0'],
    [{}, 'close unclean 0'],
    [{ wasClean: true, code: 1000, reason: 'bye' }, 'close clean 1000 bye'],
    [{ code: 66_536, reason: 'a\ud800' }, 'close unclean 1000 a\ufffd'],
  ] as const) {
    it(`made of ${inspect(init)} is ${expected}`, () => {
      const event = new CloseEvent('close', init);

      assert.ok(event instanceof Event);
      assert.equal(event.type, 'close');
      assert.equal(describeClose(event), expected);
    });
  }

  it('is made of the members of an Event, too', () => {
    assert.equal(new CloseEvent('close', { cancelable: true }).cancelable, true);
    assert.throws(() => Reflect.construct(CloseEvent, []), TypeError);
  });
});

describe('WebSocketError', () => {
  it('is a DOMException with a name and no code of its own', () => {
    const error = new WebSocketError('it failed');

    assert.ok(error instanceof DOMException && error instanceof Error && error instanceof WebSocketError);
    assert.deepEqual([error.name, error.message, error.code], ['WebSocketError', 'it failed', 0]);
    assert.deepEqual([error.closeCode, error.reason], [null, '']);
    assert.equal(new WebSocketError().message, '');
  });

  for (const [init, closeCode, reason] of [
    [{ closeCode: 1000 }, 1000, ''],
    [{ closeCode: 3000, reason: 'r' }, 3000, 'r'],
    [{ closeCode: 4999 }, 4999, ''],
    [{ reason: 'r' }, 1000, 'r'],
    [{ reason: '' }, null, ''],
    [{ reason: 'x'.repeat(123) }, 1000, 'x'.repeat(123)],
  ] as const) {
    it(`of ${JSON.stringify(init).slice(0, 40)} has ${String(closeCode)}`, () => {
      const error = new WebSocketError('', init);

      assert.deepEqual([error.closeCode, error.reason], [closeCode, reason]);
    });
  }

  for (const [init, name] of [
    [{ closeCode: 999 }, 'InvalidAccessError'],
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 2999 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ reason: 'x'.repeat(124) }, 'SyntaxError'],
    [{ closeCode: 1000, reason: 'é'.repeat(62) }, 'SyntaxError'],
  ] as const) {
    it(`of ${JSON.stringify(init).slice(0, 40)} is an ${name}`, () => {
      assert.throws(() => new WebSocketError('', init), isDOMException(name));
    });
  }

  for (const init of [{ closeCode: 65_536 }, { closeCode: -1 }, { closeCode: NaN }, 'text']) {
    it(`of ${JSON.stringify(init)} is a TypeError`, () => {
      assert.throws(() => new WebSocketError('', init as object), TypeError);
    });
  }
});
