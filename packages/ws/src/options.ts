import type { ClientRequest, RequestOptions } from 'node:http';
import type { RequestOptions as SecureRequestOptions } from 'node:https';

import type { LinkOptions } from './link.ts';
import type { PerMessageDeflateOptions } from './permessage-deflate.ts';

/** What both sides have. */
export interface SocketOptions extends LinkOptions {
  readonly autoPong?: boolean | undefined;
  readonly maxBufferedChunks?: number | undefined;
  readonly maxPendingAutoPongs?: number | undefined;
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

/** How a client dials: options of `ws`, and of `http.request`. */
export interface DialOptions extends SocketOptions, Omit<SecureRequestOptions, 'protocol'> {
  readonly finishRequest?: ((request: ClientRequest, webSocket: object) => void) | undefined;
  readonly followRedirects?: boolean | undefined;
  readonly handshakeTimeout?: number | undefined;
  readonly maxRedirects?: number | undefined;
  readonly origin?: string | undefined;
  readonly protocols?: unknown;
  readonly protocolVersion?: number | undefined;
}

/** What is handed to `http.request`. */
export type HandshakeRequestOptions = RequestOptions & SecureRequestOptions;

const MIB = 1024 * 1024;

/** What both sides have, but for what may be missing. */
type Defaults = Readonly<
  Record<'allowSynchronousEvents' | 'autoPong' | 'skipUTF8Validation', boolean> &
    Record<'closeTimeout' | 'maxBufferedChunks' | 'maxFragments' | 'maxPayload' | 'maxPendingAutoPongs', number>
>;

/** The defaults of `ws` that both sides have. */
export const DEFAULTS: Defaults = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: 30_000,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * MIB,
  maxPendingAutoPongs: 60,
  skipUTF8Validation: false,
};
