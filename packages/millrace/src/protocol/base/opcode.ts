/**
 * The defined opcodes. 3–7 and 0xB–0xF are reserved: for data and for control frames.
 *
 * @see RFC 6455 §5.2, §11.8
 */
export const Opcode = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;

/** The types of message that RFC 6455 §5.6 defines, by the opcode of their first frame. */
export const MessageType = { TEXT: 0x1, BINARY: 0x2 } as const;

/** Says whether `opcode` (0 to 15) is a control frame's, defined or reserved (RFC 6455 §5.5). */
export function isControlOpcode(opcode: number): boolean {
  return opcode >= 0x8;
}

/** Says whether `opcode` is one that RFC 6455 §5.2 gives a meaning. */
export function isDefinedOpcode(opcode: number): boolean {
  return opcode <= Opcode.BINARY || (opcode >= Opcode.CLOSE && opcode <= Opcode.PONG);
}

/** Writes an opcode as the RFC does, for messages: `0xB`. */
export function formatOpcode(opcode: number): string {
  return `0x${opcode.toString(16).toUpperCase()}`;
}
