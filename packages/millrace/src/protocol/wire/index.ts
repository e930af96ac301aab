/**
 * Bytes and values: the frame parser, headers, masks, UTF-8.
 *
 * @module millrace/protocol/wire
 */
export { CloseCode, isValidCloseCode } from '../base/close-code.ts';
export { RemoteProtocolError } from '../base/errors.ts';
export { MAX_FRAME_LENGTH } from '../base/length.ts';
export { MessageType, Opcode, formatOpcode, isControlOpcode } from '../base/opcode.ts';
export { MAX_CLOSE_REASON } from './close-body.ts';
export { MAX_CONTROL_PAYLOAD, MAX_HEADER_SIZE, type FrameHeader } from './frame-header.ts';
export { UNOBSERVED, type FrameObserver } from './frame-observer.ts';
export { FrameParser, type FrameSink } from './frame-parser.ts';
export { checkFrameHeader, type ReceiveContext, type ReservedRules } from './header-rules.ts';
export { applyMask } from './mask.ts';
export { Utf8Validator } from './utf8.ts';
