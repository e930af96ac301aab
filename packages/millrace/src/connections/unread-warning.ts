/** How long somebody may take to ask for the first message, in milliseconds: it may have come with the opening handshake. */
const PATIENCE = 1000;

let hasWarned = false;

/**
 * Warns, once in the process, of a connection whose messages nobody has ever asked for, though they pile up: nothing more is read of it, so that the end of its
 * peer goes unnoticed.
 *
 * @param isUnread - whether that is still so, a second later
 */
export function warnOfUnread(isUnread: () => boolean): void {
  if (hasWarned) return;
  const look = (): void => {
    if (hasWarned || !isUnread()) return;
    hasWarned = true;
    process.emitWarning(
      'A peer sends messages that nobody has ever asked for, and nothing more is read of its connection, not even its Close. ' +
        'Receive them, or call connection.ignoreMessages(), or set the option receive to false. (said once)',
      { type: 'MillraceWarning', code: 'MILLRACE_UNREAD' },
    );
  };
  setTimeout(look, PATIENCE).unref();
}
