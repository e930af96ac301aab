import { defencesIn } from './defences-in.js';

/** What the façades hold together: no wait without an end, nothing claimed by a look, no secret shown. */
export const FACADES = [
  ...defencesIn('connections/receiving/inbox.ts', ['connections/receiving/cut-message'], {
    'cut-message-fails': ['onMessageCut', 'body?.fail(new ConnectionClosedError(closure));', ''],
    'cut-message-is-no-work': ['get isWorking', 'atWork > (isCut ? 1 : 0)', 'atWork > 0'],
    'other-messages-are-work': ['get isWorking', 'atWork > (isCut ? 1 : 0)', 'atWork > (isCut ? 2 : 0)'],
  }),
  ...defencesIn('connections/open.ts', ['connections/receiving/cut-message'], {
    'cut-message-is-no-error': ['#handlerFailed', 'if (this.#engine.isEndOf(error)) {', 'if (false) {'],
  }),
  ...defencesIn('protocol/receive/read-ahead.ts', ['connections/receiving/cut-message'], {
    'cut-message-is-not-waited-for': ['get isSettled', 'this.#handedOut >= this.#begun', 'false'],
    'messages-before-a-cut-one-are-waited-for': ['get isSettled', 'this.#handedOut >= this.#begun', 'true'],
  }),
  ...defencesIn('connections/receiving/body-stream.ts', ['connections/receiving/received-message'], {
    'stream-claims-when-read': ['pull', 'body.claim();', ''],
    'stream-leaves-other-readers-alone': ['cancel', 'else if (!body.isUsed) body.discard();', 'else body.discard();'],
  }),
  ...defencesIn('connections/connection.ts', ['connections/receiving/inbox'], {
    'expected-message-is-there': ['#expectMessage', 'if (message === undefined) throw new', 'if (false) throw new'],
  }),
  ...defencesIn('connections/adapters/connection-duplex.ts', ['connections/adapters/connection-duplex'], {
    'duplex-nobody-reads-ends': ['if (isEndOfMessages(closure)) noticeEnd(stream);\n    else ', ''],
  }),
  ...defencesIn('transport/socket-listener.ts', ['connections/wrap'], {
    'stream-need-not-say-that-it-ended': ['destroy', 'if (!(socket instanceof Socket))', 'if (false)'],
  }),
  ...defencesIn('tunnel/tunnel.ts', ['tunnel/tunnel.ends'], {
    'tunnel-ends-with-its-connection': ['void connection.closed.then(() => linger.start());', ''],
    'tunnel-ends-with-its-socket': ["else socket.once('close', () => linger.start());", ''],
    'tunnel-closes-behind-the-last-bytes': ['or', 'this.#tell = resolve;', ''],
    'tunnel-sees-the-end-without-reading': ['if (socket.readableLength === 0) socket.read(0);', ''],
    'tunnel-leaves-no-timer': ['end', 'clearTimeout(this.#timer);', ''],
  }),
  ...defencesIn('protocol/base/inspection.ts', ['protocol/base/inspection'], {
    'inspecting-throws-nothing': [
      'factsOf',
      'return facts(shown);\n  } catch {',
      'return facts(shown);\n  } finally {',
    ],
    'inspecting-has-its-depth': ['{ ...options, depth }', 'options'],
  }),
  ...defencesIn('classes/factory.ts', ['connections/inspect'], {
    'no-options-on-the-console': ['presentable', 'if (HIDDEN.includes(name)) return [];', ''],
    'no-secret-url-on-the-console': ['presentable', 'redactUrl(value)', 'value'],
  }),
  ...defencesIn('protocol/connection/closing-handshake.ts', ['connections/reconnecting/reconnect'], {
    'farewell-comes-first': ['sayFarewell', 'if (this.#initiator === undefined) ', ''],
  }),
  ...defencesIn('connections/reconnecting/reconnection.ts', ['connections/reconnecting/reconnect'], {
    'farewell-is-the-end': ['#connections', 'if (isOurFarewell(this.#plan.port.farewellOf(connection))) return;', ''],
  }),
  ...defencesIn('client/handshake-turns.ts', ['client/handshake-turns'], {
    'one-handshake-at-a-time': ['take', 'if (this.#isFirst(waiting)) waiting.turn', 'waiting.turn'],
    'handshake-waits-for-all-addresses': ['#isFirst', 'waiting.places.every', 'waiting.places.some'],
    'handshake-line-is-forgotten': ['take', 'if (line.size === 0) this.#lines.delete(place);\n        else ', ''],
    'handshake-line-can-be-left': ['take', 'leave();\n      waiting', 'waiting'],
    'lookup-may-never-answer': [
      'findAddresses',
      'onAbort(deadline.signal, found.promise, () => found.resolve([]));',
      '',
    ],
  }),
  ...defencesIn('web/open-connection.ts', ['web/web-socket.turns'], {
    'handshake-gives-its-turn-back': ['.finally(() => turn?.release())', ''],
    'handshakes-may-be-concurrent': ['options.concurrentHandshakes ? undefined : ', ''],
  }),
  ...defencesIn('web/web-socket.ts', ['web/web-socket.'], {
    'web-binary-type-checks-this': ['checkThis(#url in this);\n    const given', 'const given'],
    'web-close-checks-this': ['checkThis(#url in this);\n    const info', 'const info'],
    'web-listeners-are-work': ['return tasks.isBusy;', 'return false;'],
    'web-close-after-listeners': ['new TaskQueue(() => this.#onIdle())', 'new TaskQueue()'],
  }),
  ...defencesIn('web/web-socket-stream.ts', ['web/web-socket.interface'], {
    'web-promises-reject': [
      'get opened',
      '#url in this ? this.#opened : Promise.reject(illegalInvocation())',
      'this.#opened',
    ],
  }),
  ...defencesIn('web/options.ts', ['web/web-socket.interface'], {
    'web-options-have-names': ['checkOptionNames(owner, options, OPTION_NAMES);', ''],
  }),
  ...defencesIn('web/idl/event-handler-attribute.ts', ['web/web-socket.events'], {
    'web-handler-may-be-an-object': ['isObject(value) ? value : null', "typeof value === 'function' ? value : null"],
    'web-handler-object-is-not-called': [
      "if (typeof this.#handler === 'function') this.#handler.call",
      'this.#handler?.call',
    ],
  }),
];
