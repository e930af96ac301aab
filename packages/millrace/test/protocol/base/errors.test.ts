import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Closure } from '../../../src/protocol/base/closure.ts';
import {
  ConnectionClosedError,
  HandshakeError,
  InvalidPayloadError,
  LimitExceededError,
  LocalUsageError,
  MillraceError,
  RemoteProtocolError,
  TransportError,
  brand,
  causeOf,
  explain,
  toError,
} from '../../../src/protocol/base/errors.ts';

const CLOSURE: Closure = {
  code: 1001,
  reason: 'restart',
  wasClean: true,
  initiator: 'remote',
  unsentBytes: 0,
  discardedBytes: 0,
};

/** Every class, so that the table says which of them an error belongs to and which not. */
const CLASSES = [
  LocalUsageError,
  RemoteProtocolError,
  LimitExceededError,
  InvalidPayloadError,
  HandshakeError,
  ConnectionClosedError,
  TransportError,
];

const ERRORS: [error: MillraceError, code: string, message: string, classes: string][] = [
  [new LocalUsageError('no'), 'MILLRACE_LOCAL_USAGE', 'no', 'LocalUsageError'],
  [
    new RemoteProtocolError('masked frame', 'RFC 6455 §5.1'),
    'MILLRACE_REMOTE_PROTOCOL',
    'masked frame (RFC 6455 §5.1)',
    'RemoteProtocolError',
  ],
  [
    new LimitExceededError({ option: 'maxFrameSize', limit: 10, size: 11 }),
    'MILLRACE_LIMIT_EXCEEDED',
    '11 bytes exceed maxFrameSize, 10 bytes (RFC 6455 §10.4)',
    'RemoteProtocolError LimitExceededError',
  ],
  [
    new InvalidPayloadError('not UTF-8', 'RFC 6455 §8.1'),
    'MILLRACE_INVALID_PAYLOAD',
    'not UTF-8 (RFC 6455 §8.1)',
    'RemoteProtocolError InvalidPayloadError',
  ],
  [new HandshakeError('refused'), 'MILLRACE_HANDSHAKE', 'refused', 'HandshakeError'],
  [
    new ConnectionClosedError(CLOSURE),
    'MILLRACE_CONNECTION_CLOSED',
    'connection closed with 1001: restart',
    'ConnectionClosedError',
  ],
  [new TransportError('reset'), 'MILLRACE_TRANSPORT', 'reset', 'TransportError'],
];

describe('each error', () => {
  for (const [error, code, message, classes] of ERRORS) {
    const name = classes.split(' ').at(-1) ?? '';

    it(`of class ${name} has a name, a code, a message and its place in the tree`, () => {
      const belongsTo = CLASSES.filter((candidate) => error instanceof candidate);

      assert.ok(error instanceof Error);
      assert.ok(error instanceof MillraceError);
      assert.equal(belongsTo.map((candidate) => candidate.name).join(' '), classes);
      assert.equal(error.name, name);
      assert.equal(error.code, code);
      assert.equal(error.message, message);
    });

    it(`of class ${name} begins its stack with its name, and lists no name among its properties`, () => {
      assert.ok(error.stack?.startsWith(`${name}: ${message}\n`), error.stack);
      assert.equal(Object.keys(error).includes('name'), false);
      assert.equal(String(error), `${name}: ${message}`);
    });
  }

  it('has a code that no other class has', () => {
    const codes = new Set(ERRORS.map(([error]) => error.code));

    assert.equal(codes.size, CLASSES.length);
  });
});

describe('RemoteProtocolError', () => {
  it('carries the rule, and 1002 unless told otherwise', () => {
    const plain = new RemoteProtocolError('bad', 'RFC 6455 §5.4');
    const coded = new RemoteProtocolError('bad', 'RFC 7692 §7', 1010);

    assert.deepEqual([plain.rule, plain.closeCode], ['RFC 6455 §5.4', 1002]);
    assert.deepEqual([coded.rule, coded.closeCode], ['RFC 7692 §7', 1010]);
  });

  it('carries what the header said of a frame that broke the rule, whatever becomes of that object', () => {
    const header = { opcode: 9, fin: false, reservedBits: 4, payloadLength: 126, maskingKey: 1 };
    const error = RemoteProtocolError.ofFrame('bad', 'RFC 6455 §5.5', header);
    header.opcode = 1;

    assert.deepEqual(error.frame, { opcode: 9, fin: false, reservedBits: 4, payloadLength: 126 });
    assert.ok(Object.isFrozen(error.frame));
    assert.deepEqual([error.message, error.closeReason], ['bad (RFC 6455 §5.5)', 'bad']);
    assert.deepEqual([error.rule, error.closeCode], ['RFC 6455 §5.5', 1002]);
  });

  it('carries no frame for a rule that no header breaks', () => {
    assert.equal(new RemoteProtocolError('bad', 'RFC 6455 §5.4').frame, undefined);
  });
});

describe('LimitExceededError', () => {
  it('carries option, limit and size, and 1009 unless told otherwise', () => {
    const { option, limit, size, rule, closeCode } = new LimitExceededError({ option: 'x', limit: 1, size: 2 });

    assert.deepEqual({ option, limit, size }, { option: 'x', limit: 1, size: 2 });
    assert.equal(rule, 'RFC 6455 §10.4');
    assert.equal(closeCode, 1009);
    assert.equal(new LimitExceededError({ option: 'x', limit: 1, size: 2 }, 1008).closeCode, 1008);
  });

  it('says what to do about it, if there is something', () => {
    const error = new LimitExceededError({ option: 'x', limit: 1, size: 2, advice: 'read it as a stream' });

    assert.equal(error.message, '2 bytes exceed x, 1 bytes; read it as a stream (RFC 6455 §10.4)');
  });
});

describe('InvalidPayloadError', () => {
  it('carries its rule and 1007', () => {
    const error = new InvalidPayloadError('bad', 'RFC 6455 §8.1');

    assert.deepEqual([error.rule, error.closeCode], ['RFC 6455 §8.1', 1007]);
  });
});

describe('HandshakeError', () => {
  it('carries what is known of the HTTP exchange', () => {
    const cause = new Error('beneath');
    const error = new HandshakeError('refused', { status: 403, headers: { server: 'x' }, body: 'no', cause });

    assert.equal(error.status, 403);
    assert.deepEqual(error.headers, { server: 'x' });
    assert.equal(error.body, 'no');
    assert.equal(error.cause, cause);
  });

  it('is empty where nothing is known', () => {
    const error = new HandshakeError('refused');

    assert.equal(error.status, undefined);
    assert.deepEqual(error.headers, {});
    assert.equal(error.body, '');
    assert.equal(Object.hasOwn(error, 'cause'), false);
  });
});

describe('ConnectionClosedError', () => {
  it('carries the closure, and its error as the cause', () => {
    const cause = new TransportError('reset');
    const closure: Closure = { ...CLOSURE, code: 1006, wasClean: false, error: cause };
    const error = new ConnectionClosedError(closure);

    assert.equal(error.closure, closure);
    assert.equal(error.cause, cause);
  });

  it('says nothing of a reason that is empty', () => {
    const error = new ConnectionClosedError({ ...CLOSURE, code: 1005, reason: '' });

    assert.equal(error.message, 'connection closed with 1005');
    assert.equal(error.cause, undefined);
  });
});

describe('TransportError', () => {
  it('carries the error of the socket as its cause', () => {
    const cause = new Error('ECONNRESET');

    assert.equal(new TransportError('reset', { cause }).cause, cause);
  });
});

describe('toError', () => {
  it('returns an error as it is, of whatever class', () => {
    for (const error of [new Error('a'), new RangeError('b'), new TransportError('c')]) {
      assert.equal(toError(error), error);
    }
  });

  const others: [name: string, thrown: unknown][] = [
    ['text', 'text'],
    ['undefined', undefined],
    ['null', null],
    ['a bigint', 7n],
    ['a symbol', Symbol('s')],
    ['an object that cannot be written as text', Object.create(null)],
  ];
  for (const [name, thrown] of others) {
    it(`makes an error of ${name}, and keeps it as the cause`, () => {
      const error = toError(thrown);

      assert.equal(error.message, 'a value that is no error was thrown');
      assert.ok(Object.hasOwn(error, 'cause'));
      assert.equal(error.cause, thrown);
    });
  }
});

describe('instanceof', () => {
  /** What another copy of this package makes. */
  class TheirError extends Error {
    static {
      brand(this, 'MillraceError');
    }
  }
  class TheirUsageError extends TheirError {
    static {
      brand(this, 'LocalUsageError');
    }
  }

  it('knows the errors of another copy of this package', () => {
    const error = new TheirUsageError('x');

    assert.ok(error instanceof LocalUsageError);
    assert.ok(error instanceof MillraceError);
    assert.equal(error instanceof TransportError, false);
  });

  it('is as ever for classes that extend ours', () => {
    class Mine extends LocalUsageError {}

    assert.ok(new Mine('x') instanceof Mine);
    assert.ok(new Mine('x') instanceof LocalUsageError);
    assert.equal(new LocalUsageError('x') instanceof Mine, false);
    assert.equal(new TheirUsageError('x') instanceof Mine, false);
  });

  const trap = (): never => {
    throw new Error('trap');
  };
  const hostile = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const values: [name: string, value: unknown][] = [
    ['a proxy that throws', hostile],
    ['a proxy that was revoked', revoked.proxy],
    ['nothing', undefined],
    ['null', null],
    ['a string', 'x'],
    ['another error', new Error('x')],
    ['what only has a code', { code: 'MILLRACE_LOCAL_USAGE' }],
  ];
  for (const [name, value] of values) {
    it(`says no to ${name}`, () => {
      class Mine extends LocalUsageError {}

      for (const Class of [MillraceError, LocalUsageError, Mine]) assert.equal(value instanceof Class, false);
    });

    it(`makes an error of ${name}, and says something of it`, () => {
      assert.ok(toError(value) instanceof Error);
      assert.equal(typeof explain(value), 'string');
      assert.equal(causeOf(value), undefined);
    });
  }
});

describe('causeOf', () => {
  it('is what is behind an error', () => {
    const cause = new Error('first');
    assert.equal(causeOf(new Error('second', { cause })), cause);
    assert.equal(causeOf({ cause }), undefined);
  });
});

describe('explain', () => {
  const rows: [error: unknown, text: string][] = [
    [new Error('lost'), 'lost'],
    ['lost', 'lost'],
    [Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [new TypeError(''), 'TypeError'],
    [new AggregateError([new Error('a'), new Error('b'), new Error('a')]), 'a; b'],
    [new AggregateError([new Error('a')], 'all of them'), 'all of them'],
    [
      new AggregateError(Array.from({ length: 10 }, (_, n) => new Error(String(n)))),
      '0; 1; 2; 3; 4; 5; 6; 7; and 2 more',
    ],
    [Object.assign(new Error('x'), { message: Symbol('x') }), 'Error'],
    [5, 'a value that is no error was thrown'],
  ];
  for (const [error, text] of rows) {
    it(`says ${text}`, () => {
      assert.equal(explain(error), text);
    });
  }
});
