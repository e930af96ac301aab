import { defencesIn } from './defences-in.js';

/** @param {readonly string[]} names of tests of connections */
const connection = (...names) => names.map((name) => `protocol/connection/${name}`);

/** The connection: keepalive, limits, deadlines, closing. */
const PROTOCOL = [
  ...defencesIn('protocol/connection/keep-alive.ts', connection('keep-alive'), {
    'keepalive-interval': ['check', 'now >= this.#heardAt + interval', 'now > this.#heardAt + 2 * interval'],
    'keepalive-timeout': ['check', ': this.#pingedAt + timeout', ': this.#pingedAt + 2 * timeout'],
    'keepalive-before-a-frame': ['check', ', now + midFrameTimeout)', ')'],
    'keepalive-before-the-first-frame': [
      'constructor',
      'Math.min(options.interval, options.midFrameTimeout)',
      'options.interval',
    ],
    'keepalive-mid-frame': ['check', "return now >= lostAt ? 'lost' : 'alive';", "return 'alive';"],
    'keepalive-hears': ['heard', 'this.#pingedAt = undefined;', ''],
    'keepalive-forgives-blindness': ['check', 'if (isBlind)', 'if (false)'],
    'keepalive-pings-blindly': ['check', "interval === Infinity ? 'alive' : 'ping'", "'alive'"],
    'keepalive-never-pings-at-infinity': ['check', "interval === Infinity ? 'alive' : 'ping'", "'ping'"],
    'keepalive-blind-before-a-frame': ['check', 'now + Math.min(interval, midFrameTimeout)', 'now + interval'],
  }),
  ...defencesIn('protocol/connection/send-checks.ts', connection('send-checks'), {
    'sent-message-opcode': ['checkMessageOpcode', 'if (claims.allowsMessage(opcode)) return;', 'return;'],
    'sent-control-opcode': [
      'checkControlFrame',
      '!isKnown && !(isControlOpcode(opcode) && claims.allowsOpcode(opcode))',
      'false',
    ],
    'sent-control-size': ['checkControlFrame', 'if (payload.length > MAX_CONTROL_PAYLOAD)', 'if (false)'],
    'sent-reserved-bits': ['checkReservedBits', '(reservedBits & ~claimed) === 0', 'true'],
    'sent-reserved-bits-are-three': ['checkReservedBits', ' && reservedBits <= 0b111', ''],
    'sent-fragment-size': ['checkFragmentSize', 'Number.isSafeInteger(size) && ', ''],
  }),
  ...defencesIn('protocol/connection/message-sender.ts', connection('message-sender'), {
    'max-buffered-amount': ['#isWithinLimit', 'if (size <= limit) return true;', 'return true;'],
    'limit-counts-what-leaves': ['get cost', 'this.#leavingCost() + ', ''],
    'limit-counts-what-waits': ['get cost', 'this.#queue.waitingCost + ', ''],
    'limit-counts-entries': ['admit', ' + ENTRY_COST', ''],
    'limit-counts-control-frames': ['#admitControl', 'waitingControlSize === 0 || ', 'true || '],
    'high-water-mark': ['get isBelowMark', 'this.#leavingCost() <= this.#setup.options.highWaterMark', 'true'],
    'drain-only-when-empty': ['outputMoved', 'isWritten && isLeft', 'isWritten'],
    'drain-only-after-high-water': ['outputMoved', 'this.#needsDrain && isWritten', 'isWritten'],
    'drain-only-when-written': ['outputMoved', 'isWritten && isLeft', 'isLeft'],
    'no-drain-when-closing': ['outputMoved', 'isDrained && this.canSend', 'isDrained'],
    'memory-is-released-when-written': [
      'outputMoved',
      'if (isWritten) this.#releasedReferences',
      'this.#releasedReferences',
    ],
    'misuse-before-the-limit': ['sendFrameData', 'this.#messages.expectFrame();', ''],
    'no-new-message-when-closing': [
      'get canSendMessages',
      "state === 'open' || ",
      "state === 'open' || state === 'closing' || ",
    ],
    'given-up-is-unsent': ['giveUp', 'this.#givenUp += Math.max(before - this.bufferedAmount, 0);', ''],
  }),
  ...defencesIn('protocol/connection/message-sender.ts', connection('ending.payload'), {
    'lost-payload-is-unsent': ['get unsentAmount', 'this.#scheduler.output.lostSize + ', ''],
    'lost-in-the-queue-is-unsent': ['get unsentAmount', ' + this.#queue.lostSize', ''],
  }),
  ...defencesIn('protocol/connection/connection.ts', connection('connection.'), {
    'discard-limit': ['receive', 'if (this.#inbound.bytesBehindEnd > MAX_DISCARDED) this.drop();', ''],
    'lost-payload-fails-the-connection': ['takeOutput', 'if (size !== undefined) ', 'if (false) '],
    'handler-errors-are-contained': ['#applicationFailed', 'this.#parts.handler.onError(error);', 'throw error;'],
    'told-errors-fail-the-connection': ['tell', 'this.#applicationFailed(toError(thrown));', 'throw thrown;'],
    'pings-are-answered': ['onControlFrame', 'if (onPing === undefined) ', 'if (false) '],
    'hooks-are-told-in-order': [
      'onControlFrame',
      'this.#inbound.tellInOrder(payload, () => onPong(payload));',
      'onPong(payload);',
    ],
    'job-that-takes-too-long': ['handleDeadline', 'now >= this.#jobDeadline', 'false'],
    'advance-asks-for-an-update': ['onAdvanced', 'this.#host.requestUpdate();', ''],
    'large-reads-when-used-up': ['get takesLargeReads', '!this.#inbound.hasUnread', 'true'],
  }),
  ...defencesIn('protocol/connection/watch.ts', connection('watch.time'), {
    'keepalive-drops-rather-than-fails': [
      'keepAlive',
      "if (verdict === 'lost')",
      "if (verdict === 'lost') ending.fail(new Error('lost'));\n    if (false)",
    ],
    'keepalive-pings': ['keepAlive', "if (verdict === 'ping')", 'if (false)'],
    'keepalive-forgives-our-busy-application': ['keepAlive', '!inbound.wantsInput', 'false'],
    'keepalive-forgives-our-frame': ['keepAlive', 'if (scheduler.insideFrame)', 'if (false)'],
    'keepalive-mid-frame-is-told': ['keepAlive', 'const { insideFrame } = inbound;', 'const insideFrame = false;'],
  }),
  ...defencesIn('protocol/connection/connection.ts', connection('watch.time'), {
    'keepalive-begins-afresh': ['release', 'this.#watch.heard(this.#host.now())', 'void 0'],
  }),
  ...defencesIn('protocol/connection/ending.ts', connection('ending.'), {
    'close-deadline': [
      'onMove',
      'this.#closeDeadline = host.now() + options.closeTimeout',
      'this.#closeDeadline = Infinity',
    ],
    'one-close-only': ['close', "if (state !== 'open' && state !== 'closeReceived') return;", ''],
    'own-close-is-judged': ['close', 'checkCloseBody(body, this.#setup.role);', ''],
    'received-close-is-judged': ['receiveClose', 'decodeCloseBody(payload)', "{ code: 1000, reason: '' }"],
    'nothing-after-a-close': ['receiveClose', 'inbound.stop();', ''],
    'close-is-answered-in-time': ['receiveClose', 'closeTimeout / 2', 'closeTimeout'],
    'close-is-answered-by-the-deadline': [
      'handleDeadline',
      "state === 'closeReceived' && now < this.#closeDeadline",
      'false',
    ],
    'close-waits-for-messages': ['onAdvanced', ' && inbound.isSettled', ''],
    'close-waits-for-the-application': ['onAdvanced', 'if (handler.isWorking) return;', ''],
    'close-cuts-a-message': ['receiveClose', 'inbound.cut();', ''],
    'answer-has-the-code-of-the-peer': ['receiveClose', 'this.#closing.body = received;', ''],
    'close-stops-waiting': ['#sendClose', 'if (!this.#isAtOnce) inbound.stopWaiting();', ''],
    'close-in-an-endless-frame': ['#sendClose', 'if (scheduler.insideEndlessFrame)', 'if (false)'],
    'close-only-where-it-is-due': ['#sendClose', "if (state !== 'closing' && state !== 'answering') return;", ''],
    'answer-gives-up-what-waits': ['#sendClose', 'sender.giveUp(() => queue.clear());', ''],
    'violation-lets-answers-out': ['violate', "this.#closing.state !== 'open' || ", 'true || '],
    'violation-without-grace-where-none-is-needed': ['violate', ' || (inbound.isEmpty && !handler.isWorking)', ''],
    'violation-in-open-only': ['violate', "this.#closing.state !== 'open' || ", ''],
    'grace-is-short': ['violate', 'host.now() + GRACE', 'Infinity'],
    'grace-goes-on-with-activity': ['handleTurn', 'this.#activity === this.#countActivity()', 'true'],
    'grace-ends-without-activity': ['handleTurn', 'this.#activity === this.#countActivity()', 'false'],
    'nothing-after-a-violation': ['violate', 'inbound.stop();', ''],
    'nothing-after-a-failure': ['#fail', 'inbound.stop();', ''],
    'failure-drops-what-waits': ['#fail', 'inbound.drop();', ''],
    'one-close-after-failure': ['#fail', 'if (!isSent && this.#canSendClose)', 'if (this.#canSendClose)'],
    'no-close-inside-a-frame': ['#fail', 'if (!isSent && this.#canSendClose)', 'if (!isSent)'],
    'lost-close-is-not-sent': ['losePayload', 'this.#closing.isSent = false;', ''],
    'lost-payload-after-the-end': [
      'losePayload',
      "if (this.#isDropped || this.#closing.state === 'closed') return;",
      '',
    ],
    'server-ends-first': ['get transport', "this.#setup.role === 'server' || this.#inputEnded", 'true'],
    'end-without-close-is-unclean': ['#endInput', 'this.drop();', ''],
    'end-behind-what-is-unread': ['#endInput', 'this.#setup.inbound.hasUnread || ', ''],
    'end-is-seen-when-all-is-parsed': ['onAdvanced', 'if (this.#inputEnded) this.#endInput();', ''],
    'unsent-is-unclean': ['transportClosed', ' && sender.bufferedAmount === 0', ''],
    'over-behind-messages': ['transportClosed', 'this.onAdvanced();', 'this.#endWaiting();'],
    'over-after-close-timeout': ['transportClosed', 'this.#deadline = host.now() + options.closeTimeout;', ''],
    'over-only-once': ['#endWaiting', 'this.#tellClosed = undefined;', ''],
    'late-messages-are-dropped': ['#endWaiting', 'this.#setup.inbound.drop();', ''],
    'closing-is-told-once': ['onMove', 'this.#sendingEnded = true;', ''],
  }),
  ...defencesIn('protocol/connection/closing.ts', connection('closing'), {
    'failed-stays-failed': [
      "failed: { transportEnd: 'closed' },",
      "failed: { transportEnd: 'closed', sendClose: 'closeSent' },",
    ],
    'closed-stays-closed': ['closed: {},', "closed: { fail: 'failed' },"],
  }),
  ...defencesIn('protocol/connection/closing-handshake.ts', connection('closing-handshake'), {
    'unclean-end-is-1006': ['closure', 'wasClean && ', ''],
    'first-initiator-stays': ['begin', 'this.#initiator ??= initiator;', 'this.#initiator = initiator;'],
    'first-error-stays': ['begin', 'this.#error ??= error;', 'this.#error = error;'],
    'moves-are-told': ['move', 'if (before !== this.#state) ', ''],
  }),
  ...defencesIn('protocol/extension/claims.ts', ['protocol/extension/claims'], {
    'one-owner-for-each-bit': ['#checkBits', 'if (index === -1) return;', 'return;'],
    'one-owner-for-each-opcode': ['#checkOpcode', 'if (owner === undefined) return;', 'return;'],
    'claimed-opcode-is-reserved': ['#checkOpcode', ' || isDefinedOpcode(opcode)', ''],
  }),
];

/** How connections are driven. */
const TRANSPORT = [
  ...defencesIn('transport/masking-keys.ts', ['transport/masking-keys'], {
    'masking-keys-are-random': [
      'next',
      'randomFillSync(this.#keys);',
      'if (this.#keys.length === 0) randomFillSync(this.#keys);',
    ],
    'masking-keys-are-fresh': ['next', 'this.#keys[this.#next++] = 0;', 'this.#keys[this.#next] = 0;'],
  }),
  ...defencesIn('transport/turns.ts', ['transport/turns'], {
    'turns-are-short': ['#run', ' && this.#now() < end', ''],
    'turns-come-again-later': ['#run', 'let left = this.#waiting.size; left > 0', 'let left = 1e9; left > 0'],
    'turns-survive-who-throws': ['#run', '} finally {', '} catch (error) {\n      throw error;\n    }\n    {'],
    'turns-are-a-little-when-late': ['get time', 'Math.max(LITTLE_TIME, ', '(0, '],
    'turns-know-of-others': ['#run', 'this.#isContended = this.#waiting.size > 1;', ''],
  }),
  ...defencesIn('transport/reading/start-reading.ts', ['transport/socket-driver', 'transport/transports'], {
    'chunks-of-streams-are-copied': ['startReading', ': (chunk: Uint8Array) => new Uint8Array(chunk)', ': plain'],
  }),
  ...defencesIn('transport/socket-driver.ts', ['transport/socket-driver'], {
    'socket-pauses': ['#pauseOrResume', 'else this.#socket.pause();', ''],
    'write-only-to-a-drained-socket': ['#flush', 'this.#mayWrite && ', ''],
    'dropped-socket-is-destroyed': ['#endOrDrop', 'this.destroy(socket);', ''],
    'timer-is-cleared-at-the-end': ['#clearTimer', 'this.#alarm?.remove(this);', ''],
    'socket-errors-are-heard': ['handleError', 'this.connection.transportFailed(cause);', ''],
    'one-update-for-many-sends': ['requestUpdate', 'if (this.#willUpdate || this.#isUpdateScheduled) return;', ''],
    'driver-gives-up-a-silent-connection': ['#flush', '} else if (isStuck) {', '} else if (false) {'],
    'writing-yields': ['#flush', ' && this.#writeTurn >= 0) {', ') {'],
    'payload-is-copied-for-streams': ['#write', 'this.copiesOutput ? pieces.map(copyPiece) : pieces', 'pieces'],
    'timers-read-the-network-once-more': [
      'ring',
      'setImmediate(handleTimerLater, driver);',
      'handleTimerLater(driver);',
    ],
    'ended-connection-keeps-no-process': [
      '#setTimer',
      "state === 'closed' ? alarmsOfEnded : alarmsOfOpen",
      'alarmsOfOpen',
    ],
    'dropped-bytes-are-unsent': ['#endOrDrop', 'this.#unwritten = socket.writableLength;', ''],
    'written-bytes-are-not-unsent': ['#onWritten', 'this.#unwritten = 0;', ''],
  }),
];

/** What every façade stands on. */
const ENGINE = [
  ...defencesIn('engine/application-calls.ts', ['engine/application-calls'], {
    'calls-wait-for-every-promise': ['#settle', 'if (this.#pending === 0) ', ''],
    'calls-are-contained': ['#callHere', 'this.fail(error);', 'throw error;'],
    'unawaited-calls-are-contained': ['#callUnawaitedHere', '.catch((error: unknown) => this.fail(error))', ''],
    'promises-settle-once': ['waitFor', 'Promise.resolve(result)', 'result'],
    'calls-have-their-context': [
      'call',
      'this.#owner.context.run(() => this.#callHere(callback), undefined);',
      'this.#callHere(callback);',
    ],
  }),
  ...defencesIn('engine/async-context.ts', ['engine/async-context'], {
    'context-is-kept': ['run', 'this.#resource.runInAsyncScope(callback, undefined, subject);', 'callback(subject);'],
  }),
  {
    id: 'context-takes-what-is-entered',
    file: 'engine/async-context.ts',
    place: 'open',
    text: "this.#resource = new AsyncResource('MILLRACE_CONNECTION');",
    replacement: '',
    tests: ['engine/async-context'],
    // Before, what is entered is kept by the resource itself.
    since: 24,
  },
  ...defencesIn('engine/connection-set.ts', ['engine/connection-set'], {
    'server-drops-the-slow': ['#endTime', 'this.#endings.drop(member);', ''],
    'server-waits-for-handlers': ['#lookWhatIsLeft', 'if (this.#unfinished.size === 0) this', 'if (true) this'],
    'server-waits-no-longer': ['#endTime', 'this.#finishSoon(shutdown, DROP_TIME);', ''],
    'server-closes-latecomers': ['add', 'if (this.#isRefusing) this.#close(member);', ''],
    'server-leaves-alone-for-a-while': ['#begin', 'if (options.lameDuck === 0) this', 'if (true) this'],
    'server-spreads-closings': ['#closeDue', ' && dueAt(index) <= this.#clock.now', ''],
    'server-stops-with-the-last': ['#lookWhatIsLeft', 'stop(this.#shutdown);', ''],
    'server-closes-once': ['close', 'if (this.#shutdown === undefined) {', 'if (true) {'],
    'server-clock-is-stopped': ['#finish', 'cancelDeadline();', ''],
  }),
  ...defencesIn('engine/close-options.ts', ['engine/connection-set'], {
    'server-timeout-is-checked': [
      'checkTime',
      'if (checkLimit(option, value) <= MAX_TIMEOUT) return value;',
      'return value;',
    ],
    'server-timeout-covers-all': ['resolveCloseOptions', "checkTime('timeout', timeout) < left", 'false'],
  }),
  ...defencesIn('engine/pings.ts', ['engine/pings'], {
    'pong-answers-those-before': ['receive', 'isUpTo(ping.number, number)', 'ping.number === number'],
    'pong-of-no-ping': ['receive', 'if (!isUpTo(number, this.#count)) return undefined;', ''],
    'ping-is-withdrawn': ['send', 'this.#pending.remove(entry);', ''],
  }),
  ...defencesIn('engine/send-waiters.ts', ['engine/send-waiters'], {
    'lenders-wait-for-their-memory': ['settle', '!this.#isReleased(lender.references) || ', ''],
    'lenders-wait-for-the-mark': ['settle', ' || (lender.waitsForMark && !isBelowMark)', ''],
    'waiters-wait-for-the-mark': ['wait', 'if (this.#sender.isBelowMark) return DONE;', 'return DONE;'],
    'waiters-share-a-promise': ['wait', 'this.#belowMark ??= createDeferred();', 'this.#belowMark = createDeferred();'],
    'end-settles-drains': ['end', 'this.#belowMark, this.#drained, ', 'this.#belowMark, '],
    'end-settles-who-waits-while-slow': ['end', ', this.#notSlow]', ']'],
    'waiters-learn-of-the-end': ['end', 'else reject(error);', ''],
    'progress-is-told-while-needed': [
      'settle',
      'this.#sender.tellsProgress = this',
      'this.#sender.tellsProgress = true; void this',
    ],
  }),
  ...defencesIn('engine/engine-connection.ts', ['engine/engine-connection'], {
    'send-waits-for-the-mark': ['send', 'isBelow && ', ''],
    'send-waits-for-its-memory': ['send', ' && sender.givenReferences === before', ''],
    'queued-send-is-withdrawn': ['#sendLater', 'if (entry?.withdraw() === true) ', 'if (false) '],
    'queued-send-that-is-too-much': [
      '#sendLater',
      "if (entry === undefined && this.connection.state === 'failed') return this.ended();",
      '',
    ],
    'end-settles-sends': ['onEnded', 'this.#waiters?.end(closure);', ''],
    'end-settles-queued-sends': [
      'onEnded',
      'this.connection.endSending(() => new ConnectionClosedError(closure));',
      '',
    ],
    'end-settles-pings': ['onEnded', 'this.#pings?.end(new ConnectionClosedError(closure));', ''],
    'end-fires-the-signal': ['onEnded', 'this.#ended?.abort(new ConnectionClosedError(closure));', ''],
    'end-is-no-error-of-the-application': ['onError', 'if (this.isEndOf(error)) return;', ''],
    'pending-promise-is-work': ['get isWorking', 'this.calls.isPending || ', ''],
  }),
];

/** The connection, how it is driven, and what stands between it and the façades. */
export const CONNECTION = [...PROTOCOL, ...TRANSPORT, ...ENGINE];
