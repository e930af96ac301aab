import type { TestContext } from 'node:test';

import { WebSocket, WebSocketStream } from '../../src/web/index.ts';

/** The interfaces of browsers that a connection can be made over. */
export const INTERFACES = ['WebSocket', 'WebSocketStream'] as const;

/** Makes of this process a browser that has one of the interfaces, for the time of a test: real ones, over real sockets. */
export function becomeBrowser(t: TestContext, which: (typeof INTERFACES)[number]): void {
  const before = INTERFACES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  set('WebSocket', WebSocket);
  set('WebSocketStream', which === 'WebSocketStream' ? WebSocketStream : undefined);
  t.after(() => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  });
}

function set(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
