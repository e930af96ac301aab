import { defencesIn } from './defences-in.js';

const BODY = 'connections/receiving/message-body.ts';
const INBOX = 'connections/receiving/inbox.ts';

/** Connections to iterate: nothing is lost, nothing is held without a limit, and every promise settles. */
export const CONNECTIONS = [
  ...defencesIn(
    BODY,
    ['connections/receiving/message-body', 'connections/receiving/received-message', 'connections/receiving/inbox'],
    {
      'body-has-one-reader': ['if (this.#isClaimed) throw new', 'if (false) throw new'],
      'body-discarded-is-not-read': [
        'if (this.#isDiscarded) throw discarded();\n    this.#isClaimed',
        'this.#isClaimed',
      ],
      'body-cut-off-is-no-end': [
        'if (this.#error !== undefined) throw this.#error;',
        'if (this.#error !== undefined) return undefined;',
      ],
      'body-pours-what-is-there': ['pour', 'if (whole.length > 0) sink.push(whole);', ''],
      'body-keeps-the-rest': ['#give', 'else this.#kept?.push(item);', ''],
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
    'unread-message-is-discarded': ['if (this.#current?.isUsed === false) this.#current.discard();', ''],
    'message-waits-for-the-one-before': ['get #wants', 'this.#current === undefined && ', ''],
    'asking-fails-after-unclean-end': ['#tellEnd', 'if (isEndOfMessages(closure)) resolve', 'if (true) resolve'],
    'unfinished-message-fails': ['#tellEnd', 'arriving.fail(new ConnectionClosedError(closure));', ''],
  }),
];
