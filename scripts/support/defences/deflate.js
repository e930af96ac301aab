import { defencesIn } from './defences-in.js';

/** Compression: what a peer may send, what is agreed on, and what it costs. */
export const DEFLATE = [
  ...defencesIn('deflate/parameters.ts', ['deflate/negotiation'], {
    'V020-window-bits': ['/^([89]|1[0-5])$/', '/^[0-9]+$/'],
    'V001-unknown-parameter': ['return `${quote(name)} is no parameter of it`;', 'return undefined;'],
    'parameter-twice': ['values.has(name) ? `${name} is there twice` :', ''],
    'parameter-without-a-value-has-one': ['return value === undefined ? undefined :', 'return true ? undefined :'],
    'answer-without-a-window': ["&& kind === 'offer') return undefined;", ') return undefined;'],
  }),
  ...defencesIn('deflate/negotiation.ts', ['deflate/negotiation'], {
    'V022-window-of-8': ['if (serverBits < SMALLEST_WINDOW_BITS) return undefined;', ''],
    'V021-client-window-unasked': [
      'return offered === undefined ? undefined :',
      'return offered === undefined ? preferred :',
    ],
    'V021-smaller-window-of-server': [
      'offered.serverMaxWindowBits ?? LARGEST_WINDOW_BITS,\n  );',
      'LARGEST_WINDOW_BITS,\n  );',
    ],
    'memory-short-for-the-client': ['isClientAlone || !hasMemory(clientBits ?? LARGEST_WINDOW_BITS)', 'isClientAlone'],
    'client-keeps-to-its-offer': [
      'options.clientMaxWindowBits ?? DEFAULT_WINDOW_BITS,\n        typeof',
      'LARGEST_WINDOW_BITS,\n        typeof',
    ],
  }),
  ...defencesIn(
    'deflate/codec/handle-codec.ts',
    ['deflate/codec/handle-codec', 'deflate/codec/codec', 'deflate/inflate-transform'],
    {
      'V090-rest-of-a-bomb-on-the-pool': ['(this.#isRich || super.isLarge())', 'super.isLarge()'],
      'large-input-on-the-pool': ['return this.handle.left > this.#atOnce;', 'return false;'],
      'share-of-a-turn': ['if (turn.isExhausted || this.isLarge())', 'if (this.isLarge())'],
      'V077-stream-begins-anew': ['      this.handle.restart();\n      turn', '      turn'],
      'message-ends-behind-a-block': [
        'if (produced > 0 || (left !== 1 && !isUntouched)) throw incompleteMessage();',
        '',
      ],
      'V092-invalid-data-is-the-peers': [
        'error.errno === DATA_ERROR ? invalidData(error.message) : error',
        'false ? invalidData(error.message) : error',
      ],
      'few-jobs-on-the-pool': ['await pool.enter();', 'void pool.enter();'],
      'input-taken-away-before': ['if (input.length === 0) throw takenAway();', ''],
      'one-pull-at-a-time': ["if (this.#isPromised) throw new Error('a piece is promised already');", ''],
    },
  ),
  ...defencesIn('deflate/codec/zlib-handle.ts', ['deflate/codec/zlib-handle', 'deflate/codec/node-codec'], {
    'close-waits-for-the-job': ['if (this.#job === undefined) this.#native.close();', 'this.#native.close();'],
    'nothing-beside-a-job': [
      "if (this.#job !== undefined) throw new Error('a job of the zlib context is under way');",
      '',
    ],
    'input-of-a-job-is-copied': [
      'this.#input.slice(this.#offset, this.#offset + inputLength);',
      'this.#input.subarray(this.#offset, this.#offset + inputLength);',
    ],
    'zlib-does-nothing-more': ["if (this.#idleSteps > 1) throw new Error('zlib does nothing more');", ''],
    'calls-are-watched': ['return calls.length > 0 && calls.every(isNativeCall);', 'return true;'],
  }),
  ...defencesIn(
    'deflate/codec/stream-codec.ts',
    ['deflate/codec/codec', 'deflate/inflate-transform', 'deflate/codec/node-codec'],
    {
      'streams-refuse-a-cut-message': ['if (this.#isFinishing) throw incompleteMessage();', ''],
      'V077-another-stream-for-the-rest': ['if (rest.length > 0) this.write(rest);', ''],
    },
  ),
  ...defencesIn('deflate/inflate-transform.ts', ['deflate/inflate-transform', 'deflate/contexts'], {
    'nothing-is-appended-to-nothing': [
      'if (this.#last !== undefined) this.#inflater?.finish(this.#last);',
      'this.#inflater?.finish(this.#last ?? 0);',
    ],
    'V094-context-of-a-failed-message': [
      '    } catch (error) {\n      this.close();\n      throw error;\n    }\n  }\n\n  end(',
      '    } catch (error) {\n      throw error;\n    }\n  }\n\n  end(',
    ],
    'V094-context-of-a-closed-connection': [
      'if (this.#inflater !== undefined) this.#pool.discard(this.#inflater);\n    this.#inflater = undefined;',
      '',
    ],
  }),
  ...defencesIn('deflate/deflate-transform.ts', ['deflate/deflate-transform', 'deflate/contexts'], {
    'history-after-a-prepared-message': ['} else if (this.#isStale) {', '} else if (false) {'],
    'empty-message': ["this.#phase = this.#hasInput ? 'flushed' : 'empty block';", "this.#phase = 'flushed';"],
    'context-only-within-the-budget': ['&& this.#contexts.mayHold(settings, memoryBudget);', ';'],
    'context-only-for-the-active': ['keepsHistory && this.#isActive &&', 'keepsHistory &&'],
    'context-stays-inside-a-message': [
      'if (!this.#wasUsed && !this.#isWorking) this.#giveUp();',
      'if (!this.#wasUsed) this.#giveUp();',
    ],
    'V093-context-of-a-closed-connection': [
      'if (this.#deflater !== undefined) this.#pool.discard(this.#deflater);',
      '',
    ],
    'history-only-if-agreed': ['const isHeld = keepsHistory &&', 'const isHeld ='],
  }),
  ...defencesIn('deflate/context-pool.ts', ['deflate/context-pool', 'deflate/deflate-transform', 'deflate/contexts'], {
    'no-history-of-others': ['free.reset();', ''],
    'few-free-contexts': [
      'if (this.#free.length < MOST_FREE) this.#free.push(context);',
      'if (true) this.#free.push(context);',
    ],
  }),
  ...defencesIn('deflate/contexts.ts', ['deflate/contexts'], {
    'half-of-the-budget-for-peers': ['<= budget / 2;', '<= budget;'],
    'budget-for-history': ['return used <= budget;', 'return true;'],
  }),
  ...defencesIn('protocol/send/transformation.ts', ['protocol/connection/connection.send-transforms'], {
    'sent-payload-is-a-copy': ['isOwn ? slice : new Uint8Array(slice)', 'slice'],
    'empty-piece': ["if (piece.length === 0) throw new Error('an extension has given an empty piece');", ''],
    'output-waits-for-the-transport': ['if (this.#hasOutput && this.#setup.isFull()) return;', ''],
  }),
  ...defencesIn('protocol/send/send-pipeline.ts', ['protocol/connection/connection.send-transforms'], {
    'sent-payload-was-lost': ['if (given.length !== size) {', 'if (false) {'],
    'declared-length-in-a-changed-message': ["if (this.#openFate === 'transformed') {", 'if (false) {'],
    'abandoned-job-ends': [
      'if (isRunning && this.#transformation.hasMessage) this.#transformation.cancel();',
      'if (isRunning && this.#transformation.hasMessage) void 0;',
    ],
    'prepared-message-tells-the-context': ['shared.onSent();\n', '\n'],
  }),
  ...defencesIn(
    'protocol/base/transform-jobs.ts',
    ['protocol/connection/connection.send-transforms', 'protocol/connection/connection.transforms'],
    {},
  ),
];
