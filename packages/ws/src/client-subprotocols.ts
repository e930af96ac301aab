/** A token (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z|~]+$/;

/**
 * Checks the subprotocols that a client offers.
 *
 * @throws {SyntaxError} one is no token, or is there twice
 */
export function checkProtocols(offered: readonly unknown[]): readonly string[] {
  const protocols = new Set<string>();
  for (const protocol of offered) {
    if (typeof protocol !== 'string' || !TOKEN.test(protocol) || protocols.has(protocol)) {
      throw new SyntaxError('An invalid or duplicated subprotocol was specified');
    }
    protocols.add(protocol);
  }
  return [...protocols];
}

/**
 * Judges the subprotocol that a server has chosen.
 *
 * @returns what is wrong with it, if anything
 */
export function findSubprotocol(chosen: string | undefined, offered: readonly string[]): string | undefined {
  if (chosen === undefined) return offered.length === 0 ? undefined : 'Server sent no subprotocol';
  if (offered.length === 0) return 'Server sent a subprotocol but none was requested';
  return offered.includes(chosen) ? undefined : 'Server sent an invalid subprotocol';
}
