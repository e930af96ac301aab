import type { Deflater, Piece } from './codec/codec.ts';
import type { ContextPool } from './context-pool.ts';
import { EMPTY_BLOCK_HEADER, EMPTY_BLOCK_REST } from './codec/message-end.ts';
import { TurnBudget } from './codec/turn-budget.ts';

/** What is deflated for many connections is no connection's own: all of it has one share of a turn. */
const turn = new TurnBudget();

/** Deflates a payload without history, to the payload of a message (RFC 7692 §7.2.1); at once if it is small. */
export function deflateWhole(pool: ContextPool<Deflater>, payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (payload.length === 0) return Uint8Array.of(EMPTY_BLOCK_HEADER);
  const deflater = pool.take();
  const pieces: Uint8Array[] = [];
  try {
    deflater.push(payload);
    deflater.flush();
    for (let piece = deflater.pull(turn); piece !== undefined; piece = deflater.pull(turn)) {
      if (piece instanceof Promise) return collect(pool, deflater, pieces, piece);
      pieces.push(piece);
    }
  } catch (error) {
    pool.discard(deflater);
    throw error;
  }
  pool.give(deflater);
  return joinWithoutTail(pieces);
}

async function collect(
  pool: ContextPool<Deflater>,
  deflater: Deflater,
  pieces: Uint8Array[],
  promised: Promise<Piece>,
): Promise<Uint8Array> {
  try {
    for (let piece = await promised; piece !== undefined; piece = await deflater.pull(turn)) pieces.push(piece);
  } catch (error) {
    pool.discard(deflater);
    throw error;
  }
  pool.give(deflater);
  return joinWithoutTail(pieces);
}

function joinWithoutTail(pieces: readonly Uint8Array[]): Uint8Array {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined.subarray(0, size - EMPTY_BLOCK_REST.length);
}
