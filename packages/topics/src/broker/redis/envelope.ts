import type { BrokerMessage, Place } from '../broker.ts';

/** The version of the envelope, its first byte. */
const VERSION = '1';

/** The longest header: version, type, epoch, offset, id, name. */
const MAX_HEADER = 400;

const HEADER = /^1([tb]) (\S{1,64}) (\d{1,16}) (\S{1,64}) (.+)$/;

/** Stands for the epoch of a topic without history. */
const NO_EPOCH = '-';

/** How types are written. */
export const TYPE_LETTERS = { text: 't', binary: 'b' } as const;

/** Writes a message as it is published. */
export function encodeEnvelope(message: Omit<BrokerMessage, 'place'>, place?: Place): Buffer {
  const { topic, type, data } = message;
  const { epoch, offset, id } = place ?? { epoch: NO_EPOCH, offset: 0, id: message.id };
  return Buffer.concat([Buffer.from(`${VERSION}${TYPE_LETTERS[type]} ${epoch} ${offset} ${id} ${topic}\n`), data]);
}

/** Reads what was published; `undefined` for what is no envelope, or one of another version. */
export function decodeEnvelope(envelope: Buffer): BrokerMessage | undefined {
  const end = envelope.subarray(0, MAX_HEADER).indexOf(0x0a);
  const [, letter, epoch, digits, id, topic] = HEADER.exec(envelope.toString('utf8', 0, Math.max(end, 0))) ?? [];
  if (epoch === undefined || id === undefined || topic === undefined) return undefined;
  const place = epoch === NO_EPOCH ? undefined : { epoch, offset: Number(digits), id };
  return { topic, type: letter === 't' ? 'text' : 'binary', data: envelope.subarray(end + 1), id, place };
}

/** Reads a receipt, `epoch offset id`. */
export function decodeReceipt(receipt: unknown): Place | undefined {
  const [epoch, digits, id] = String(receipt).split(' ');
  if (epoch === undefined || digits === undefined || id === undefined) return undefined;
  return { epoch, offset: Number(digits), id };
}
