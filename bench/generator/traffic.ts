import { createHash, randomBytes } from 'node:crypto';

import type { Exchange, Idle } from '../workloads.ts';
import { frame, frameHeader, masked } from './frames.ts';
import { KeptReplies, RepeatingReplies, type ReplyCheck } from './reply-checks.ts';

/** The longest chunk that is read at a time, in bytes. */
export const READ_SIZE: number = 256 * 1024;

/** What goes over a connection, made beforehand. */
export interface Traffic {
  /** Size of each reply on the wire, in bytes. */
  readonly replySize: number;
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

/** Makes what goes over each connection. */
export function createTraffic(workload: Exchange | Idle, wire: Wire): Traffic {
  if (workload.kind === 'idle' || workload.mode === 'echo' || workload.mode === 'broadcast') {
    return mirrored(workload, wire);
  }
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

function randomPayload(size: number, isText: boolean): Uint8Array {
  return isText ? Buffer.from(randomBytes(size / 2).toString('hex')) : randomBytes(size);
}

/** Messages that come back as they are. Those of a period are all different, with different keys, so that order shows. */
function mirrored(workload: Exchange | Idle, wire: Wire): Traffic {
  const { size, isText } = workload;
  const payloads = payloadsOfPeriod(workload);
  const opcode = isText ? TEXT : BINARY;
  const requests = payloads.map((payload) =>
    wire === 'raw' ? payload : frame({ opcode, fin: true, key: randomBytes(4) }, payload),
  );
  const replies = new RepeatingReplies(
    Buffer.concat(payloads.map((payload) => reply(payload, isText, wire))),
    READ_SIZE,
  );
  return {
    replySize: reply(new Uint8Array(size), isText, wire).length,
    requests: repeating(requests),
    check: () => replies.check(),
  };
}

function hashedMessages(workload: Exchange): Traffic {
  const payloads = payloadsOfPeriod(workload);
  const requests = payloads.map((payload) => frame({ opcode: BINARY, fin: true, key: randomBytes(4) }, payload));
  const digests = payloads.map((payload) => createHash('sha256').update(payload).digest('hex'));
  const period = Buffer.concat(digests.map((digest) => reply(Buffer.from(digest), true, 'websocket')));
  const replies = new RepeatingReplies(period, READ_SIZE);
  return { replySize: DIGEST_SIZE + 2, requests: repeating(requests), check: () => replies.check() };
}

function payloadsOfPeriod(workload: Exchange | Idle): Uint8Array[] {
  const outstanding = workload.kind === 'idle' ? 1 : workload.outstanding;
  const count = Math.max(outstanding, Math.min(64, Math.ceil(PERIOD / workload.size)), 2);
  return Array.from({ length: count }, () => randomPayload(workload.size, workload.isText));
}

/** Requests of equal size that repeat themselves, any few of them in one piece. */
function repeating(requests: readonly Uint8Array[]): Traffic['requests'] {
  const twice = Buffer.concat([...requests, ...requests]);
  const size = twice.length / requests.length / 2;
  return (index, count) => {
    const start = (index % requests.length) * size;
    return [twice.subarray(start, start + count * size)];
  };
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
  for (let sent = 0; sent < size; sent += PIECE) hash.update(message.payload);
  const replies = new RepeatingReplies(reply(Buffer.from(hash.digest('hex')), true, 'websocket'), READ_SIZE);
  const requests: Traffic['requests'] = (_index, count) =>
    count === 1 ? message.wire : Array.from({ length: count }, () => message.wire).flat();
  return { replySize: DIGEST_SIZE + 2, requests, check: () => replies.check() };
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
  const check = (): ReplyCheck => new KeptReplies(() => runningDigests(payload, wire));
  return { replySize: wire === 'raw' ? DIGEST_SIZE : DIGEST_SIZE + 2, requests, check };
}

function* runningDigests(payload: Uint8Array, wire: Wire): Generator<Uint8Array> {
  const hash = createHash('sha256');
  for (;;) {
    hash.update(payload);
    yield reply(Buffer.from(hash.copy().digest('hex')), true, wire);
  }
}
