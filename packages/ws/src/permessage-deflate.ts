/** How messages are compressed (RFC 7692), in the names of `ws`. */
export interface PerMessageDeflateOptions {
  readonly clientMaxWindowBits?: boolean | number | undefined;
  readonly clientNoContextTakeover?: boolean | undefined;
  readonly concurrencyLimit?: number | undefined;
  readonly isServer?: boolean | undefined;
  readonly maxPayload?: number | undefined;
  readonly serverMaxWindowBits?: boolean | number | undefined;
  readonly serverNoContextTakeover?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly zlibDeflateOptions?: object | undefined;
  readonly zlibInflateOptions?: object | undefined;
}

/** permessage-deflate, as far as programs name it. */
export class PerMessageDeflate {
  /** Its name in the opening handshake. */
  static readonly extensionName = 'permessage-deflate';

  readonly _options: PerMessageDeflateOptions;
  /** What was agreed on. */
  params: Record<string, unknown> | null = null;

  constructor(options: PerMessageDeflateOptions = {}) {
    this._options = options;
  }
}
