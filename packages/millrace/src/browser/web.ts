// What 'millrace/web' is in a browser: what the browser has.
import { standIn } from './unavailable.ts';

/** The interfaces of the platform by name; `undefined` where there is none. Their types are those of the DOM library. */
type Platform<Name extends string> = typeof globalThis extends Record<Name, infer Found> ? Found : unknown;

/** That of the browser. */
export const WebSocket: Platform<'WebSocket'> = platform('WebSocket');
/** That of the browser. */
export const WebSocketStream: Platform<'WebSocketStream'> = platform('WebSocketStream');
/** That of the browser. */
export const WebSocketError: Platform<'WebSocketError'> = platform('WebSocketError');
/** That of the browser. */
export const CloseEvent: Platform<'CloseEvent'> = platform('CloseEvent');
/** Needs Node: throws when it is called. */
export const webSocketStreamOf: () => never = standIn('webSocketStreamOf');

function platform<Name extends string>(name: Name): Platform<Name>;
function platform(name: string): unknown {
  const found: unknown = Reflect.get(globalThis, name);
  return found;
}
