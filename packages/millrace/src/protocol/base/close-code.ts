/**
 * The close codes that are defined, by name.
 *
 * @see RFC 6455 §7.4.1, and the IANA registry for 1012–1014
 */
export const CloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: the Close frame had no code. */
  NO_STATUS_RECEIVED: 1005,
  /** Never on the wire: there was no Close frame. */
  ABNORMAL_CLOSURE: 1006,
  INVALID_FRAME_PAYLOAD_DATA: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
} as const;

/** Says whether a Close frame may carry `code`: 1000–1003, 1007–1014 and 3000–4999 (RFC 6455 §7.4). */
export function isValidCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  if (code >= 1007) return code <= 1014;
  return code >= 1000 && code <= 1003;
}

/**
 * Says whether an endpoint of ours may send `code`: a whole number that is valid on the wire.
 *
 * 1010 is left to clients (RFC 6455 §7.4.1).
 */
export function isSendableCloseCode(code: number, role: 'client' | 'server'): boolean {
  if (!Number.isInteger(code) || !isValidCloseCode(code)) return false;
  return code !== CloseCode.MANDATORY_EXTENSION || role === 'client';
}
