import { LocalUsageError } from '../base/errors.ts';
import { Opcode, formatOpcode, isControlOpcode } from '../base/opcode.ts';
import type { Claims } from '../extension/claims.ts';
import { MAX_CONTROL_PAYLOAD } from '../wire/frame-header.ts';

/** A control frame that is to be sent. */
export interface OutgoingControlFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly reservedBits: number;
}

/**
 * Checks the type of a message that is to be sent.
 *
 * @throws {LocalUsageError} it is none of a message, or not claimed
 */
export function checkMessageOpcode(claims: Claims, opcode: number): void {
  if (claims.allowsMessage(opcode)) return;
  throw new LocalUsageError(
    `message type is ${String(opcode)}, expected Text (1), Binary (2) or an opcode of extensionPoints.dataOpcodes`,
  );
}

/**
 * Checks a control frame that is to be sent.
 *
 * @throws {LocalUsageError} its opcode is neither Ping, nor Pong, nor claimed; its payload is over 125 bytes; a reserved bit is not claimed
 */
export function checkControlFrame(claims: Claims, { opcode, payload, reservedBits }: OutgoingControlFrame): void {
  const isKnown = opcode === Opcode.PING || opcode === Opcode.PONG;
  if (!isKnown && !(isControlOpcode(opcode) && claims.allowsOpcode(opcode))) {
    throw new LocalUsageError(
      `opcode is ${formatOpcode(opcode)}, expected Ping (0x9), Pong (0xA) or one of extensionPoints.controlOpcodes`,
    );
  }
  if (payload.length > MAX_CONTROL_PAYLOAD) {
    const size = String(payload.length);
    throw new LocalUsageError(`control payload has ${size} bytes, expected at most ${String(MAX_CONTROL_PAYLOAD)}`);
  }
  checkReservedBits(claims.controlBits, reservedBits);
}

/**
 * Checks the reserved bits of a frame that is to be sent.
 *
 * @param claimed - those that may be set, as a three-bit number
 *
 * @throws {LocalUsageError} another one is set, or it is no such number
 */
export function checkReservedBits(claimed: number, reservedBits = 0): void {
  const isNumber = Number.isInteger(reservedBits) && reservedBits >= 0 && reservedBits <= 0b111;
  if (isNumber && (reservedBits & ~claimed) === 0) return;
  throw new LocalUsageError(
    `reserved bits are ${String(reservedBits)}, expected only bits of extensionPoints.reservedBits`,
  );
}

/**
 * Checks the length of frames that a message is to be cut into.
 *
 * @throws {LocalUsageError} it is not a positive integer, nor `Infinity`
 */
export function checkFragmentSize(size: number | undefined): void {
  if (size === undefined || size === Infinity || (Number.isSafeInteger(size) && size >= 1)) return;
  throw new LocalUsageError(`fragmentSize is ${String(size)}, expected a positive integer or Infinity`);
}
