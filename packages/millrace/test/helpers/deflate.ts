import zlib from 'node:zlib';

import type { Codec, DeflateSettings, Deflater, Inflater } from '../../src/deflate/codec/codec.ts';
import { Contexts } from '../../src/deflate/contexts.ts';
import { HandleCodec } from '../../src/deflate/codec/handle-codec.ts';
import { resolveCompressionOptions, type CompressionOptions } from '../../src/deflate/options.ts';
import { PermessageDeflate } from '../../src/deflate/permessage-deflate.ts';
import { StreamCodec } from '../../src/deflate/codec/stream-codec.ts';
import { TurnBudget } from '../../src/deflate/codec/turn-budget.ts';
import type { ExtensionParameter } from '../../src/protocol/base/extension-parameter.ts';
import type { AgreedExtension, ExtensionSession } from '../../src/protocol/extension/extension.ts';
import type { OutgoingMessage, PayloadTransform, SendTransform } from '../../src/protocol/base/transform.ts';
import { parseExtensionOffers } from '../../src/protocol/handshake/rules/extension-offer.ts';
import { concat } from './bytes.ts';

/** Both ways to use zlib: all that is true of compression is true with either. */
export const CODECS: readonly { readonly name: string; readonly codec: Codec }[] = [
  { name: 'handles', codec: new HandleCodec(zlib) },
  { name: 'streams', codec: new StreamCodec(zlib) },
];

export const DEFAULT_SETTINGS: DeflateSettings = { windowBits: 13, level: 5, memLevel: 5 };

const { signal } = new AbortController();

/** All that a codec gives for now, in pieces. */
export async function pullPieces(coder: Deflater | Inflater): Promise<Uint8Array[]> {
  const turn = new TurnBudget();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await coder.pull(turn);
    if (piece === undefined) return pieces;
    pieces.push(piece);
  }
}

/** Compresses a payload as that of a message, if the deflater has nothing else to do. */
export async function deflateMessage(deflater: Deflater, payload: Uint8Array): Promise<Uint8Array> {
  deflater.push(payload);
  deflater.flush();
  return concat(await pullPieces(deflater)).subarray(0, -4);
}

/** Decompresses the payload of a message, which comes in `chunks`. */
export async function inflateMessage(inflater: Inflater, ...chunks: Uint8Array[]): Promise<Uint8Array> {
  for (const chunk of chunks) inflater.push(chunk);
  const last = chunks.at(-1)?.at(-1);
  if (last !== undefined) inflater.finish(last);
  return concat(await pullPieces(inflater));
}

/** An extension that has its contexts for itself. */
export function createExtension(
  codec: Codec,
  options: CompressionOptions = {},
): { extension: PermessageDeflate; contexts: Contexts } {
  const contexts = new Contexts(() => codec);
  return { extension: new PermessageDeflate(resolveCompressionOptions(options), contexts), contexts };
}

/** The two ends of a connection. */
export interface Ends {
  readonly client: ExtensionSession;
  readonly server: ExtensionSession;
  /** What the server has answered. */
  readonly answer: string;
  readonly contexts: Contexts;
}

/** Negotiates; both sides have the same options. */
export function createEnds(codec: Codec, options: CompressionOptions = {}): Ends {
  const { extension, contexts } = createExtension(codec, options);
  const agreed = extension.createOffers().map((offer) => extension.answerOffer(offer))[0];
  if (agreed === undefined) throw new Error('the first offer was declined');
  const client = extension.acceptAnswer(agreed.parameters);
  return { client: client.createSession(), server: agreed.createSession(), answer: formatParameters(agreed), contexts };
}

/** Reads parameters as they stand in the header, behind the name. */
export function parameters(text: string): readonly ExtensionParameter[] {
  const offers = parseExtensionOffers(text === '' ? 'x' : `x; ${text}`);
  if (offers?.length !== 1) throw new Error(`not the parameters of an extension: ${text}`);
  return offers[0]!.parameters;
}

/** Writes parameters as {@link parameters} reads them. */
export function formatParameters({ parameters: list }: Pick<AgreedExtension, 'parameters'>): string {
  return list.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join('; ');
}

/** All that a transform gives for now, in pieces. */
export async function pullAll(transform: PayloadTransform): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await transform.pull(signal);
    if (piece === undefined) return pieces;
    pieces.push(piece);
  }
}

/** Sends a message as the engine does: it is whole, unless `message` has no length. */
export async function send(
  { send: transform }: ExtensionSession,
  payload: Uint8Array,
  message: Partial<OutgoingMessage> = {},
): Promise<Uint8Array> {
  const sending = sendTransform(transform);
  const begun = { opcode: 2, reservedBits: 0, compress: true, length: payload.length, ...message };
  if (sending.begin(begun) === undefined) throw new Error('the message is not compressed');
  if (payload.length > 0) sending.push(payload);
  const pieces = await pullAll(sending);
  sending.end();
  return concat([...pieces, ...(await pullAll(sending))]);
}

/** Receives a message whose payload comes in `chunks`, as the engine does. */
export async function receive(
  { receive: transform }: ExtensionSession,
  ...chunks: readonly Uint8Array[]
): Promise<Uint8Array> {
  if (transform === undefined) throw new Error('nothing is decompressed');
  if (!transform.begin({ opcode: 2, reservedBits: 0b100 })) throw new Error('the message is not decompressed');
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (chunk.length > 0) transform.push(chunk);
    pieces.push(...(await pullAll(transform)));
  }
  transform.end();
  return concat([...pieces, ...(await pullAll(transform))]);
}

/** What compresses; it is missing only if the peer's window is too small. */
export function sendTransform(transform: SendTransform | undefined): SendTransform {
  if (transform === undefined) throw new Error('nothing is compressed');
  return transform;
}
