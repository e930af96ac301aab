import { CloseCode } from './close-code.ts';
import type { Closure } from './closure.ts';

/**
 * What each of our errors has on its prototype: the names of its class and of those above it. One for all copies of this package in a process.
 */
const BRAND = Symbol.for('millrace.errors');

/** What each of our classes of errors has by itself, and classes that extend them have not: its name. */
const CLASS_NAME = Symbol('class');

/**
 * Base of every error that Millrace creates.
 *
 * Match on {@link code} or with `instanceof`, which also knows the errors of another copy of this package; messages are for people and may change in any
 * release.
 */
export abstract class MillraceError extends Error {
  static {
    brand(this, 'MillraceError');
  }

  /** Stable identifier, in the style of Node.js system errors. */
  abstract readonly code: string;

  /** Says whether a value is an error of this class, of whatever copy of this package. It never throws. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      if (!Object.hasOwn(this, CLASS_NAME)) return Function.prototype[Symbol.hasInstance].call(this, value);
      return brandsOf(value).includes(Reflect.get(this, CLASS_NAME));
    } catch {
      return false; // A proxy may throw for whatever it is asked.
    }
  }
}

/** Marks a class of errors with its name. A literal: `constructor.name` does not survive minification. */
export function brand(errorClass: { readonly prototype: object }, name: string): void {
  const { prototype } = errorClass;
  const inherited: readonly unknown[] = brandsOf(prototype);
  Object.defineProperty(prototype, 'name', { value: name, writable: true, configurable: true });
  Object.defineProperty(prototype, BRAND, { value: Object.freeze([...inherited, name]) });
  Object.defineProperty(errorClass, CLASS_NAME, { value: name });
}

function brandsOf(value: unknown): readonly unknown[] {
  const brands: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, BRAND) : undefined;
  return Array.isArray(brands) ? brands : [];
}

/**
 * The caller broke the contract of the API: a second `beginMessage()`, an option out of its range, …
 *
 * Thrown by the method that was misused; nothing has changed.
 */
export class LocalUsageError extends MillraceError {
  static {
    brand(this, 'LocalUsageError');
  }

  override readonly code = 'MILLRACE_LOCAL_USAGE';
}

/** What the header of a frame said that broke a rule. */
export interface RejectedFrame {
  readonly opcode: number;
  readonly fin: boolean;
  /** As a three-bit number: RSV1 is 4. */
  readonly reservedBits: number;
  /** In bytes; above 2^53 rounded. */
  readonly payloadLength: number;
}

/** The peer broke a rule of RFC 6455 or of an extension. The connection fails with {@link closeCode} (§7.1.7). */
export class RemoteProtocolError extends MillraceError {
  static {
    brand(this, 'RemoteProtocolError');
  }

  override readonly code: string = 'MILLRACE_REMOTE_PROTOCOL';
  /** The code of the Close frame that answers it. */
  readonly closeCode: number;
  /** The rule that was broken, such as `RFC 6455 §5.5`. */
  readonly rule: string;
  /** What that Close frame says: the message without rule and advice. */
  readonly closeReason: string;
  #frame: RejectedFrame | undefined;

  /**
   * @param message - what happened, without the rule, which is appended
   * @param rule - the rule that was broken
   * @param closeCode - 1002 unless told otherwise
   * @param advice - what to do about it, for our side alone
   */
  constructor(message: string, rule: string, closeCode: number = CloseCode.PROTOCOL_ERROR, advice?: string) {
    super(advice === undefined ? `${message} (${rule})` : `${message}; ${advice} (${rule})`);
    this.rule = rule;
    this.closeCode = closeCode;
    this.closeReason = message;
  }

  /** Makes the error for a frame whose header broke `rule` (1002). */
  static ofFrame(message: string, rule: string, frame: RejectedFrame): RemoteProtocolError {
    const error = new RemoteProtocolError(message, rule);
    const { opcode, fin, reservedBits, payloadLength } = frame;
    error.#frame = Object.freeze({ opcode, fin, reservedBits, payloadLength });
    return error;
  }

  /** The frame whose header broke the rule; `undefined` for a rule that no header breaks. */
  get frame(): RejectedFrame | undefined {
    return this.#frame;
  }
}

/** What a {@link LimitExceededError} is about; all in bytes. */
export interface ExceededLimit {
  /** The option that set the limit. */
  readonly option: string;
  /** The value of that option. */
  readonly limit: number;
  /** The size that was found; above 2^53 rounded. */
  readonly size: number;
  /**
   * What is counted.
   *
   * @defaultValue 'bytes'
   */
  readonly unit?: string | undefined;
  /** What to do about it, one clause. */
  readonly advice?: string | undefined;
}

/** A limit of ours was exceeded: by the peer (1009), or by what waits to be sent to it (1008). */
export class LimitExceededError extends RemoteProtocolError {
  static {
    brand(this, 'LimitExceededError');
  }

  override readonly code = 'MILLRACE_LIMIT_EXCEEDED';
  readonly option: string;
  readonly limit: number;
  readonly size: number;

  constructor(exceeded: ExceededLimit, closeCode: number = CloseCode.MESSAGE_TOO_BIG) {
    const { option, limit, size, advice, unit = 'bytes' } = exceeded;
    super(`${String(size)} ${unit} exceed ${option}, ${String(limit)} ${unit}`, 'RFC 6455 §10.4', closeCode, advice);
    this.option = option;
    this.limit = limit;
    this.size = size;
  }
}

/** A payload is not what its type promises: text that is not UTF-8, compressed data that is not (1007). */
export class InvalidPayloadError extends RemoteProtocolError {
  static {
    brand(this, 'InvalidPayloadError');
  }

  override readonly code = 'MILLRACE_INVALID_PAYLOAD';

  constructor(message: string, rule: string) {
    super(message, rule, CloseCode.INVALID_FRAME_PAYLOAD_DATA);
  }
}

/** What is known of an HTTP exchange that did not become a WebSocket connection. */
export interface HandshakeFailure {
  /** The HTTP status: the one that a server answers with, or that a client received. */
  readonly status?: number | undefined;
  /** Header fields of the response; a client's are those it received, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The values of each of these fields, line by line, as a client received them. */
  readonly headersDistinct?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Body of the response, at most 64 KiB of it. */
  readonly body?: string | undefined;
  /** The error beneath, if there is one. */
  readonly cause?: unknown;
}

/** The opening handshake failed (RFC 6455 §4). */
export class HandshakeError extends MillraceError {
  static {
    brand(this, 'HandshakeError');
  }

  override readonly code = 'MILLRACE_HANDSHAKE';
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The values of each field, line by line: `Set-Cookie` cannot be joined. */
  readonly headersDistinct: Readonly<Record<string, readonly string[]>>;
  readonly body: string;

  constructor(message: string, failure: HandshakeFailure = {}) {
    super(message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.status = failure.status;
    this.headers = failure.headers ?? {};
    this.headersDistinct = failure.headersDistinct ?? {};
    this.body = failure.body ?? '';
  }
}

/** The connection has ended, or ended while the caller waited. */
export class ConnectionClosedError extends MillraceError {
  static {
    brand(this, 'ConnectionClosedError');
  }

  override readonly code = 'MILLRACE_CONNECTION_CLOSED';
  readonly closure: Closure;

  constructor(closure: Closure) {
    const { code, reason } = closure;
    const { error: cause } = closure;
    const message = `connection closed with ${String(code)}${reason === '' ? '' : `: ${reason}`}`;
    super(message, cause === undefined ? undefined : { cause });
    this.closure = closure;
  }
}

/** The transport failed, or was silent for too long; `cause` is the error of the socket, where there is one. */
export class TransportError extends MillraceError {
  static {
    brand(this, 'TransportError');
  }

  override readonly code = 'MILLRACE_TRANSPORT';
}

/** Makes an error of whatever was thrown: if it is none, it becomes the `cause` of one. It never throws. */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error('a value that is no error was thrown', { cause: thrown });
}

/** What is behind an error; `undefined` for what is none. It never throws. */
export function causeOf(thrown: unknown): unknown {
  try {
    return thrown instanceof Error ? thrown.cause : undefined;
  } catch {
    return undefined; // A proxy may throw for whatever it is asked.
  }
}

/**
 * Says what an error of somebody else says, for a message of ours. One that stands for several says what each of them says.
 *
 * It never throws.
 */
export function explain(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.message === '') return explainAll(error.errors);
    if (!(error instanceof Error)) return describeThrown(error);
    if (typeof error.message === 'string' && error.message !== '') return error.message;
    return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  } catch {
    return 'an error that cannot be read';
  }
}

/** So many of several errors are told. */
const MAX_TOLD = 8;

function explainAll(errors: readonly unknown[]): string {
  const texts = [...new Set(errors.map(explain))];
  const told = texts.slice(0, MAX_TOLD).join('; ');
  return texts.length > MAX_TOLD ? `${told}; and ${String(texts.length - MAX_TOLD)} more` : told;
}

function describeThrown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : 'a value that is no error was thrown';
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false; // A proxy may throw for whatever it is asked.
  }
}
