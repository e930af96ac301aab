import { wrap, type WebSocketConnection, type WrapOptions } from '../../src/index.ts';
import { ScriptedPeer, createDuplexPair } from '../../src/testing/index.ts';

const HALF_OPEN = { allowHalfOpen: true };

/** Connects a client and a server in memory. */
export function wrappedPair(options: WrapOptions = {}): [client: WebSocketConnection, server: WebSocketConnection] {
  const [near, far] = createDuplexPair([HALF_OPEN, HALF_OPEN]);
  return [wrap(near, 'client', options), wrap(far, 'server', options)];
}

/** Connects a server to a peer that does what it is told, in memory. */
export function wrappedServer(options: WrapOptions = {}): [server: WebSocketConnection, peer: ScriptedPeer] {
  const [near, far] = createDuplexPair([HALF_OPEN, HALF_OPEN]);
  return [wrap(near, 'server', options), ScriptedPeer.over('client', far)];
}

/** Lets all happen that can without time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}
