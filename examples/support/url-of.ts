/** URL for clients on this machine of an HTTP server, or of one of npm's ws, that listens on a port. */
export function urlOf(server: { address(): unknown }): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) throw new Error('it does not listen');
  return `ws://localhost:${String(address.port)}`;
}
