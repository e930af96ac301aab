import { agreeOnDeflate, mayKeepHistory, type Agreed, type CompressingSide } from 'millrace/facade';

import { extension, type ExtensionParameters } from './extension.ts';

/** How messages are compressed (RFC 7692), in the names of `ws`. */
export interface PerMessageDeflateOptions {
  readonly clientMaxWindowBits?: boolean | number | undefined;
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Accepted, and without effect: small messages are compressed at once, and the engine has limits of its own for the thread pool. */
  readonly concurrencyLimit?: number | undefined;
  readonly isServer?: boolean | undefined;
  readonly maxPayload?: number | undefined;
  readonly serverMaxWindowBits?: boolean | number | undefined;
  readonly serverNoContextTakeover?: boolean | undefined;
  readonly threshold?: number | undefined;
  readonly zlibDeflateOptions?: ZlibOptions | undefined;
  readonly zlibInflateOptions?: object | undefined;
}

/** What has a meaning of the options for `zlib`; the rest belongs to streams, which are not used. */
interface ZlibOptions {
  readonly level?: number | undefined;
  readonly memLevel?: number | undefined;
}

/** The parameters of an offer or an answer (RFC 7692 §7.1). */
export interface DeflateParameters {
  server_no_context_takeover?: true;
  client_no_context_takeover?: true;
  server_max_window_bits?: number;
  client_max_window_bits?: number | true;
}

const NAME = 'permessage-deflate';

/** The window where nothing is said, for what is received. */
const LARGEST_WINDOW = 15;

/** The window that we compress with where nothing is said: docs/compression.md has the figures. */
const OWN_WINDOW = 13;

const DEFAULT_THRESHOLD = 1024;

/** The level of zlib that compresses nothing. */
const STORE = 0;

/** permessage-deflate on one connection: its negotiation, as `ws` negotiates, and how messages are compressed then. */
export class PerMessageDeflate {
  readonly _options: PerMessageDeflateOptions;
  readonly _isServer: boolean;
  readonly _threshold: number;
  readonly _maxPayload: number;
  /** What was agreed on. */
  params: DeflateParameters | null = null;

  constructor(options?: PerMessageDeflateOptions) {
    this._options = options ?? {};
    this._isServer = this._options.isServer === true;
    this._threshold = this._options.threshold ?? DEFAULT_THRESHOLD;
    this._maxPayload = this._options.maxPayload ?? 0;
  }

  /** Its name in the opening handshake. */
  static get extensionName(): typeof NAME {
    return NAME;
  }

  /** The parameters that a client offers. */
  offer(): DeflateParameters {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this._options;
    const offered: DeflateParameters = {};
    if (serverNoContextTakeover === true) offered.server_no_context_takeover = true;
    if (clientNoContextTakeover === true) offered.client_no_context_takeover = true;
    if (typeof serverMaxWindowBits === 'number') offered.server_max_window_bits = serverMaxWindowBits;
    if (typeof clientMaxWindowBits === 'number') offered.client_max_window_bits = clientMaxWindowBits;
    else if (clientMaxWindowBits !== false) offered.client_max_window_bits = true;
    return offered;
  }

  /**
   * Agrees on parameters: as a server on the first of the offers that the options allow, as a client on the answer.
   *
   * @param configurations - the offers, or the one answer, as `extension.parse` reads them
   *
   * @throws {Error} they are none, or the options do not allow them
   */
  accept(configurations: readonly ExtensionParameters[]): DeflateParameters {
    const read = configurations.map((parameters) => readParameters(parameters, this._isServer));
    this.params = this._isServer ? this.#acceptOffers(read) : this.#acceptAnswer(read[0] ?? {});
    return this.params;
  }

  /** Whether a message is compressed, if whoever sends it does not mind; of one in fragments, its first counts. */
  compresses(payload: string | Uint8Array): boolean {
    if (this._options.zlibDeflateOptions?.level === STORE) return false;
    return this.#local.keepsHistory || Buffer.byteLength(payload) >= this._threshold;
  }

  /** What was agreed on, as a header. */
  get header(): string {
    return this.params === null ? '' : extension.format({ [NAME]: { ...this.params } });
  }

  /** What a connection works with. Is `undefined` before something was agreed on. */
  get agreed(): Agreed | undefined {
    if (this.params === null) return undefined;
    const parameters = Object.entries(this.params).map(([name, value]: [string, unknown]) => ({
      name,
      value: value === true ? undefined : String(value),
    }));
    return agreeOnDeflate({ parameters, local: this.#local, remote: this.#remote }, settingsOf(this._options));
  }

  /** How this side compresses. */
  get #local(): CompressingSide {
    return this.#side(this._isServer ? 'server' : 'client', OWN_WINDOW);
  }

  get #remote(): CompressingSide {
    return this.#side(this._isServer ? 'client' : 'server', LARGEST_WINDOW);
  }

  #side(side: 'client' | 'server', unsaid: number): CompressingSide {
    const bits = this.params?.[`${side}_max_window_bits`];
    return {
      windowBits: typeof bits === 'number' ? bits : unsaid,
      keepsHistory: this.params?.[`${side}_no_context_takeover`] !== true,
    };
  }

  #acceptOffers(offers: readonly DeflateParameters[]): DeflateParameters {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      this._options;
    const accepted = offers.find((offer) => isAcceptable(offer, this._options));
    if (accepted === undefined) throw new Error('None of the extension offers can be accepted');
    if (serverNoContextTakeover === true) accepted.server_no_context_takeover = true;
    if (clientNoContextTakeover === true) accepted.client_no_context_takeover = true;
    if (typeof serverMaxWindowBits === 'number') accepted.server_max_window_bits = serverMaxWindowBits;
    if (typeof clientMaxWindowBits === 'number') accepted.client_max_window_bits = clientMaxWindowBits;
    else if (accepted.client_max_window_bits === true || clientMaxWindowBits === false) {
      delete accepted.client_max_window_bits;
    }
    const { client_max_window_bits: bits } = accepted;
    // A server may always ask for this (RFC 7692 §7.1.1.2).
    const hasMemory = mayKeepHistory(typeof bits === 'number' ? bits : LARGEST_WINDOW);
    if (!hasMemory && clientNoContextTakeover !== false) accepted.client_no_context_takeover = true;
    return accepted;
  }

  #acceptAnswer(answer: DeflateParameters): DeflateParameters {
    const { clientNoContextTakeover, clientMaxWindowBits } = this._options;
    if (clientNoContextTakeover === false && answer.client_no_context_takeover === true) {
      throw new Error('Unexpected parameter "client_no_context_takeover"');
    }
    const { client_max_window_bits: bits } = answer;
    if (bits === undefined) {
      if (typeof clientMaxWindowBits === 'number') answer.client_max_window_bits = clientMaxWindowBits;
      return answer;
    }
    const isTooLarge = typeof clientMaxWindowBits === 'number' && Number(bits) > clientMaxWindowBits;
    if (clientMaxWindowBits === false || isTooLarge) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
    }
    return answer;
  }
}

/** The options for permessage-deflate of a server or a client; `undefined` if it has none. */
export function deflateOptions(
  given: boolean | PerMessageDeflateOptions | null | undefined,
): PerMessageDeflateOptions | undefined {
  if (given === undefined || given === null || given === false) return undefined;
  return given === true ? {} : given;
}

/**
 * Checks them, before anybody connects.
 *
 * @throws {LocalUsageError} the level or the memory level is none
 */
export function checkDeflateOptions(given: boolean | PerMessageDeflateOptions | null | undefined): void {
  const options = deflateOptions(given);
  if (options !== undefined) agreeOnDeflate(PROBE, settingsOf(options));
}

/** Any agreement, to have options checked. */
const PROBE = {
  parameters: [],
  local: { windowBits: LARGEST_WINDOW, keepsHistory: false },
  remote: { windowBits: LARGEST_WINDOW, keepsHistory: false },
} as const;

/** Options of zlib in those of the engine; zlib's word for its defaults is -1. */
function settingsOf({ zlibDeflateOptions }: PerMessageDeflateOptions): { level?: number; memLevel?: number } {
  const { level = -1, memLevel } = zlibDeflateOptions ?? {};
  return { ...(level !== -1 && level !== STORE && { level }), ...(memLevel !== undefined && { memLevel }) };
}

/** Whether a server's options allow an offer: one that is `false` or a number says so. */
function isAcceptable(offer: DeflateParameters, options: PerMessageDeflateOptions): boolean {
  const { serverNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = options;
  const { server_max_window_bits: serverBits, client_max_window_bits: clientBits } = offer;
  if (serverNoContextTakeover === false && offer.server_no_context_takeover === true) return false;
  if (serverBits !== undefined && serverMaxWindowBits === false) return false;
  if (serverBits !== undefined && typeof serverMaxWindowBits === 'number' && serverMaxWindowBits > serverBits)
    return false;
  if (typeof clientMaxWindowBits !== 'number' || clientBits === true) return true;
  return clientBits !== undefined && clientMaxWindowBits <= clientBits;
}

/** Reads the parameters of an offer, or of an answer. */
function readParameters(parameters: ExtensionParameters, isOffer: boolean): DeflateParameters {
  const read: DeflateParameters = {};
  // Programs compare it with what ws gives.
  Object.setPrototypeOf(read, null);
  for (const [name, values] of Object.entries(parameters)) {
    if (values.length > 1) throw new Error(`Parameter "${name}" must have only a single value`);
    const [value = true] = values;
    switch (name) {
      case 'client_no_context_takeover':
      case 'server_no_context_takeover':
        if (value !== true) throw invalidValue(name, value);
        read[name] = true;
        break;
      case 'client_max_window_bits':
        // Only an offer may leave the choice to the other side.
        read[name] = value === true && isOffer ? true : readBits(name, value);
        break;
      case 'server_max_window_bits':
        read[name] = readBits(name, value);
        break;
      default:
        throw new Error(`Unknown parameter "${name}"`);
    }
  }
  return read;
}

function readBits(name: string, value: string | true): number {
  const bits = value === true ? NaN : Number(value);
  if (!Number.isInteger(bits) || bits < 8 || bits > LARGEST_WINDOW) throw invalidValue(name, value);
  return bits;
}

function invalidValue(name: string, value: string | true): TypeError {
  return new TypeError(`Invalid value for parameter "${name}": ${String(value)}`);
}
