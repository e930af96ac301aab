import { defencesIn } from './defences-in.js';

/** What watches connections, and what waits for them. */
export const OBSERVING = [
  ...defencesIn('engine/diagnostics/mask-secrets.ts', ['engine/diagnostics/mask-secrets'], {
    'log-masks-headers': ['writeHeaders', 'SHOWN.has(name.toLowerCase())', 'true'],
    'log-masks-urls': ['writeTarget', 'redactUrl(target)', 'target'],
    'log-escapes-beyond-ascii': ['quoteForLog', '.replace(TRICKY,', '.replace(/(?!)/g,'],
  }),
  ...defencesIn('connections/reconnecting/message-queue.ts', ['connections/reconnecting/handle'], {
    'queue-is-bounded': ['#makeRoom', 'while (isFull())', 'while (false)'],
    'queue-waits-for-room': ['#drain', 'await roomIn(connection);', ''],
    'queue-keeps-copies': ['#put', 'new Uint8Array(payload)', 'payload'],
  }),
];
