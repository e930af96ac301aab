import { defencesIn } from './defences-in.js';

const BODY = 'messages/message-body.ts';
const INBOX = 'messages/inbox.ts';
const TURNS = 'messages/send-turns.ts';

/** Connections to iterate: nothing is lost, nothing is held without a limit, and every promise settles. */
export const CONNECTIONS = [
  ...defencesIn(BODY, ['messages/message-body', 'messages/received-message', 'messages/inbox'], {
    'body-chunk-is-a-copy': ['this.#add(new Uint8Array(chunk))', 'this.#add(chunk)'],
    'body-has-one-reader': ['if (this.#isClaimed) throw new', 'if (false) throw new'],
    'body-discarded-is-not-read': ['if (this.#isDiscarded) throw discarded();\n    this.#isClaimed', 'this.#isClaimed'],
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
  }),
  ...defencesIn('messages/body-collector.ts', ['messages/received-message', 'messages/serve'], {
    'collected-whole-limit': ['Math.min(limits.maxMessageSize, limits.maxFrameSize)', 'Infinity'],
    'collected-limit-fails-connection': ['limits.fail(error);', ''],
  }),
  ...defencesIn(INBOX, ['messages/inbox', 'messages/open'], {
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
    ['messages/send-turns', 'messages/connection.send', 'messages/connection.close', 'messages/stream-sending'],
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
  ...defencesIn('messages/session.ts', ['messages/connection.send', 'messages/stream-sending'], {
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
