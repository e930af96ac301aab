import { headers } from '@nats-io/nats-core';

import { toNatsSubject, toNatsToken } from '../../names/nats-name.ts';
import type { Publication } from '../broker.ts';
import type { NatsHeaders } from './nats-client.ts';

/** The header that tells what a message is: version and type, id, epoch. */
const HEADER = 'Millrace';

/** The header with the root on whose channel it is published, too. */
const ROOT_HEADER = 'Millrace-Root';

const CONTENT = /^1([tbm]) ([\w-]{1,32}) ([\w-]{1,32})$/;

/** Stands for the epoch of a topic without history. */
const NO_EPOCH = '-';

/** What the header of a message tells. */
export interface NatsContent {
  readonly kind: 'text' | 'binary' | 'mark';
  readonly id: string;
  /** `undefined` for a topic without history. */
  readonly epoch: string | undefined;
}

const LETTERS = { text: 't', binary: 'b', mark: 'm' } as const;
const KINDS: Readonly<Record<string, NatsContent['kind']>> = { t: 'text', b: 'binary', m: 'mark' };

/** Writes the header of a message. */
export function encodeContent({ kind, id, epoch }: NatsContent): NatsHeaders {
  const written: NatsHeaders = headers();
  written.set(HEADER, `1${LETTERS[kind]} ${id} ${epoch ?? NO_EPOCH}`);
  return written;
}

/** Writes the header of a message that somebody publishes. */
export function encodePublication(publication: Publication, epoch: string | undefined): NatsHeaders {
  const { type, id, root, topic, idempotencyKey, history } = publication;
  const written = encodeContent({ kind: type, id, epoch });
  if (root !== undefined) written.set(ROOT_HEADER, toNatsSubject(root));
  // A stream knows a message by this for two minutes, whatever its subject.
  const key = idempotencyKey === undefined ? `i${id}` : `k${toNatsToken(idempotencyKey)}`;
  if (history !== undefined || idempotencyKey !== undefined)
    written.set('Nats-Msg-Id', `${toNatsSubject(topic)}:${key}`);
  return written;
}

/** Reads the header of a message; `undefined` for one that is none of ours, or of another version. */
export function decodeContent(header: string | undefined): NatsContent | undefined {
  const [, letter = '', id, epoch] = CONTENT.exec(header ?? '') ?? [];
  const kind = KINDS[letter];
  if (kind === undefined || id === undefined || epoch === undefined) return undefined;
  return { kind, id, epoch: epoch === NO_EPOCH ? undefined : epoch };
}

/** Reads it from headers. */
export function contentOf(read: NatsHeaders | undefined): NatsContent | undefined {
  return decodeContent(read?.get(HEADER));
}

/** Reads it from headers as they are stored. */
export function contentIn(stored: string): NatsContent | undefined {
  const [, header] = /^Millrace: (.*?)\r?$/m.exec(stored) ?? [];
  return decodeContent(header);
}

/** Whether a message is for the channel of a root. */
export function isForRoot(read: NatsHeaders | undefined, root: string): boolean {
  return read?.get(ROOT_HEADER) === toNatsSubject(root);
}
