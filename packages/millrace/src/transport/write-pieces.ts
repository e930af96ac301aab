import type { Duplex } from 'node:stream';

/** Gives a socket, or another stream, pieces of output, together where there are several. */
export function writePieces(socket: Duplex, pieces: readonly Uint8Array[], onWritten: () => void): void {
  const isMany = pieces.length > 1;
  if (isMany) socket.cork();
  for (const piece of pieces) socket.write(piece, onWritten);
  if (isMany) socket.uncork();
}

/** A copy of a piece, for a stream that may keep what it is given. */
export function copyPiece(piece: Uint8Array): Uint8Array {
  return new Uint8Array(piece);
}
