import { toCloseInfo, type WebSocketCloseInfo } from './idl/close-info.ts';
import { toDOMString } from './idl/conversions.ts';
import { shapeInterface } from './idl/interface-shape.ts';

let create: (message: string, closeCode: number, reason: string) => WebSocketError;

/**
 * How the connection of a {@link WebSocketStream} failed; or, made by an application and given to `abort` or `cancel` of one of its
 * streams, what to close with.
 *
 * @see WHATWG WebSockets, "WebSocketError" (pull request 48)
 */
export class WebSocketError extends DOMException {
  static {
    shapeInterface(this, 'WebSocketError');
    create = (message, closeCode, reason) => {
      const error = new WebSocketError(message);
      error.#closeCode = closeCode;
      error.#reason = reason;
      return error;
    };
  }

  #closeCode: number | null;
  #reason: string;

  /**
   * @param init - code and reason; a reason without a code has the code 1000
   *
   * @throws {TypeError} `init` is no object, or the code is not from 0 to 65535
   * @throws {DOMException} `InvalidAccessError` if the code is neither 1000 nor from 3000 to 4999; `SyntaxError` if the reason is over 123
   *   bytes of UTF-8
   */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    super(toDOMString(message), 'WebSocketError');
    // In some releases of Node, DOMException forgets whom it is the base of (nodejs/node issue 59677).
    if (!(this instanceof WebSocketError)) Object.setPrototypeOf(this, new.target.prototype);
    const { code, reason } = toCloseInfo(init);
    this.#closeCode = code ?? null;
    this.#reason = reason;
  }

  /** The code; `null` if there is none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** The reason; empty if there is none. */
  get reason(): string {
    return this.#reason;
  }
}

/** Makes an error of what a connection ended with, 1005 and 1006 too, which no application may close with. */
export function createWebSocketError(message: string, closeCode: number, reason: string): WebSocketError {
  return create(message, closeCode, reason);
}
