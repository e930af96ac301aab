import { InvalidPayloadError } from '../../protocol/base/errors.ts';
import type { Codec, Deflater, Inflater } from './codec.ts';
import { HandleCodec } from './handle-codec.ts';
import { EMPTY_BLOCK_REST } from './message-end.ts';
import { StreamCodec } from './stream-codec.ts';
import { TurnBudget } from './turn-budget.ts';
import { canDriveHandles, type Zlib } from './zlib-handle.ts';

/** With the value `streams`, this environment variable has the documented streams of `node:zlib` do all work. */
export const ZLIB_VARIABLE = 'MILLRACE_ZLIB';

/** What a codec must bring there and back. */
const KNOWN_DATA = Uint8Array.from({ length: 96 }, (_, index) => 97 + ((index * index) % 26));
/** The beginning of a block with "Hello" in it, and a block of a type that does not exist. */
const CUT_OFF = Uint8Array.of(0xf2, 0x48, 0xcd, 0x09);
const INVALID = Uint8Array.of(0xff, 0x00);

let codec: Codec | undefined;

/**
 * The codec of this process, which is chosen when it is first asked for: the handles beneath the streams of `node:zlib` if they prove to do what is
 * expected, otherwise the streams themselves.
 *
 * `node:zlib` is loaded here, not before: whoever does not compress does not pay for it.
 */
export function nodeCodec(): Codec {
  codec ??= chooseCodec(process.getBuiltinModule('node:zlib'));
  return codec;
}

/** Makes the codec that suits this runtime and its environment. */
export function chooseCodec(zlib: Zlib): Codec {
  return process.env[ZLIB_VARIABLE] !== 'streams' && isReliable(zlib) ? new HandleCodec(zlib) : new StreamCodec(zlib);
}

function isReliable(zlib: Zlib): boolean {
  try {
    return canDriveHandles(zlib) && worksAsExpected(new HandleCodec(zlib));
  } catch {
    return false;
  }
}

/** Tries known data there and back, with history and without, the end of a message, and data that must be refused. */
function worksAsExpected(codec: Codec): boolean {
  const deflater = codec.createDeflater({ windowBits: 9, level: 1, memLevel: 1 });
  const inflater = codec.createInflater(9);
  try {
    const first = deflate(deflater);
    const second = deflate(deflater);
    deflater.reset();
    const afterReset = deflate(deflater);
    const inflated = [first, second].map((payload) => inflate(inflater, payload));

    const isIntact = inflated.every((payload) => payload.join() === KNOWN_DATA.join());
    const isHistoryKnown = second.length < first.length && afterReset.join() === first.join();
    return isIntact && isHistoryKnown && [CUT_OFF, INVALID].every((payload) => isRefused(codec, payload));
  } finally {
    deflater.close();
    inflater.close();
  }
}

function deflate(deflater: Deflater): Uint8Array {
  deflater.push(KNOWN_DATA);
  deflater.flush();
  const payload = pullNow(deflater);
  return payload.subarray(0, payload.length - EMPTY_BLOCK_REST.length);
}

function inflate(inflater: Inflater, payload: Uint8Array): Uint8Array {
  inflater.push(payload);
  inflater.finish(payload[payload.length - 1]!);
  return pullNow(inflater);
}

function isRefused(codec: Codec, payload: Uint8Array): boolean {
  const inflater = codec.createInflater(9);
  try {
    inflate(inflater, payload);
    return false;
  } catch (error) {
    return error instanceof InvalidPayloadError;
  } finally {
    inflater.close();
  }
}

/** So little is done at once. */
function pullNow(coder: Deflater | Inflater): Uint8Array {
  const turn = new TurnBudget();
  const piece = coder.pull(turn);
  if (!(piece instanceof Uint8Array) || coder.pull(turn) !== undefined) throw new Error('not done at once');
  return piece;
}
