import { defencesIn } from './defences-in.js';

/** What watches connections, and what waits for them. */
export const OBSERVING = [
  ...defencesIn('engine/diagnostics/mask-secrets.ts', ['engine/diagnostics/mask-secrets'], {
    'log-masks-headers': ['writeHeaders', 'SHOWN.has(name.toLowerCase())', 'true'],
    'log-masks-urls': ['writeTarget', 'redactUrl(target)', 'target'],
    'log-escapes-beyond-ascii': ['quoteForLog', '.replace(TRICKY,', '.replace(/(?!)/g,'],
  }),
  ...defencesIn('server/accept-watch.ts', ['server/listening'], {
    'missing-descriptors-are-told': ['findShortage', "code === 'EMFILE' || code === 'ENFILE'", 'false'],
  }),
  ...defencesIn('server/accept-watch.ts', ['connections/shutdown'], {
    'accept-watch-keeps-no-process': ['watchAccepting', 'timer.unref();', ''],
  }),
  ...defencesIn('tunnel/serve-tunnel.ts', ['tunnel/tunnel.test'], {
    'unreached-targets-are-published': [
      'serveTunnel',
      'tellError(WebSocketConnection.engineOf(connection), toError(error));',
      '',
    ],
  }),
  ...defencesIn('tunnel/listen-tunnel.ts', ['tunnel/tunnel.test'], {
    'unreached-servers-are-published': ['#report', 'tellError(undefined, error);', ''],
  }),
  ...defencesIn('classes/client.ts', ['classes/opening'], {
    'failures-of-on-open-failed-are-published': ['tellOpenFailed', 'tellError(undefined, failure);', ''],
  }),
  ...defencesIn('server/handshake-gate.ts', ['engine/diagnostics/connections'], {
    'errors-of-servers-are-published': ['report', 'tellError(undefined, reported);', ''],
  }),
  ...defencesIn('connections/reconnecting/message-queue.ts', ['connections/reconnecting/handle'], {
    'queue-is-bounded': ['#makeRoom', 'while (isFull())', 'while (false)'],
    'queue-waits-for-room': ['#drain', 'await roomIn(connection);', ''],
    'queue-keeps-copies': ['#put', 'new Uint8Array(payload)', 'payload'],
  }),
];
