import { defencesIn } from './defences-in.js';

/** The WHATWG interfaces: what the standard pins, and backpressure. */
export const WEB = [
  ...defencesIn('web/web-socket.ts', ['web/web-socket.'], {
    'web-send-early': ['if (this.#readyState === ReadyState.CONNECTING) {', 'if (false) {'],
    'web-send-late-counts': ['else this.#sentTooLate += sizeOf(message);', 'else void 0;'],
    'web-late-messages': ['if (this.#readyState !== ReadyState.OPEN) return;', ''],
    'web-close-once': ['if (this.#readyState >= ReadyState.CLOSING) return;', ''],
    'web-close-while-connecting': ['this.#opening.abort();', 'void 0;'],
    'web-close-reason-hidden': [": [1006, ''];", ": [1006, closure?.reason ?? ''];"],
    'web-error-before-close': ["if (!wasClean) this.dispatchEvent(new Event('error'));", ''],
    'web-failure-is-a-task': ['() => setImmediate(() => this.#end(undefined)),', '() => this.#end(undefined),'],
    'web-invalid-binary-type': [
      "if (given === 'blob' || given === 'arraybuffer') this.#binaryType = given;",
      'this.#binaryType = type;',
    ],
    'web-message-origin': [', origin: this.#url.origin', ''],
    'web-shape': ["shapeInterface(this, 'WebSocket', ReadyState);", ''],
    'web-missing-url': ["requireArgument(arguments.length, 'WebSocket');\n    const [names", 'const [names'],
    'web-missing-data': ["requireArgument(arguments.length, 'send');", ''],
  }),
  ...defencesIn('web/outbox.ts', ['web/web-socket.send'], {
    'web-blob-order': ['#sendBlob', '[blob.arrayBuffer(), turn.promise]', '[blob.arrayBuffer()]'],
    'web-close-behind-blobs': ['#sendBlob', 'onClosing: () => true', 'onClosing: () => false'],
    'web-unreadable-blob': ['this.#connection.fail(toError(error));', ''],
    'web-close-behind-waiting-blobs': ['#sendBlob', 'isWhole: true', 'isWhole: false'],
    'web-amount-after-the-end': ['end', 'this.#amount.settle(unsentBytes);', ''],
    'web-exceeded-amount-stays': ['send', 'else this.#amount.addLost(size);', ''],
    'web-given-up-has-not-left': ['#settle', 'if (this.#isSending) this', 'this'],
  }),
  ...defencesIn('web/buffered-amount.ts', ['web/buffered-amount'], {
    'web-amount-without-headers': ['settle', 'restOfFirst / first.wireSize', 'restOfFirst / first.size'],
    'web-amount-without-others': [
      'settle',
      'Math.min(restOfFirst / first.wireSize, 1)',
      'restOfFirst / first.wireSize',
    ],
    'web-amount-step-by-step': ['settle', 'this.#left = first.size - Math.ceil(first.size * rest);', ''],
  }),
  ...defencesIn('web/task-queue.ts', ['web/task-queue'], {
    'web-microtasks-between-tasks': ['if (this.#isBusy) this.#tasks.put(task);\n    else ', ''],
    'web-all-microtasks-between-tasks': [
      'queueMicrotask(() => process.nextTick(this.#proceed));',
      'queueMicrotask(this.#proceed);',
    ],
  }),
  ...defencesIn('web/idl/event-handler-attribute.ts', ['web/web-socket.events'], {
    'web-handler-callable': ['isObject(value) ? value : null', 'value'],
    'web-handler-keeps-its-place': [
      'if (before === null && this.#handler !== null)',
      'this.#target.removeEventListener(this.#type, this.#listener);\n    if (this.#handler !== null)',
    ],
    'web-handler-gone': ['if (before !== null && this.#handler === null)', 'if (false)'],
  }),
  ...defencesIn('web/idl/message-data.ts', ['web/web-socket.send', 'web/web-socket-stream.flow'], {
    'web-shared-bytes': ['if (types.isSharedArrayBuffer(buffer))', 'if (false)'],
    'web-resizable-bytes': ["if (Reflect.get(buffer, 'resizable') === true)", 'if (false)'],
    'web-copied-bytes': [
      'if (size > 0) bytes.set(new Uint8Array(buffer, offset, size));\n  return bytes;',
      'return size > 0 ? new Uint8Array(buffer, offset, size) : bytes;',
    ],
    'web-detached-bytes': ['if (size > 0) bytes.set', 'bytes.set'],
  }),
  ...defencesIn('web/idl/arguments.ts', ['web/web-socket.interface'], {
    'web-fragment': ["if (url.href.includes('#'))", "if (url.hash !== '')"],
    'web-scheme': ["if (url.protocol !== 'ws:' && url.protocol !== 'wss:')", 'if (false)'],
    'web-http-scheme': ["if (url.protocol === 'http:') url.protocol = 'ws:';", "if (url.protocol === 'http:') void 0;"],
    'web-protocol-token': ['if (!isToken(protocol))', 'if (false)'],
    'web-protocol-twice': ['const name = protocol.toLowerCase();', 'const name = protocol;'],
  }),
  ...defencesIn(
    'web/idl/close-info.ts',
    ['web/web-socket.close', 'web/web-socket-stream.closing', 'web/web-socket.interface'],
    {
      'web-close-code': ['if (!isAllowedCode(code))', 'if (false)'],
      'web-close-reason-size': ['if (size > MAX_REASON)', 'if (false)'],
      'web-reason-without-code': ["code ?? (reason === '' ? undefined : 1000)", 'code'],
    },
  ),
  ...defencesIn('web/open-connection.ts', ['web/web-socket'], {
    'web-blocked-port': ["if (url.port !== '' && BLOCKED_PORTS.has(Number(url.port)))", 'if (false)'],
    'web-protocol-chosen': ['if (subprotocols.length > 0 && subprotocol === undefined) {', 'if (false) {'],
    'web-signal': ['AbortSignal.any([ours, theirs])', 'ours'],
  }),
  ...defencesIn('web/stream-session.ts', ['web/web-socket-stream'], {
    'web-unwritten-is-unclean': ['#end', ' && this.#unwritten === 0', ''],
    'web-write-waits': ['#write', 'await this.#connection.send(data);', 'void this.#connection.send(data);'],
    'web-stream-late-messages': ['while (message !== undefined && this.#isClosing)', 'while (false)'],
    'web-writer-close-waits': ['this.close(NO_INFO);\n    await this.closed;', 'this.close(NO_INFO);'],
    'web-abort-at-once': ['if (signal instanceof AbortSignal)', 'if (false)'],
    'web-cancel-closes': ['this.#isCancelled = true;\n    this.#closeFor(reason);', 'this.#isCancelled = true;'],
    'web-abort-reason': ['reason instanceof WebSocketError', 'reason instanceof Object && "closeCode" in reason'],
    'web-abort-code': ['this.close(isAllowedCode(info.code) ? info : NO_INFO);', 'this.close(info);'],
    'web-writable-after-clean-close': [
      "this.#writable?.error(new DOMException('the connection is closed', 'InvalidStateError'));",
      '',
    ],
    'web-readable-error': ['this.#readable?.error(error);', ''],
    'web-writable-error': ['this.#writable?.error(error);\n    throw', 'throw'],
    'web-readable-end': ['if (!this.#isCancelled) controller.close();', ''],
    'web-same-error-for-a-write': [
      '#write',
      'if (this.#isCut) await this.closed;',
      'if (this.#isCut) throw new Error();',
    ],
  }),
  ...defencesIn('web/web-socket-stream.ts', ['web/web-socket-stream.opening'], {
    'web-abort-reason-is-the-error': ['options.client.signal?.throwIfAborted();\n', ''],
    'web-stream-close-while-connecting': ['this.#giveUp.abort();', 'void 0;'],
    'web-signal-type': ['signal !== undefined && !(signal instanceof AbortSignal)', 'false'],
  }),
];
