import type { HistoryPage, Place, StoredMessage } from '../broker.ts';

/** Reads the reply of the script that reads. */
export function toPage(topic: string, reply: unknown): HistoryPage {
  const [epoch, digits, id, entries] = toList(reply);
  const top = { epoch: String(epoch), offset: Number(String(digits)), id: String(id) };
  const messages = toList(entries).map((entry) => toStored(topic, top.epoch, toList(entry)));
  return { top, messages: messages.sort((one, other) => one.place.offset - other.place.offset) };
}

/** Reads the reply of the script that tells where topics stand. */
export function toTops(reply: unknown): (Place | undefined)[] {
  return toList(reply).map((top) => {
    const [epoch, digits, id] = toList(top).map(String);
    return epoch === undefined || id === undefined ? undefined : { epoch, offset: Number(digits), id };
  });
}

/** Reads a reply that is a list. */
export function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function toStored(topic: string, epoch: string, [rawId, digits, data]: readonly unknown[]): StoredMessage {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
  const id = String(rawId);
  const place = { epoch, offset: Number(String(digits)), id };
  return { topic, type: bytes[0] === TEXT ? 'text' : 'binary', data: bytes.subarray(1), id, place };
}

/** `t` */
const TEXT = 0x74;
