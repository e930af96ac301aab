import { defencesIn } from './defences-in.js';

const SCHEDULER = ['protocol/send/scheduler.test'];

/** Frames ↔ messages: what is checked and bounded on the way in, what is never mixed up on the way out. */
export const MESSAGES = [
  ...defencesIn('protocol/receive/text-checker.ts', ['protocol/receive/text-checker'], {
    'text-fails-fast': [
      "if (bad !== undefined) throw this.#invalid('is not UTF-8'",
      "if (false) throw this.#invalid('is not UTF-8'",
    ],
    'text-ends-whole': ['if (!this.#isComplete()) throw', 'if (false) throw'],
    'text-fast-path-between-code-points': ['this.#isComplete() && this.#text.isUtf8', 'this.#text.isUtf8'],
  }),
  ...defencesIn('protocol/receive/frame-collector.ts', ['protocol/receive/frame-collector'], {
    'frame-limit-by-header': ['this.#check(header.payloadLength);', ''],
    'frame-limit-by-data': ['this.#check(this.#frame.size + chunk.length);', ''],
  }),
  ...defencesIn('protocol/receive/message-collector.ts', ['protocol/receive/message-collector'], {
    'message-frame-limit-by-header': ['if (payloadLength > this.#limits.maxFrameSize)', 'if (false)'],
    'message-limit-by-header': ['if (announced > this.#limits.maxMessageSize)', 'if (false)'],
    'message-limit-by-data': ['if (size > this.#limits.maxMessageSize)', 'if (false)'],
    'message-owns-its-bytes': [': new Uint8Array(chunk);', ': chunk;'],
  }),
  ...defencesIn('protocol/receive/size-limiter.ts', ['protocol/receive/size-limiter'], {
    'streamed-limit-by-header': ['this.#check(this.#size + header.payloadLength);', ''],
    'streamed-limit-by-data': ['this.#check(this.#size);', ''],
    'streamed-limit-per-message': ['this.#size = 0;\n    this.#next.onMessageBegin', 'this.#next.onMessageBegin'],
  }),
  ...defencesIn('protocol/receive/levels.ts', ['protocol/receive/levels'], {
    'levels-check-text': [
      'new TextChecker(collectorFor(receiver, limits, text), text)',
      'collectorFor(receiver, limits, text)',
    ],
    'levels-limit-streams': ['limits.maxStreamedMessageSize === Infinity ? checked', 'true ? checked'],
  }),
  ...defencesIn('protocol/receive/byte-collector.ts', ['protocol/receive/byte-collector'], {
    'bytes-announced-are-not-allocated': ['expected >= size && expected <= 2 * size', 'expected >= size'],
    'bytes-beyond-announced': ['expected >= size && expected <= 2 * size', 'expected <= 2 * size'],
    'bytes-spare-is-bounded': [
      'Math.min(Math.max(this.#size, MIN_BLOCK), MAX_BLOCK)',
      'Math.max(this.#size, MIN_BLOCK)',
    ],
  }),
  ...defencesIn('protocol/receive/frame-reader.ts', ['protocol/receive/frame-reader'], {
    'reader-checks-headers': ['checkFrameHeader(header, this);', ''],
    'control-payload-starts-anew': ['this.#controlSize = 0;\n      return;', 'return;'],
    'control-payload-is-kept-apart': [
      'if (this.#isControl) {\n      const payload',
      'if (false) {\n      const payload',
    ],
    'message-open-between-fragments': ['this.insideMessage = !fin;', 'this.insideMessage = false;'],
  }),
  ...defencesIn(
    'protocol/receive/frame-reader.ts',
    ['protocol/receive/inbound', 'protocol/connection/connection.pause'],
    {
      'pause-at-message-begin': [
        "if (this.#pausing.isPaused) {\n        this.#waiting = 'frameBegin'",
        "if (false) {\n        this.#waiting = 'frameBegin'",
      ],
      'pause-at-last-frame-end': ["if (this.#pausing.isPaused) this.#waiting = 'messageEnd';\n    else ", ''],
      'discard-while-closing': ['this.#messages = DISCARD;', ''],
    },
  ),
  ...defencesIn('protocol/send/scheduler.ts', SCHEDULER, {
    'client-masks': ["role === 'client' ? host : undefined", 'undefined'],
    'control-never-inside-frame': ["if (this.#state === 'frame' || this.#hasUrgent()) return true;", ''],
    'message-waits-behind-open-one': [
      "sendMessage(payload: string | Uint8Array, format: MessageFormat): void {\n    if (this.#state === 'ground')",
      'sendMessage(payload: string | Uint8Array, format: MessageFormat): void {\n    if (true)',
    ],
    'prepared-message-waits': ["if (this.#state === 'ground') this.#writePrepared", 'if (true) this.#writePrepared'],
    'pong-is-replaced': [
      'if (this.#mustOvertake()) this.#pong = this.#encoder',
      'if (this.#mustOvertake()) this.#urgent.push(this.#pong ?? payload), this.#pong = this.#encoder',
    ],
    'control-overtakes-plenty': ['this.#output.size > PLENTY || this.#isBlocked()', 'this.#isBlocked()'],
    'control-overtakes-when-blocked': ['this.#output.size > PLENTY || this.#isBlocked()', 'this.#output.size > PLENTY'],
    'fragments-have-at-most-their-size': [
      'while (payload.length - start > fragmentSize)',
      'while (payload.length - start > fragmentSize + 1)',
    ],
    'fragments-continue': ['start += fragmentSize;\n      opcode = Opcode.CONTINUATION;', 'start += fragmentSize;'],
    'fragments-of-text-in-bytes': ['3 * payload.length <= fragmentSize', 'payload.length <= fragmentSize'],
    'end-inside-frame': ["if (this.#state === 'frame') {\n      const missing", 'if (false) {\n      const missing'],
    'begin-twice': [
      "if (this.#state !== 'ground') throw misuse('beginMessage'",
      "if (false) throw misuse('beginMessage'",
    ],
    'frame-outside-message': ["if (this.#state === 'ground') throw misuse(method", 'if (false) throw misuse(method'],
    'data-outside-frame': ["if (this.#state === 'frame') return;\n    throw", 'return;\n    throw'],
    'frame-length-is-checked': ['checkFrameLength(length);', ''],
    'final-frame-ends-message': ["this.#frameIsFinal ? 'ground' : 'message'", "'message'"],
    'end-after-final-frame': ["if (this.#state === 'ground' && this.#endedByFrame) {", 'if (false) {'],
    'data-beyond-the-frame': ['fitting === payload.length ? payload : payload.subarray(0, fitting)', 'payload'],
    'close-waits-for-message': [
      "if (this.#state === 'ground') this.#writeClose(body);\n    else this.#close",
      'if (true) this.#writeClose(body);\n    else this.#close',
    ],
    'answered-close-waits-for-frame': [
      "if (this.#state === 'frame') this.#close = { body, after: 'frame' };\n    else ",
      '',
    ],
    'endless-frame-gets-no-close': ['if (this.insideEndlessFrame) return false;', ''],
    'failure-cuts-only-at-boundary': [
      'if (!mayFollow && !this.#output.truncate()) return false;',
      'if (!mayFollow) this.#output.truncate();',
    ],
  }),
  ...defencesIn('protocol/send/output-queue.ts', ['protocol/send/output-queue'], {
    'insert-only-at-boundary': ['let index = this.#firstBoundary();', 'let index: number | undefined = 0;'],
    'insert-behind-inserted': ['while (this.#pieces[index]?.isInserted === true) index++;', ''],
    'insert-after-frame-end': [
      'return index === -1 ? undefined : index + 1;',
      'return index === -1 ? undefined : index;',
    ],
    'truncate-only-at-boundary': ['if (this.#takenEndsFrame) return 0;', 'return 0;'],
    'take-no-more-than-limit': ['if (bytes >= limit) break;', ''],
    'mask-before-output': [
      'piece.maskingKey === undefined ? piece.bytes : maskedCopy(piece.bytes, piece.maskingKey)',
      'piece.bytes',
    ],
  }),
  ...defencesIn('protocol/send/frame-encoder.ts', ['protocol/send/frame-encoder'], {
    'fresh-key-for-each-frame': ['return this.#keys?.maskingKey();', 'return this.masks ? 1 : undefined;'],
    'begun-frame-can-be-given-up': ['this.#output.seal();', ''],
    'key-goes-on-in-streamed-frame': [
      'if (maskingKey !== undefined) this.#partialKey = rotateKey(maskingKey, payload.length);',
      '',
    ],
  }),
];
