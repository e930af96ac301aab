import { defencesIn } from './defences-in.js';

/** @param {readonly string[]} names of tests of the receiving half */
const receiving = (...names) => names.map((name) => `protocol/receive/${name}`);

/** @param {readonly string[]} names of tests of the sending half */
const sending = (...names) => names.map((name) => `protocol/send/${name}`);

/** Frames → messages: what is checked, bounded, and kept in order on the way in. */
const RECEIVING = [
  ...defencesIn('protocol/receive/stages/text-checker.ts', receiving('stages/text-checker'), {
    'text-fails-fast': ['#check', 'if (bad !== undefined) throw', 'if (false) throw'],
    'text-ends-whole': ['onMessageEnd', 'if (!this.#isComplete()) throw', 'if (false) throw'],
    'text-fast-path-between-code-points': ['#check', 'this.#isComplete() && ', ''],
  }),
  ...defencesIn('protocol/receive/stages/frame-collector.ts', receiving('stages/frame-collector'), {
    'frame-limit-by-header': ['onFrameBegin', 'this.#check(header.payloadLength);', ''],
    'frame-limit-by-data': ['onFrameData', 'this.#check(this.#frame.size + chunk.length);', ''],
  }),
  ...defencesIn('protocol/receive/stages/message-collector.ts', receiving('stages/message-collector'), {
    'message-frame-limit-by-header': ['onFrameBegin', 'if (payloadLength > this.#limits.maxFrameSize)', 'if (false)'],
    'message-limit-by-header': ['onFrameBegin', 'if (announced > this.#limits.maxMessageSize)', 'if (false)'],
    'message-limit-by-data': ['onFrameData', 'if (size > this.#limits.maxMessageSize)', 'if (false)'],
    'message-owns-its-bytes': ['onFrameData', ': new Uint8Array(chunk);', ': chunk;'],
    'message-beyond-its-header': ['onFrameData', 'this.#reopen();', ''],
  }),
  ...defencesIn('protocol/receive/stages/size-limiter.ts', receiving('stages/size-limiter'), {
    'streamed-limit-by-header': ['onFrameBegin', 'this.#check(this.#size + header.payloadLength);', ''],
    'streamed-limit-by-data': ['onFrameData', 'this.#check(this.#size);', ''],
    'streamed-limit-per-message': ['onMessageBegin', 'this.#size = 0;', ''],
  }),
  ...defencesIn('protocol/receive/pipeline.ts', receiving('pipeline.test'), {
    'levels-check-text': ['createPipeline', 'new TextChecker(next, text)', 'next'],
    'levels-limit-streams': ['createPipeline', ' && limits.maxStreamedMessageSize === Infinity', ''],
    'transforms-are-undone-backwards': ['createPipeline', 'transforms.reduce', '[...transforms].reverse().reduce'],
  }),
  ...defencesIn('protocol/receive/stages/byte-collector.ts', receiving('stages/byte-collector'), {
    'bytes-announced-are-not-allocated': ['#begin', ' && expected <= 2 * size', ''],
    'bytes-beyond-announced': ['#begin', 'expected >= size && ', ''],
    'bytes-spare-is-bounded': [
      '#begin',
      'Math.min(Math.max(this.#size, MIN_BLOCK), MAX_BLOCK)',
      'Math.max(this.#size, MIN_BLOCK)',
    ],
  }),
  ...defencesIn('protocol/receive/frame-reader.ts', receiving('frame-reader'), {
    'reader-checks-headers': ['frameBegin', 'checkFrameHeader(header, this);', ''],
    'control-payload-starts-anew': ['frameBegin', 'this.#controlSize = 0;', ''],
    'control-payload-is-kept-apart': ['frameData', 'if (!this.#isControl)', 'if (true)'],
    'message-open-between-fragments': ['#endDataFrame', 'this.insideMessage = !fin;', 'this.insideMessage = false;'],
    'waits-behind-message-begin': ['frameBegin', 'if (this.#pipeline.isWaiting)', 'if (false)'],
    'waits-behind-last-frame-end': ['#endDataFrame', 'if (this.#pipeline.isWaiting)', 'if (false)'],
    'redirected-forgets-what-waits': ['redirect', 'this.#waiting = undefined;', ''],
  }),
  ...defencesIn('protocol/receive/unread-bytes.ts', receiving('unread-bytes'), {
    'unread-grows-twofold': ['#grow', 'Math.max(needed, 2 * rest.length)', 'needed'],
    'unread-first-copy-fits': ['#grow', 'rest.length === 0 ? needed :', 'rest.length === 0 ? 2 * needed :'],
    'unread-is-let-go': ['consume', 'if (this.#start === this.#end) this.clear();', ''],
  }),
  ...defencesIn('protocol/receive/turn.ts', receiving('turn.test'), {
    'turn-counts-events': ['look', 'this.#events >= MAX_EVENTS || ', ''],
    'turn-looks-at-the-clock': ['look', ' || this.#host.now() - this.#startedAt >= this.#host.turnTime()', ''],
    'turn-is-asked-for-once': ['look', 'if (!this.#isRequested)', 'if (true)'],
    'turn-begins-once': ['begin', 'if (!this.#isRequested) ', ''],
  }),
  ...defencesIn('protocol/receive/read-ahead.ts', receiving('read-ahead'), {
    'read-ahead-in-order': ['get #passes', ' && this.#waitingCount === 0', ''],
    'read-ahead-counts-entries': ['#wait', ' + ENTRY_COST', ''],
    'read-ahead-counts-controls': ['onControl', 'payload.length + ENTRY_COST', '0'],
    'read-ahead-counts-collected': ['get isFull', ' + this.#owner.collectedSize', ''],
    'read-ahead-lets-go': ['#handOut', 'this.#cost -= cost;', ''],
    'read-ahead-copies-chunks': [
      'onFrameData',
      'const payload = this.#ownsChunks ? chunk : new Uint8Array(chunk)',
      'const payload = chunk',
    ],
    'read-ahead-copies-headers': ['onFrameBegin', '{ ...header }', 'header'],
    'read-ahead-yields': ['proceed', ' && !this.#turn.isOver', ''],
    'read-ahead-counts-events': ['#handOut', 'this.#turn.count();', ''],
    'read-ahead-tells-when-full': ['#put', 'if (this.isFull) this.#owner.onReadAheadFull();', ''],
    'read-ahead-full-when-held': ['hold', 'if (this.isFull) this.#owner.onReadAheadFull();', ''],
    'ignored-messages-alone': ['ignoreMessages', 'takeAll(({ isMessage }) => isMessage)', 'takeAll()'],
    'ignored-messages-do-not-fill': ['get isFull', 'if (this.#isIgnoring) return this.#cost > this.#limit;', ''],
    'ignored-messages-do-not-wait': ['#wait', 'if (this.#isIgnoring) return;', ''],
  }),
  ...defencesIn('protocol/receive/stages/whole-messages.ts', receiving('stages/whole-messages'), {
    'whole-message-is-a-copy': ['onFrameData', 'this.#payload = this.#copy(chunk)', 'this.#payload = chunk'],
    'whole-message-in-one-piece': ['onFrameData', ' && this.#payload === undefined', ''],
    'whole-message-in-one-frame': ['onFrameBegin', 'header.fin && ', ''],
    'beginning-of-a-message-is-released': [
      'release',
      'if (payload !== undefined) this.#next.onFrameData(payload);',
      '',
    ],
  }),
  ...defencesIn('protocol/receive/pipeline-gate.ts', receiving('pipeline-gate'), {
    'gate-keeps-order': ['mayGive', '!isBlocked && ', ''],
    'gate-waits-for-room': ['mayGive', ' && this.#owner.hasRoom()', ''],
  }),
  ...defencesIn('protocol/base/transform-jobs.ts', ['protocol/base/transform-jobs'], {
    'job-has-a-deadline': ['run', 'this.deadline = this.#owner.now() + MAX_JOB_TIME;', ''],
    'job-is-aborted': ['cancel', 'job?.abort();', ''],
    'aborted-job-is-not-waited-for': ['cancel', 'this.#job = undefined;', ''],
    'aborted-job-gives-nothing': ['#end', 'isWanted && !this.#isClosed', 'true'],
    'job-settles-later': ['run', 'new Promise<Result>((resolve) => {\n      resolve(started);\n    })', 'started'],
  }),
  ...defencesIn('protocol/receive/stages/transform-stage.ts', receiving('stages/transform-stage'), {
    'transform-owns-its-bytes': ['onFrameData', 'new Uint8Array(chunk)', 'chunk'],
    'transform-is-asked-once': ['onFrameBegin', 'if (this.#isFirstFrame) ', ''],
    'transform-ends-in-the-last-frame': ['onFrameEnd', ' || !this.#isLastFrame', ''],
  }),
  ...defencesIn('protocol/receive/inbound.ts', receiving('inbound'), {
    'full-stops-the-parser': ['onReadAheadFull', 'this.#parser.pause();', ''],
    'turn-stops-the-parser': ['onFrame', 'this.#turn.isOver || ', ''],
    'large-chunk-is-work': ['#parseChunk', 'if (chunk.length >= LARGE_CHUNK) this.#turn.look();', ''],
    'rest-of-a-chunk-is-kept': ['#parseChunk', 'this.#keepUnread().prepend(chunk.subarray(parsed));', 'void 0;'],
    'what-comes-meanwhile-is-kept': ['receive', 'this.#keepUnread().append(chunk);', ''],
    'rest-is-used-up-first': ['get wantsInput', 'this.#unreadSize === 0 && ', ''],
    'release-only-what-was-held': ['release', 'if (!this.#readAhead.isHeldFor(reason)) return false;', ''],
    'no-work-within-work': ['#work', 'if (this.#isAdvancing) return;', ''],
    'one-thing-not-within-another': ['handOutOne', 'if (this.#isAdvancing) return false;', ''],
    'all-for-whoever-wants-them-now': ['handOutOne', 'if (!this.#readAhead.isBusy) this.proceed();', ''],
    'closing-does-not-wait': ['stopWaiting', 'this.#mayWait = false;', ''],
    'discarded-is-not-told': ['#discard', 'this.reader.redirect(this.#discarder);', ''],
    'controls-do-not-pile-up': ['tellInOrder', 'if (this.#discarder === undefined) ', 'if (true) '],
    'collected-counts-as-discarded': ['#giveUpPipeline', 'this.#bytesDiscarded += this.collectedSize;', 'void 0;'],
    'received-errors-are-contained': ['#work', 'this.#owner.onReceiveError(toError(error));', 'throw error;'],
    'handed-out-errors-are-contained': ['handOutOne', 'this.#owner.onReceiveError(toError(error));', 'throw error;'],
    'stop-inside-a-chunk': ['stop', 'this.#parser.pause();', ''],
    'stop-discards-what-is-unread': ['stop', 'if (!this.#isAdvancing) this.#discardUnread();', ''],
    'stop-within-work-discards-after': ['#endWork', 'if (this.#isStopped) this.#discardUnread();', ''],
    'behind-the-end-is-counted': ['receive', 'this.#bytesBehindEnd += chunk.length;', ''],
    'copies-come-in-pieces': ['constructor', 'largestPieceFor(receiver)', 'Infinity'],
  }),
];

/** Messages → frames: what is never mixed up on the way out, and who may send. */
const SENDING = [
  ...defencesIn('protocol/send/scheduler.ts', sending('scheduler.test', 'scheduler.end'), {
    'client-masks': ['constructor', "this.#createEncoder(role === 'client')", 'this.#createEncoder(false)'],
    'control-never-inside-frame': [
      '#mustOvertake',
      "if (this.#state === 'frame' || this.#hasUrgent()) return true;",
      '',
    ],
    'pong-is-replaced': ['sendAutomaticPong', 'this.#pong = ', '(this.#urgent ??= [])[this.#urgent?.length ?? 0] = '],
    'control-overtakes-plenty': ['#mustOvertake', 'this.#output.size > PLENTY || ', ''],
    'control-overtakes-when-blocked': ['#mustOvertake', ' || this.#isBlocked()', ''],
    'fragments-have-at-most-their-size': ['#writeFragments', 'start > fragmentSize', 'start > fragmentSize + 1'],
    'fragments-continue': ['#writeFragments', 'opcode = Opcode.CONTINUATION;', ''],
    'fragments-of-text-in-bytes': [
      'sendMessage',
      '3 * payload.length <= fragmentSize',
      'payload.length <= fragmentSize',
    ],
    'end-inside-frame': ['expectMessage', "if (this.#state === 'frame') {", 'if (false) {'],
    'begin-twice': ['beginMessage', "if (this.#state !== 'ground') throw", 'if (false) throw'],
    'frame-outside-message': ['expectMessage', "if (this.#state === 'ground') throw", 'if (false) throw'],
    'data-outside-frame': ['expectFrame', "if (this.#state === 'frame') return;", 'return;'],
    'frame-length-is-checked': ['beginFrame', 'checkFrameLength(length);', ''],
    'final-frame-ends-message': ['#endFrame', "this.#frameIsFinal ? 'ground' : 'message'", "'message'"],
    'end-after-final-frame': ['endMessage', "this.#state === 'ground' && this.#endedByFrame", 'false'],
    'data-beyond-the-frame': [
      'sendFrameData',
      'fitting === payload.length ? payload : payload.subarray(0, fitting)',
      'payload',
    ],
    'close-waits-for-the-frame': ['abandon', "if (this.#state === 'frame')", 'if (false)'],
    'endless-frame-gets-no-close': ['abandon', 'if (this.insideEndlessFrame) return false;', ''],
    'nothing-waits-inside-a-cut-frame': ['cutOpenFrame', 'if (!mayFollow) this.#forgetUrgent();', ''],
    'given-up-output-leaves-no-control': ['giveUpOutput', 'this.#forgetUrgent();', ''],
  }),
  ...defencesIn('protocol/send/output-pieces.ts', sending('output-pieces.test'), {
    'mask-before-output': ['joinSmall', 'maskedCopy(bytes, maskingKey)', 'bytes'],
    'small-pieces-are-joined': ['joinSmall', 'if (size + bytes.length > SMALL_PIECE)', 'if (true)'],
    'large-pieces-are-not-joined': ['joinSmall', 'if (size + bytes.length > SMALL_PIECE)', 'if (false)'],
    'lost-payload-is-found': ['lostSizeOf', 'piece.bytes.length === piece.size', 'true'],
    'only-the-same-is-joined-once': ['join', '!isSame(pieces, lastJoined.pieces)', 'lastJoined.pieces.length === 0'],
  }),
  ...defencesIn('protocol/send/output-queue.ts', sending('output-queue'), {
    'insert-only-at-boundary': ['insert', 'let index = this.#firstBoundary();', 'let index: number | undefined = 0;'],
    'insert-behind-inserted': ['insert', 'while (this.#pieces[index]?.isInserted === true) index++;', ''],
    'insert-between-packed-frames': ['#firstBoundary', 'if (!piece.endsFrame) this', 'if (false) this'],
    'boundary-only-behind-a-frame': ['#firstBoundary', 'if (this.#takenEndsFrame) return 0;', 'return 0;'],
    'shared-frames-are-few': ['pushShared', 'if (this.#pieces.length >= MAX_SHARED) return false;', ''],
    'take-no-more-than-limit': ['take', ' && bytes < limit', ''],
    'never-packed-where-another-has': ['get #isLastInSlab', ' && this.#end === slab.used', ''],
    'never-packed-in-a-former-slab': [
      'reserve',
      '!(this.#isOwnBlock || this.#isLastInSlab)',
      'this.#packing === slab.bytes && !this.#isLastInSlab',
    ],
    'a-block-of-its-own': ['#beginPacking', 'isAlone || this.#pieces.length === 0', 'true'],
    'pieces-have-a-cost': ['get cost', 'this.#pieces.length * ENTRY_COST', '0'],
    'blocks-have-a-cost': ['get cost', ' + room', ''],
    'idle-keeps-no-block': ['take', 'if (this.#pieces.length === 0) this.#stopPacking();', ''],
    'cut-not-inside-a-taken-frame': ['cutOpenFrame', 'if (index === -1 && !this.#takenEndsFrame) return false;', ''],
    'cut-keeps-whole-frames': ['cutOpenFrame', 'this.#remove(index + 1);', 'this.#remove(Math.max(index, 0));'],
    'header-only-with-its-payload': [
      '#lostAt',
      ' ?? (piece.endsFrame ? undefined : lostSizeOf(this.#pieces[index + 1]))',
      '',
    ],
    'nothing-behind-a-lost-payload': ['#giveUpFrom', 'this.#remove(index + 1);', ''],
    'whole-frames-before-a-lost-payload': ['#giveUpFrom', 'this.#shorten(index, piece)', 'this.#remove(index)'],
    'lost-payload-is-told-once': ['takeLostPayload', 'this.#lostPayload = undefined;', ''],
    'lost-bytes-are-counted': ['#giveUpFrom', 'this.#lostSize += before - this.#size;', ''],
  }),
  ...defencesIn('protocol/send/frame-encoder.ts', sending('frame-encoder'), {
    'fresh-key-for-each-frame': ['#nextKey', 'this.#host.maskingKey()', '1'],
    'key-goes-on-in-streamed-frame': [
      'writeFrameData',
      'this.#partialKey = rotateKey(maskingKey, payload.length)',
      'void 0',
    ],
    'waiting-payload-is-copied': ['#pushPayload', ' && this.#host.transportBufferedAmount() > 0', ' && false'],
    'large-payload-is-not-copied': ['#pushPayload', 'payload.length <= LARGEST_COPY && ', ''],
    'payload-does-not-grow': [
      '#pushPayload',
      'new Uint8Array(payload.buffer, payload.byteOffset, payload.length)',
      'payload',
    ],
  }),
  ...defencesIn('protocol/send/send-queue.ts', sending('send-queue', 'scheduler.model'), {
    'one-turn-at-a-time': ['get isFree', 'this.#holder === undefined && ', ''],
    'queue-behind-an-open-message': ['get isFree', ' && !this.#messages.insideMessage', ''],
    'queue-in-order': ['get isFree', ' && !this.#hasWaiting', ''],
    'turn-ends-for-its-holder-only': ['release', 'if (this.#holder !== holder) return;', ''],
    'turn-is-used-by-its-holder-only': ['sendInTurn', 'if (this.#holder !== holder) return;', ''],
    'small-ones-wait-in-copies': ['#wait', 'if (this.#waitingCost + cost > this.#highWaterMark)', 'if (true)'],
    'copies-are-bounded': ['#wait', 'if (this.#waitingCost + cost > this.#highWaterMark)', 'if (false)'],
    'waiting-copy-is-one': ['#wait', "typeof payload === 'string' ? bytes : new Uint8Array(bytes)", 'bytes'],
    'waiting-payload-does-not-grow': ['#wait', 'new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)', 'bytes'],
    'waiting-payload-may-be-lost': ['#waitInPlace', 'if (view.length === size)', 'if (true)'],
    'sender-of-a-lost-payload-learns-it': [
      '#waitInPlace',
      'if (format.onLost !== undefined) this.#noteLost(format.onLost);',
      '',
    ],
    'close-behind-whole-messages': ['close', '({ isWhole }) => !isWhole', '() => true'],
    'close-gives-no-more-turns': ['close', '({ isWhole }) => !isWhole', '() => false'],
    'queue-forgets-what-left': ['#forget', 'this.#waitingCost -= waiting.cost;', ''],
    'turns-one-after-the-other': ['advance', 'if (this.#isAdvancing) return;', ''],
    'end-is-told-once': ['end', 'this.#lost?.splice(0)', 'this.#lost'],
  }),
];

/** Frames ↔ messages. */
export const MESSAGES = [...RECEIVING, ...SENDING];
