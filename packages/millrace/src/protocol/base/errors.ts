import { CloseCode } from './close-code.ts';
import type { Closure } from './closure.ts';

/**
 * Base of every error that Millrace creates.
 *
 * Match on {@link code} or with `instanceof`; messages are for people and may change in any release.
 */
export abstract class MillraceError extends Error {
  /** Stable identifier, in the style of Node.js system errors. */
  abstract readonly code: string;
}

/**
 * The caller broke the contract of the API: a second `beginMessage()`, an option out of its range, …
 *
 * Thrown by the method that was misused; nothing has changed.
 */
export class LocalUsageError extends MillraceError {
  static {
    // A literal on the prototype: `constructor.name` does not survive minification.
    this.prototype.name = 'LocalUsageError';
  }

  override readonly code = 'MILLRACE_LOCAL_USAGE';
}

/** The peer broke a rule of RFC 6455 or of an extension. The connection fails with {@link closeCode} (§7.1.7). */
export class RemoteProtocolError extends MillraceError {
  static {
    this.prototype.name = 'RemoteProtocolError';
  }

  override readonly code: string = 'MILLRACE_REMOTE_PROTOCOL';
  /** The code of the Close frame that answers it. */
  readonly closeCode: number;
  /** The rule that was broken, such as `RFC 6455 §5.5`. */
  readonly rule: string;
  /** What that Close frame says: the message without rule and advice. */
  readonly closeReason: string;

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
}

/** What a {@link LimitExceededError} is about; all in bytes. */
export interface ExceededLimit {
  /** The option that set the limit. */
  readonly option: string;
  /** The value of that option. */
  readonly limit: number;
  /** The size that was found; above 2^53 rounded. */
  readonly size: number;
  /** What to do about it, one clause. */
  readonly advice?: string | undefined;
}

/** A limit of ours was exceeded: by the peer (1009), or by what waits to be sent to it (1008). */
export class LimitExceededError extends RemoteProtocolError {
  static {
    this.prototype.name = 'LimitExceededError';
  }

  override readonly code = 'MILLRACE_LIMIT_EXCEEDED';
  readonly option: string;
  readonly limit: number;
  readonly size: number;

  constructor(exceeded: ExceededLimit, closeCode: number = CloseCode.MESSAGE_TOO_BIG) {
    const { option, limit, size, advice } = exceeded;
    super(`${String(size)} bytes exceed ${option}, ${String(limit)} bytes`, 'RFC 6455 §10.4', closeCode, advice);
    this.option = option;
    this.limit = limit;
    this.size = size;
  }
}

/** A payload is not what its type promises: text that is not UTF-8, compressed data that is not (1007). */
export class InvalidPayloadError extends RemoteProtocolError {
  static {
    this.prototype.name = 'InvalidPayloadError';
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
  /** Body of the response, at most 64 KiB of it. */
  readonly body?: string | undefined;
  /** The error beneath, if there is one. */
  readonly cause?: unknown;
}

/** The opening handshake failed (RFC 6455 §4). */
export class HandshakeError extends MillraceError {
  static {
    this.prototype.name = 'HandshakeError';
  }

  override readonly code = 'MILLRACE_HANDSHAKE';
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;

  constructor(message: string, failure: HandshakeFailure = {}) {
    super(message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.status = failure.status;
    this.headers = failure.headers ?? {};
    this.body = failure.body ?? '';
  }
}

/** The connection has ended, or ended while the caller waited. */
export class ConnectionClosedError extends MillraceError {
  static {
    this.prototype.name = 'ConnectionClosedError';
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
    this.prototype.name = 'TransportError';
  }

  override readonly code = 'MILLRACE_TRANSPORT';
}

/** Makes an error of whatever was thrown: if it is none, it becomes the `cause` of one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a value that is no error was thrown', { cause: thrown });
}
