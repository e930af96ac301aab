import { RemoteProtocolError } from '../base/errors.ts';
import { Opcode, formatOpcode, isControlOpcode, isDefinedOpcode } from '../base/opcode.ts';
import { MAX_CONTROL_PAYLOAD, type FrameHeader } from './frame-header.ts';

/** What reserved bits and opcodes mean on this connection: nothing, unless an extension claimed them. */
export interface ReservedRules {
  /** Reserved bits that may be set on the first frame of a message, as a three-bit number. */
  readonly firstFrameBits: number;
  /** Reserved bits that may be set on the later frames of a message. */
  readonly continuationBits: number;
  /** Reserved bits that may be set on a control frame. */
  readonly controlBits: number;
  /** Says whether the reserved `opcode` was claimed. */
  allowsOpcode(opcode: number): boolean;
}

/** What a header is judged by, besides its own fields. */
export interface ReceiveContext {
  /** Our side: a server receives masked frames, a client unmasked ones. */
  readonly role: 'client' | 'server';
  /** Whether the frame stands inside a fragmented message. */
  readonly insideMessage: boolean;
  readonly reserved: ReservedRules;
}

/**
 * Applies every rule of RFC 6455 §5 that can be decided from a header alone.
 *
 * One line a rule, one function a section, so that they can be read next to it.
 *
 * @throws {RemoteProtocolError} naming the first rule that is broken
 */
export function checkFrameHeader(header: FrameHeader, context: ReceiveContext): void {
  checkMasking(header, context.role);
  checkReserved(header, context.reserved);
  checkLength(header);
  if (isControlOpcode(header.opcode)) checkControlFrame(header);
  else checkFragmentation(header, context.insideMessage);
}

/** RFC 6455 §5.1, Overview. */
function checkMasking(header: FrameHeader, role: 'client' | 'server'): void {
  const { maskingKey } = header;
  if (role === 'server' && maskingKey === undefined) throw broken('unmasked frame', '§5.1', header);
  if (role === 'client' && maskingKey !== undefined) throw broken('masked frame', '§5.1', header);
}

/** RFC 6455 §5.2, Base Framing Protocol: RSV1, RSV2, RSV3 and the opcode. */
function checkReserved(header: FrameHeader, reserved: ReservedRules): void {
  const { reservedBits, opcode } = header;
  if ((reservedBits & ~allowedBits(opcode, reserved)) !== 0) throw broken('reserved bit set', '§5.2', header);
  if (!isDefinedOpcode(opcode) && !reserved.allowsOpcode(opcode)) throw reservedOpcode(header);
}

/** RFC 6455 §5.2, Base Framing Protocol: the payload length. */
function checkLength(header: FrameHeader): void {
  const { lengthHigh, minimal } = header;
  if (lengthHigh >= 0x8000_0000) throw broken('payload length with its top bit set', '§5.2', header);
  if (!minimal) throw broken('payload length not in its shortest form', '§5.2', header);
}

/** RFC 6455 §5.5, Control Frames. */
function checkControlFrame(header: FrameHeader): void {
  const { fin, opcode, payloadLength } = header;
  if (!fin) throw broken('fragmented control frame', '§5.5', header);
  if (payloadLength > MAX_CONTROL_PAYLOAD) throw broken('control frame over 125 bytes', '§5.5', header);
  if (opcode === Opcode.CLOSE && payloadLength === 1) throw broken('Close body of 1 byte', '§5.5.1', header);
}

/** RFC 6455 §5.4, Fragmentation. */
function checkFragmentation(header: FrameHeader, insideMessage: boolean): void {
  const { opcode } = header;
  const continues = opcode === Opcode.CONTINUATION;
  if (continues && !insideMessage) throw broken('continuation of no message', '§5.4', header);
  if (!continues && insideMessage) throw broken('message inside an unfinished message', '§5.4', header);
}

function allowedBits(opcode: number, reserved: ReservedRules): number {
  if (isControlOpcode(opcode)) return reserved.controlBits;
  return opcode === Opcode.CONTINUATION ? reserved.continuationBits : reserved.firstFrameBits;
}

function reservedOpcode(header: FrameHeader): RemoteProtocolError {
  return broken(`reserved opcode ${formatOpcode(header.opcode)}`, '§5.2', header);
}

function broken(message: string, section: string, header: FrameHeader): RemoteProtocolError {
  return RemoteProtocolError.ofFrame(message, `RFC 6455 ${section}`, header);
}
