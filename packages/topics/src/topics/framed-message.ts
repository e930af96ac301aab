import type { BrokerMessage } from '../broker/broker.ts';
import { formatPosition } from '../broker/position.ts';
import type { FramedMessage } from './options.ts';

const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

/** Makes of a message what the application sees. */
export function toFramed({ topic, type, data, place }: BrokerMessage): FramedMessage {
  const position = place === undefined ? undefined : formatPosition(place);
  return { topic, position, data: type === 'text' ? TEXT.decode(data) : data.slice() };
}
