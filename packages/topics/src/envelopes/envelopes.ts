import type { FramedMessage } from '../topics/options.ts';

/**
 * Makes messages of JSON: `{"topic", "position", "data"}`, where the data are a string. Binary data are in base64, and named `bytes`. For the option `frame`; the
 * client reads it with `createPositions`.
 */
export function jsonEnvelope({ topic, position, data }: FramedMessage): string {
  if (typeof data === 'string') return JSON.stringify({ topic, position, data });
  return JSON.stringify({ topic, position, bytes: Buffer.from(data).toString('base64') });
}

/**
 * Makes binary messages: the byte 1, the type (`t` or `b`), the length of the topic and the topic, the length of the position and the position, and then the
 * data as they are. Lengths are one byte. For the option `frame`; the client reads it with `createPositions`.
 */
export function binaryEnvelope({ topic, position = '', data }: FramedMessage): Uint8Array {
  const [name, place] = [Buffer.from(topic), Buffer.from(position)];
  const type = typeof data === 'string' ? 't' : 'b';
  const head = [Buffer.from(`\u0001${type}`), Buffer.of(name.length), name, Buffer.of(place.length), place];
  return Buffer.concat([...head, typeof data === 'string' ? Buffer.from(data) : data]);
}
