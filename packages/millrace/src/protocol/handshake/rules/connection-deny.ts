import { brand, MillraceError } from '../../base/errors.ts';
import type { HeaderFieldsInit } from './header-fields.ts';

/**
 * Thrown by an application while it decides about a request: the server refuses the connection with an HTTP response.
 *
 * @example
 * ```ts
 * throw new ConnectionDeny(ConnectionDeny.FORBIDDEN, 'not with this token');
 * ```
 */
export class ConnectionDeny extends MillraceError {
  static {
    brand(this, 'ConnectionDeny');
  }

  /** The request is malformed. */
  static readonly BAD_REQUEST = 400;
  /** The client must authenticate; the response needs a `WWW-Authenticate` header. */
  static readonly UNAUTHORIZED = 401;
  /** The client may not. */
  static readonly FORBIDDEN = 403;
  /** There is nothing at this path. */
  static readonly NOT_FOUND = 404;
  /** The server has nothing that the client would take: no common subprotocol, say. */
  static readonly NOT_ACCEPTABLE = 406;
  /** The client took too long. */
  static readonly REQUEST_TIMEOUT = 408;
  /** The client connects too often; say when to come back in a `Retry-After` header. */
  static readonly TOO_MANY_REQUESTS = 429;
  /** The server failed. */
  static readonly INTERNAL_SERVER_ERROR = 500;
  /** The server cannot do this. */
  static readonly NOT_IMPLEMENTED = 501;
  /** The server cannot now. */
  static readonly SERVICE_UNAVAILABLE = 503;

  override readonly code = 'MILLRACE_CONNECTION_DENY';
  /** HTTP status of the response. */
  readonly status: number;
  /** Body of the response. */
  readonly reason: string;
  /** Further header fields of the response. */
  readonly headers: HeaderFieldsInit;

  /**
   * @param status - 300 to 599, but not 304, which has no body. Judged when the response is written: with any other, the
   *   answer is 500
   * @param reason - body of the response, for people; the standard phrase of the status if it is empty
   * @param headers - further header fields of the response
   */
  constructor(status: number, reason = '', headers: HeaderFieldsInit = {}) {
    super(`connection denied with ${String(status)}${reason === '' ? '' : `: ${reason}`}`);
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}
