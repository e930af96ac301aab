import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { DiagnosticsMessages } from './messages.ts';

/**
 * Listens to one of our diagnostics channels: `subscribe` of `node:diagnostics_channel`, with the type of the message.
 *
 * @param listener - what it throws becomes an uncaught exception, as with every channel of Node.js; the connection does not suffer for it
 *
 * @returns a function that ends it; repeating that does nothing
 */
export function subscribeDiagnostics<Name extends keyof DiagnosticsMessages>(
  name: Name,
  listener: (message: DiagnosticsMessages[Name]) => void,
): () => void {
  // We know what our channels are told, as the compiler cannot.
  const known: { listener(message: unknown): void } = { listener };
  const onMessage = (message: unknown): void => known.listener(message);
  subscribe(name, onMessage);
  return () => void unsubscribe(name, onMessage);
}
