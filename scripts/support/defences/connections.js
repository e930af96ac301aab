import { defencesIn } from './defences-in.js';

const BODY = 'connections/receiving/message-body.ts';
const INBOX = 'connections/receiving/inbox.ts';
const TURNS = 'connections/sending/send-turns.ts';

/** Connections to iterate: nothing is lost, nothing is held without a limit, and every promise settles. */
export const CONNECTIONS = [
  ...defencesIn(
    BODY,
    ['connections/receiving/message-body', 'connections/receiving/received-message', 'connections/receiving/inbox'],
    {
      'body-chunk-is-a-copy': ['this.#add(new Uint8Array(chunk))', 'this.#add(chunk)'],
      'body-has-one-reader': ['if (this.#isClaimed) throw new', 'if (false) throw new'],
      'body-discarded-is-not-read': [
        'if (this.#isDiscarded) throw discarded();\n    this.#isClaimed',
        'this.#isClaimed',
      ],
      'body-cut-off-is-no-end': [
        'if (this.#error !== undefined) throw this.#error;',
        'if (this.#error !== undefined) return undefined;',
      ],
      'body-pours-in-order': [
        'const cost = this.#clear();\n    const last',
        'const cost = this.#clear();\n    this.#removed(cost);\n    const last',
      ],
      'body-items-have-a-cost': [
        "typeof item === 'number' ? ITEM_COST : ITEM_COST + item.length",
        "typeof item === 'number' ? 0 : item.length",
      ],
      'body-discard-ends-collecting': ['this.#sink?.fail(discarded());', ''],
    },
  ),
  ...defencesIn(
    'connections/receiving/body-collector.ts',
    ['connections/receiving/received-message', 'connections/serve'],
    {
      'collected-whole-limit': ['Math.min(limits.maxMessageSize, limits.maxFrameSize)', 'Infinity'],
      'collected-limit-fails-connection': ['limits.fail(error);', ''],
    },
  ),
  ...defencesIn(INBOX, ['connections/receiving/inbox', 'connections/open'], {
    'read-ahead-is-bounded': ['this.#weight >= this.#setup.highWaterMark', 'false'],
    'unread-message-is-discarded': ['if (this.#current?.isUsed === false) this.#current.discard();', ''],
    'message-waits-for-the-one-before': ['(this.#current === undefined || this.#closure !== undefined)', 'true'],
    'asking-fails-after-unclean-end': [
      'else if (this.#closure?.wasClean === true) asking',
      'else if (this.#closure !== undefined) asking',
    ],
    'unfinished-message-fails': ['this.#arriving?.fail(new ConnectionClosedError(closure));', ''],
  }),
  ...defencesIn(
    TURNS,
    [
      'connections/sending/send-turns',
      'connections/connection.send',
      'connections/connection.close',
      'connections/sending/stream-sending',
    ],
    {
      'turns-wait': [
        'if (this.#holder === undefined && this.#isOpen()) this.#holder = holder;',
        'if (this.#isOpen()) this.#holder = holder;',
      ],
      'turn-ends-for-its-holder-only': ['if (this.#holder !== holder) return;', ''],
      'queued-are-handed-over-at-close': ['each.what();\n      if (isBehind)', 'if (isBehind)'],
      'queued-settle-at-the-end': ['turn.reject(error);\n    this.#handedOver', 'void turn;\n    this.#handedOver'],
      'queued-can-be-withdrawn': ['this.#waiting.splice(index, 1);', ''],
    },
  ),
  ...defencesIn('connections/session.ts', ['connections/connection.send', 'connections/sending/stream-sending'], {
    'queued-count-for-the-limit': [
      'if (!connection.sender.admit(payload.length, this.bufferedAmount)) return this.ended();',
      '',
    ],
    'send-waits-for-drain': [
      'sendMessage(payload, opcode) ? DONE : this.drained()',
      'sendMessage(payload, opcode) ? DONE : DONE',
    ],
  }),
];
