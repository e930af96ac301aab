import { createHash, randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';

import type { Exchange, Idle } from '../workloads/workload.ts';
import { CompressedFrames, MaskedFrames } from './frame-checks.ts';
import { frame, frameHeader, masked } from './frames.ts';
import { createPayload } from './payloads.ts';
import { KeptReplies, RepeatingReplies, type ReplyCheck } from './reply-checks.ts';

/** The longest chunk that is read at a time, in bytes. */
export const READ_SIZE: number = 256 * 1024;

/** What goes over a connection, made beforehand. */
export interface Traffic {
  /** The bytes of `count` requests, at most as many as are outstanding, from the one with this index on. */
  requests(index: number, count: number): readonly Uint8Array[];
  /** A check of the replies on one connection. */
  check(): ReplyCheck;
}

type Wire = 'websocket' | 'raw';

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const ENDLESS = 0x7fff_ffff_ffff_ffffn;
const MIB = 1024 * 1024;
const DIGEST_SIZE = 64;

/** Until requests repeat themselves they have about this many bytes. */
const PERIOD = 256 * 1024;

/** Requests from this size on, in bytes, are pieces of their own. */
const LARGE = 64 * 1024;

/** What compressed requests refer back to: 4 KiB, which no server refuses. */
export const WINDOW_BITS = 12;

/** The end of a flush, in bytes, which is not sent (RFC 7692 §7.2.1). */
const TAIL_SIZE = 4;

/** Makes what goes over each connection. */
export function createTraffic(workload: Exchange | Idle, wire: Wire): Traffic {
  if (workload.compression !== 'none') return compressed(workload);
  if (workload.kind === 'idle') return mirrored(workload, wire);
  switch (workload.mode) {
    case 'client-receive':
      return received(workload);
    case 'client-send':
      return sent(workload);
    case 'hash-message':
    case 'hash-frame':
    case 'hash-stream':
      return hashed(workload, wire);
    default:
      return mirrored(workload, wire);
  }
}

function hashed(workload: Exchange, wire: Wire): Traffic {
  switch (workload.framing) {
    case 'message':
      return workload.size > PIECE ? hashedPieces(workload, largeMessage(workload.size)) : hashedMessages(workload);
    case 'fragments':
      return hashedPieces(workload, fragments(workload));
    case 'frame':
    case 'endless':
      return runningHash(workload.framing, wire);
  }
}

/** A reply of a server: a frame that is not masked. */
function reply(payload: Uint8Array, isText: boolean, wire: Wire): Uint8Array {
  return wire === 'raw' ? payload : frame({ opcode: isText ? TEXT : BINARY, fin: true, key: undefined }, payload);
}

function isText({ payload }: Exchange | Idle): boolean {
  return payload !== 'binary';
}

/** Messages that come back as they are. Those of a period are all different, with different keys, so that order shows. */
function mirrored(workload: Exchange | Idle, wire: Wire): Traffic {
  const payloads = payloadsOfPeriod(workload);
  const opcode = isText(workload) ? TEXT : BINARY;
  const requests = payloads.map((payload) =>
    wire === 'raw' ? payload : frame({ opcode, fin: true, key: randomBytes(4) }, payload),
  );
  const expected = payloads.map((payload) => reply(payload, isText(workload), wire));
  const replies = new RepeatingReplies(Buffer.concat(expected), READ_SIZE);
  const [{ length: replySize } = new Uint8Array()] = expected;
  return { requests: repeating(requests), check: () => replies.check(replySize) };
}

/**
 * Messages that come back as they are, compressed both ways. Of those of a period the first refers to none before, so that the bytes are
 * the same each time.
 */
function compressed(workload: Exchange | Idle): Traffic {
  const payloads = payloadsOfPeriod(workload);
  const requests: Uint8Array[] = [];
  let history = Buffer.alloc(0);
  for (const payload of payloads) {
    const options = { windowBits: WINDOW_BITS, finishFlush: constants.Z_SYNC_FLUSH };
    const dictionary = workload.compression === 'history' && history.length > 0 ? { dictionary: history } : {};
    const bytes = deflateRawSync(payload, { ...options, ...dictionary }).subarray(0, -TAIL_SIZE);
    requests.push(frame({ opcode: TEXT, fin: true, isCompressed: true, key: randomBytes(4) }, bytes));
    history = Buffer.concat([history, payload]).subarray(-(2 ** WINDOW_BITS));
  }
  return { requests: piecewise(requests), check: () => new CompressedFrames(payloads) };
}

/** Batches of messages for a client, each acknowledged by the text `!`. */
function received(workload: Exchange): Traffic {
  const { batch, size } = workload;
  const payload = createPayload(workload.payload, size);
  const message = frame({ opcode: isText(workload) ? TEXT : BINARY, fin: true, key: undefined }, payload);
  const request = Buffer.concat(Array.from({ length: batch }, () => message));
  return { requests: piecewise([request]), check: () => new MaskedFrames(TEXT, Buffer.from('!'), 1) };
}

/** Texts `!` for a client, each answered by a batch of messages. */
function sent({ batch, size }: Exchange): Traffic {
  const request = frame({ opcode: TEXT, fin: true, key: undefined }, Buffer.from('!'));
  const payload = new Uint8Array(size).map((_, index) => index * 167);
  return { requests: piecewise([request]), check: () => new MaskedFrames(BINARY, payload, batch) };
}

function hashedMessages(workload: Exchange): Traffic {
  const payloads = payloadsOfPeriod(workload);
  const requests = payloads.map((payload) => frame({ opcode: BINARY, fin: true, key: randomBytes(4) }, payload));
  const digests = payloads.map((payload) => createHash('sha256').update(payload).digest('hex'));
  const period = Buffer.concat(digests.map((digest) => reply(Buffer.from(digest), true, 'websocket')));
  const replies = new RepeatingReplies(period, READ_SIZE);
  return { requests: repeating(requests), check: () => replies.check(DIGEST_SIZE + 2) };
}

function payloadsOfPeriod(workload: Exchange | Idle): Uint8Array[] {
  const { payload, size } = workload;
  const outstanding = workload.kind === 'idle' || size >= LARGE ? 1 : workload.outstanding;
  const count = Math.max(outstanding, Math.min(64, Math.ceil(PERIOD / size)), 2);
  return Array.from({ length: count }, () => createPayload(payload, size));
}

/** Requests of equal size that repeat themselves: any few of them in one piece, unless they are large. */
function repeating(requests: readonly Uint8Array[]): Traffic['requests'] {
  const [{ length: size } = new Uint8Array()] = requests;
  if (size >= LARGE) return piecewise(requests);
  const twice = Buffer.concat([...requests, ...requests]);
  return (index, count) => {
    const start = (index % requests.length) * size;
    return [twice.subarray(start, start + count * size)];
  };
}

/** Requests that repeat themselves, each a piece. */
function piecewise(requests: readonly Uint8Array[]): Traffic['requests'] {
  return (index, count) => Array.from({ length: count }, (_, offset) => requests[(index + offset) % requests.length]!);
}

/** Payload that is sent over and over, so that a GiB of it takes no GiB of memory. */
const PIECE = MIB;

/** A message in pieces on the wire, and the payload that each piece but the first and last stands for. */
interface PiecedMessage {
  readonly wire: readonly Uint8Array[];
  readonly payload: Uint8Array;
}

function largeMessage(size: number): PiecedMessage {
  const key = randomBytes(4);
  const payload = randomBytes(PIECE);
  const header = frameHeader({ opcode: BINARY, fin: true, length: size, key });
  return { wire: [header, ...Array<Uint8Array>(size / PIECE).fill(masked(payload, key))], payload };
}

function fragments({ size, fragmentSize }: Exchange): PiecedMessage {
  const payload = randomBytes(PIECE);
  const block = Buffer.concat(
    Array.from({ length: PIECE / fragmentSize }, (_, index) => {
      const fragment = payload.subarray(index * fragmentSize, (index + 1) * fragmentSize);
      return frame({ opcode: CONTINUATION, fin: false, key: randomBytes(4) }, fragment);
    }),
  );
  const first = Buffer.from(block);
  first[0] = BINARY;
  const last = Buffer.from(block);
  const lastHeader = last.length - (last.length * fragmentSize) / PIECE;
  last[lastHeader] = 0x80 | CONTINUATION;
  return { wire: [first, ...Array<Uint8Array>(size / PIECE - 2).fill(block), last], payload };
}

/** The same large message again and again, answered with its hash. */
function hashedPieces({ size }: Exchange, message: PiecedMessage): Traffic {
  const hash = createHash('sha256');
  for (let sentBytes = 0; sentBytes < size; sentBytes += PIECE) hash.update(message.payload);
  const replies = new RepeatingReplies(reply(Buffer.from(hash.digest('hex')), true, 'websocket'), READ_SIZE);
  const requests: Traffic['requests'] = (_index, count) =>
    count === 1 ? message.wire : Array.from({ length: count }, () => message.wire).flat();
  return { requests, check: () => replies.check(DIGEST_SIZE + 2) };
}

/** A message without end, in frames of 1 MiB or in one of 2^63−1 bytes, answered with the running hash. */
function runningHash(framing: 'frame' | 'endless', wire: Wire): Traffic {
  const key = randomBytes(4);
  const payload = randomBytes(PIECE);
  const piece = wire === 'raw' ? payload : masked(payload, key);
  const header = (index: number): readonly Uint8Array[] => {
    if (wire === 'raw' || (framing === 'endless' && index > 0)) return [];
    const length = framing === 'endless' ? ENDLESS : PIECE;
    return [frameHeader({ opcode: index === 0 ? BINARY : CONTINUATION, fin: false, length, key })];
  };
  const requests: Traffic['requests'] = (index, count) =>
    Array.from({ length: count }, (_, offset) => [...header(index + offset), piece]).flat();
  const replySize = wire === 'raw' ? DIGEST_SIZE : DIGEST_SIZE + 2;
  return { requests, check: () => new KeptReplies(replySize, () => runningDigests(payload, wire)) };
}

function* runningDigests(payload: Uint8Array, wire: Wire): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (;;) {
    hash.update(payload);
    yield reply(Buffer.from(hash.copy().digest('hex')), true, wire);
  }
}
