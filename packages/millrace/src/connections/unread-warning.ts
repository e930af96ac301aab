let hasWarned = false;

/**
 * Warns, once in the process, of a connection whose messages nobody has ever asked for, though they pile up: nothing more is read of it, so that the end of its
 * peer goes unnoticed.
 */
export function warnOfUnread(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    'A peer sends messages that nobody has ever asked for, and nothing more is read of its connection, not even its Close. ' +
      'Receive them, or call connection.ignoreMessages(), or set the option receive to false. (said once)',
    { type: 'MillraceWarning', code: 'MILLRACE_UNREAD' },
  );
}
