import { NOTHING } from '../base/nothing.ts';
import { maskInto } from '../wire/mask.ts';

/** Up to this many bytes, copying pieces that follow each other costs less than writing them one by one. */
export const SMALL_PIECE = 4096;

/** How a piece is given to an `OutputQueue`. */
export interface PieceFormat {
  /** Whether a frame ends with the last byte, so that another can follow. */
  readonly endsFrame: boolean;
  /** Masking key to be applied when the piece is taken, turned to its first byte. */
  readonly maskingKey?: number | undefined;
  /** Whether the memory is somebody else's, who may have promised not to change it. */
  readonly isReference: boolean;
}

/** Bytes that wait in an `OutputQueue`. */
export interface OutputPiece extends PieceFormat {
  readonly bytes: Uint8Array;
  /** The length of `bytes` when they were given. */
  readonly size: number;
  /** Where the last frame ends in it, in bytes. */
  readonly frameEnd: number;
  /** Whether it was put in front of others. */
  readonly isInserted: boolean;
}

/** The size of a piece that is not what was given any more; `undefined` if it is. */
export function lostSizeOf(piece: OutputPiece | undefined): number | undefined {
  return piece === undefined || piece.bytes.length === piece.size ? undefined : piece.size;
}

/** Cuts a piece in two where the last frame ends in it. */
export function split(piece: OutputPiece): [whole: OutputPiece, rest: OutputPiece] {
  const { bytes, size, frameEnd } = piece;
  const whole = { ...piece, bytes: bytes.subarray(0, frameEnd), size: frameEnd, endsFrame: true };
  return [whole, { ...piece, bytes: bytes.subarray(frameEnd), size: size - frameEnd, frameEnd: 0 }];
}

/** Makes a piece of bytes that are the queue's. */
export function ownPiece(bytes: Uint8Array, frameEnd: number): OutputPiece {
  const size = bytes.length;
  const endsFrame = frameEnd === size;
  return { bytes, size, frameEnd, endsFrame, maskingKey: undefined, isReference: false, isInserted: false };
}

/** What was joined last. Connections that send the same frames, as in a broadcast, write the same bytes. */
let lastJoined: { readonly pieces: readonly OutputPiece[]; readonly bytes: Uint8Array } = {
  pieces: [],
  bytes: NOTHING,
};

/** Joins small pieces, which do not change any more. */
function join(pieces: readonly OutputPiece[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!.bytes;
  if (!isSame(pieces, lastJoined.pieces)) {
    const parts = pieces.map(({ bytes }) => bytes);
    lastJoined = { pieces, bytes: concatenate(parts, size) };
  }
  return lastJoined.bytes;
}

function isSame(pieces: readonly OutputPiece[], others: readonly OutputPiece[]): boolean {
  return pieces.length === others.length && pieces.every(({ bytes }, index) => bytes === others[index]!.bytes);
}

/**
 * Gives what is to be written for pieces.
 *
 * @param size - of all of them, in bytes
 */
export function toWrite(pieces: readonly OutputPiece[], size: number): Uint8Array[] {
  const isOne = size <= SMALL_PIECE && pieces.length > 0 && pieces.every(({ maskingKey }) => maskingKey === undefined);
  return isOne ? [join(pieces, size)] : joinSmall(pieces);
}

/** Joins small pieces that follow each other. */
function joinSmall(pieces: readonly OutputPiece[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let size = 0;
  const endSmall = (): void => {
    if (small.length > 0) joined.push(small.length === 1 ? small[0]! : concatenate(small, size));
    small = [];
    size = 0;
  };
  for (const { bytes, maskingKey } of pieces) {
    if (size + bytes.length > SMALL_PIECE) endSmall();
    if (maskingKey !== undefined) {
      endSmall();
      joined.push(maskedCopy(bytes, maskingKey));
    } else {
      small.push(bytes);
      size += bytes.length;
    }
  }
  endSmall();
  return joined;
}

function concatenate(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function maskedCopy(bytes: Uint8Array, maskingKey: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  maskInto(bytes, copy, maskingKey, 0);
  return copy;
}
