import { defencesIn } from './defences-in.js';

/** The connection: pausing, limits, deadlines, closing; and how it is driven. */
export const CONNECTION = [
  ...defencesIn('protocol/receive/inbound.ts', ['protocol/receive/inbound', 'protocol/connection/connection.pause'], {
    'pause-stops-the-parser': ['if (this.#mayWait) this.#parser.pause();', 'if (this.#mayWait) void 0;'],
    'pause-keeps-what-arrives': ['if (!this.isReady) this.#keep(chunk);', 'if (!this.isReady) void 0;'],
    'pause-keeps-the-rest-of-a-chunk': ['else this.#keep(this.#parse(chunk));', 'else this.#parse(chunk);'],
    'resume-waits-for-every-reason': ['this.#pauseReasons.length > 0 || this.#isStopped', 'this.#isStopped'],
    'resume-only-what-was-paused': ['if (!this.#pauseReasons.includes(reason)) return false;', ''],
    'resume-inside-an-event': ['if (this.#isParsing || this.#isStopped) return;', 'if (this.#isStopped) return;'],
    'closing-does-not-wait': ['this.#mayWait = false;', ''],
    'received-errors-are-contained': ['this.#owner.onReceiveError(toError(error));', 'throw error;'],
    'stop-inside-a-chunk': ['this.#unread = undefined;\n    this.#parser.pause();', 'this.#unread = undefined;'],
  }),
  ...defencesIn('protocol/connection/keep-alive.ts', ['protocol/connection/keep-alive'], {
    'keepalive-interval': ['now >= this.#heardAt + interval', 'now > this.#heardAt + 2 * interval'],
    'keepalive-timeout': [': this.#pingedAt + timeout', ': this.#pingedAt + 2 * timeout'],
    'keepalive-before-a-frame': ['now + interval, now + midFrameTimeout', 'now + interval'],
    'keepalive-before-the-first-frame': ['Math.min(options.interval, options.midFrameTimeout)', 'options.interval'],
    'keepalive-mid-frame': ["return now >= lostAt ? 'lost' : 'alive';", "return 'alive';"],
    'keepalive-hears': ['this.#heardAt = now;\n    this.#pingedAt = undefined;', 'this.#heardAt = now;'],
  }),
  ...defencesIn('protocol/connection/message-sender.ts', ['protocol/connection/message-sender'], {
    'max-buffered-amount': ['buffered === 0 || buffered + size <= maxBufferedAmount', 'true'],
    'high-water-mark': ['this.#leaving() <= this.#options.highWaterMark', 'true'],
    'drain-only-when-empty': ['!this.#needsDrain || this.#leaving() > 0', '!this.#needsDrain'],
    'drain-only-after-high-water': ['!this.#needsDrain || this.#leaving() > 0', 'this.#leaving() > 0'],
    'no-drain-when-closing': ['if (this.canSend) this.#owner.tell(tellDrain);', 'this.#owner.tell(tellDrain);'],
    'sent-message-opcode': ['if (this.#options.claims.allowsMessage(opcode)) return;', 'return;'],
    'sent-reserved-bits': ['(reservedBits & ~claimed) === 0', 'true'],
    'sent-control-opcode': ['!isKnown && !(isControlOpcode(opcode) && claims.allowsOpcode(opcode))', 'false'],
    'sent-fragment-size': ['Number.isSafeInteger(size) && size >= 1', 'size >= 1'],
    'sent-control-size': ['if (payload.length > MAX_CONTROL_PAYLOAD)', 'if (false)'],
  }),
  ...defencesIn('protocol/connection/connection.ts', ['protocol/connection/connection.'], {
    'close-deadline': ["if (before === 'open') this.#closeDeadline =", 'if (false) this.#closeDeadline ='],
    'discard-limit': ['if (this.#bytesDiscarded > MAX_DISCARDED) this.drop();', ''],
    'one-close-only': ["if (this.state !== 'open') return;", ''],
    'one-close-after-failure': ['if (!isSent) this.#scheduler.fail', 'this.#scheduler.fail'],
    'nothing-after-a-close': [
      "this.#inbound.stop();\n    this.#closing.move('receiveClose');",
      "this.#closing.move('receiveClose');",
    ],
    'nothing-after-a-failure': [
      "this.#inbound.stop();\n    this.#closing.move('fail');\n    if (!isSent)",
      "this.#closing.move('fail');\n    if (!isSent)",
    ],
    'received-close-is-judged': [
      'const received = decodeCloseBody(payload);',
      "const received = { code: 1000, reason: '' };",
    ],
    'own-close-is-judged': ['checkCloseBody(body, this.#role);', ''],
    'close-stops-waiting': ['this.#inbound.stopWaiting();', ''],
    'server-ends-first': ["(this.#role === 'server' || this.#inputEnded) ?", 'true ?'],
    'end-without-close-is-unclean': ["state === 'open' || state === 'closing' || state === 'closeSent'", 'false'],
    'handler-errors-are-contained': ['} catch {\n      // There', '} finally {\n      // There'],
    'told-errors-fail-the-connection': ['this.onReceiveError(toError(error));\n    }\n  }', 'throw error;\n    }\n  }'],
  }),
  ...defencesIn('protocol/connection/connection.ts', ['protocol/connection/connection.time'], {
    'keepalive-drops-rather-than-fails': [
      "if (verdict !== 'lost') return;",
      "if (verdict !== 'lost') return;\n    this.fail(new TransportError('lost'));\n    return;",
    ],
    'keepalive-pings': ["if (verdict === 'ping') this.sender.sendControlFrame(Opcode.PING);", ''],
    'keepalive-forgives-our-pause': [
      'if (!this.wantsInput || this.#scheduler.insideFrame) this',
      'if (this.#scheduler.insideFrame) this',
    ],
    'keepalive-forgives-our-frame': [
      'if (!this.wantsInput || this.#scheduler.insideFrame) this',
      'if (!this.wantsInput) this',
    ],
    'keepalive-mid-frame-is-told': ['check(now, this.#inbound.insideFrame)', 'check(now, false)'],
  }),
  ...defencesIn('protocol/connection/closing.ts', ['protocol/connection/closing'], {
    'failed-stays-failed': [
      "failed: { transportEnd: 'closed' },",
      "failed: { transportEnd: 'closed', sendClose: 'closeSent' },",
    ],
    'closed-stays-closed': ['closed: {},', "closed: { fail: 'failed' },"],
  }),
  ...defencesIn('protocol/connection/closing-handshake.ts', ['protocol/connection/closing-handshake'], {
    'unclean-end-is-1006': ['wasClean && received !== undefined', 'received !== undefined'],
    'first-initiator-stays': ['this.#initiator ??= initiator;', 'this.#initiator = initiator;'],
  }),
  ...defencesIn('protocol/extension/claims.ts', ['protocol/extension/claims'], {
    'one-owner-for-each-bit': ['if (index === -1) return;', 'return;'],
    'one-owner-for-each-opcode': ['if (owner === undefined) return;', 'return;'],
    'claimed-opcode-is-reserved': ['|| isDefinedOpcode(opcode)', ''],
  }),
  ...defencesIn('transport/masking-keys.ts', ['transport/masking-keys'], {
    'masking-keys-are-random': [
      'randomFillSync(this.#keys);',
      'if (this.#keys.length === 0) randomFillSync(this.#keys);',
    ],
    'masking-keys-are-fresh': ['this.#keys[this.#next++] = 0;', 'this.#keys[this.#next] = 0;'],
  }),
  ...defencesIn('transport/socket-driver.ts', ['transport/socket-driver'], {
    'socket-pauses': ['else this.#socket.pause();', 'else void 0;'],
    'write-only-to-a-drained-socket': ['while (this.#mayWrite && connection.hasOutput', 'while (connection.hasOutput'],
    'dropped-socket-is-destroyed': [
      "if (directive === 'drop') {\n      this.#socket.destroy();",
      "if (directive === 'drop') {",
    ],
    'timer-is-cleared-at-the-end': [
      'clearTimeout(this.#timer);\n    this.#timerDeadline = -Infinity;',
      'this.#timerDeadline = -Infinity;',
    ],
    'socket-errors-are-heard': [
      "socket.on('error', (error) => {\n      this.connection.transportFailed(error);",
      "socket.on('error', () => {",
    ],
  }),
];
