import { defencesIn } from './defences-in.js';

/** What the peer may put on the wire: headers, Close bodies, UTF-8. */
export const WIRE = [
  ...defencesIn('protocol/wire/header-rules.ts', ['protocol/wire/header-rules'], {
    'unmasked-frame': ["role === 'server' && maskingKey === undefined", 'false'],
    'masked-frame': ["role === 'client' && maskingKey !== undefined", 'false'],
    'reserved-bits-of-any-frame': ['(reservedBits & ~allowedBits(opcode, reserved)) !== 0', 'false'],
    'reserved-bits-of-control-frames': ['return reserved.controlBits;', 'return reserved.firstFrameBits;'],
    'reserved-bits-of-continuations': ['? reserved.continuationBits :', '? reserved.firstFrameBits :'],
    'reserved-bits-of-first-frames': [': reserved.firstFrameBits;', ': reserved.continuationBits;'],
    'reserved-opcode': ['!isDefinedOpcode(opcode) && !reserved.allowsOpcode(opcode)', 'false'],
    'length-top-bit': ['lengthHigh >= 0x8000_0000', 'false'],
    'minimal-length': ["if (!minimal) throw broken('payload", "if (false) throw broken('payload"],
    'fragmented-control': ["if (!fin) throw broken('fragmented", "if (false) throw broken('fragmented"],
    'control-over-125': ['payloadLength > MAX_CONTROL_PAYLOAD', 'payloadLength > MAX_CONTROL_PAYLOAD + 1'],
    'close-body-of-1-byte': ['opcode === Opcode.CLOSE && payloadLength === 1', 'false'],
    'continuation-of-nothing': ['continues && !insideMessage', 'false'],
    'interleaved-message': ['!continues && insideMessage', 'false'],
  }),
  ...defencesIn('protocol/wire/frame-header.ts', ['protocol/wire/frame-header'], {
    'length-minimal-in-16-bits': [
      'header.minimal = header.lengthLow >= LENGTH_IN_16_BITS',
      'header.minimal = header.lengthLow >= LENGTH_IN_16_BITS - 1',
    ],
    'length-minimal-in-64-bits': ['header.lengthLow > 0xffff', 'header.lengthLow >= 0xffff'],
    'length-read-unsigned': ['| bytes[offset + 3]!) >>> 0;', '| bytes[offset + 3]!);'],
  }),
  ...defencesIn('protocol/wire/frame-parser.ts', ['protocol/wire/frame-parser'], {
    'header-cut-anywhere': ['if (end > chunk.length) return', 'if (end > chunk.length + 1) return'],
    'parser-pauses-inside-chunk': ['while (!this.#paused)', 'while (true)'],
    'parser-largest-piece': ['Math.min(chunk.length - offset, this.#largestPiece)', 'chunk.length - offset'],
    'masking-key-goes-on': ['this.#key = rotateKey(this.#key, payload.length);', ''],
    'cut-header-is-mid-frame': ['this.#insideFrame || this.#cutSize > 0', 'this.#insideFrame'],
  }),
  ...defencesIn('protocol/base/close-code.ts', ['protocol/base/close-code', 'protocol/wire/close-body'], {
    'close-code-upper-bound': ['return code <= 4999;', 'return true;'],
    'close-code-1015-to-2999': ['return code <= 1014;', 'return true;'],
    'close-code-1004-to-1006': ['return code >= 1000 && code <= 1003;', 'return code >= 1000;'],
    'close-code-below-1000': ['return code >= 1000 && code <= 1003;', 'return code <= 1003;'],
    'close-code-1010-by-server': ["code !== CloseCode.MANDATORY_EXTENSION || role === 'client'", 'true'],
  }),
  ...defencesIn('protocol/wire/close-body.ts', ['protocol/wire/close-body'], {
    'close-code-received': ['if (!isValidCloseCode(code)) throw', 'if (false) throw'],
    'close-reason-is-utf8': ['!text.isUtf8(reason)', 'false'],
    'close-code-sent': ['!isSendableCloseCode(code, role)', 'false'],
    'close-reason-without-code': ["reason !== ''", 'false'],
    'close-reason-size': ['size > MAX_CLOSE_REASON', 'size > MAX_CLOSE_REASON + 1'],
    'close-reason-cut-in-code-point': ['while ((bytes[end]! & 0xc0) === 0x80) end--;', ''],
  }),
  ...defencesIn('protocol/wire/utf8.ts', ['protocol/wire/utf8'], {
    'utf8-lead-c0-c1': ['byte < 0xc2 ||', 'byte < 0xc1 ||'],
    'utf8-lead-f5-and-up': ['byte > 0xf4', 'byte > 0xf5'],
    'utf8-overlong-e0': ['if (byte === 0xe0) this.#lower = 0xa0;', 'if (byte === 0xe0) this.#lower = 0x9f;'],
    'utf8-surrogates-ed': ['this.#upper = 0x9f', 'this.#upper = 0xa0'],
    'utf8-overlong-f0': ['this.#lower = 0x90', 'this.#lower = 0x8f'],
    'utf8-beyond-f4-8f': ['this.#upper = 0x8f', 'this.#upper = 0x90'],
    'utf8-continuation-lower': ['byte < this.#lower ||', ''],
    'utf8-continuation-upper': ['|| byte > this.#upper', ''],
    'utf8-ascii-inside-code-point': ['byte < 0x80 && this.#missing === 0', 'byte < 0x80'],
  }),
  ...defencesIn('protocol/wire/text-codec.ts', ['protocol/wire/text-codec'], {
    'text-decoder-is-fatal': ['fatal: true', 'fatal: false'],
    'text-keeps-byte-order-mark': ['ignoreBOM: true', 'ignoreBOM: false'],
  }),
];
