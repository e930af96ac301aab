import { EventEmitter } from 'node:events';

import { addHandler, attributeHandler, removeHandler, setAttributeHandler, type EventHandler } from './events.ts';

/** An `EventEmitter` with the methods and attributes of the DOM's `EventTarget`. */
export class EventTargetEmitter extends EventEmitter {
  _closeFrameReceived = false;
  _closeFrameSent = false;

  /** Adds a listener in the manner of the DOM. */
  addEventListener(type: string, handler: EventHandler, options?: { readonly once?: boolean | undefined }): void {
    addHandler(this, type, handler, { once: options?.once });
  }

  /** Removes such a listener. */
  removeEventListener(type: string, handler: EventHandler): void {
    removeHandler(this, type, handler);
  }

  /** What is called when the connection is open. */
  get onopen(): EventHandler | null {
    return attributeHandler(this, 'open');
  }

  set onopen(handler: unknown) {
    setAttributeHandler(this, 'open', handler);
  }

  /** What is called with each message. */
  get onmessage(): EventHandler | null {
    return attributeHandler(this, 'message');
  }

  set onmessage(handler: unknown) {
    setAttributeHandler(this, 'message', handler);
  }

  /** What is called with an error. */
  get onerror(): EventHandler | null {
    return attributeHandler(this, 'error');
  }

  set onerror(handler: unknown) {
    setAttributeHandler(this, 'error', handler);
  }

  /** What is called when the connection has ended. */
  get onclose(): EventHandler | null {
    return attributeHandler(this, 'close');
  }

  set onclose(handler: unknown) {
    setAttributeHandler(this, 'close', handler);
  }
}

for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) {
  Object.defineProperty(EventTargetEmitter.prototype, name, { enumerable: true });
}
