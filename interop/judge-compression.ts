// Judges permessage-deflate as it stands on the wire, with nothing of the library: what was agreed on, and what we have sent after that.
import { createHash } from 'node:crypto';
import { constants, inflateRawSync } from 'node:zlib';

import { createPayload } from './payload.ts';
import type { Compression, Evidence, Role, TestCase } from './test-case.ts';
import type { WireMessage, WireReport } from './wire/wire-report.ts';

const NAME = 'permessage-deflate';

/** What the sender of a message leaves out at its end (RFC 7692 §7.2.1). */
const TAIL = Buffer.of(0, 0, 0xff, 0xff);

const RSV1 = 4;

const LARGEST_BITS = 15;

/** The window that our clients use where it is left to them. */
const DEFAULT_BITS = 13;

/** Inflated at a time, so that zlib notices what refers back behind the window; less of it in large messages takes too long. */
const CHUNK = 1024;
const LARGE_CHUNK = 65_536;

type Parameters = ReadonlyMap<string, string | true>;

/** How one side may compress. */
interface Direction {
  readonly windowBits: number;
  readonly keepsHistory: boolean;
}

/** What is wrong with the agreement and with our messages; nothing, if there is no compression in the case. */
export function judgeCompression(testCase: TestCase, role: Role, { wire, peerCompresses }: Evidence): string[] {
  const { client, server } = sidesOf(role, wire);
  const offers = readExtensions(client.head);
  const answers = readExtensions(server.head);
  if (testCase.compression === undefined) return judgeSilence(role, role === 'client' ? answers : offers);
  const problems = [...judgeOffers(testCase, role, offers), ...judgeAnswers(testCase, role, offers, answers)];
  const [answer] = answers;
  if (problems.length > 0 || answer === undefined) return problems;
  const ours = directionOf(answer.parameters, role === 'client' ? 'server' : 'client');
  return [
    ...judgeMessages(testCase, role, ours, wire.ours.messages),
    ...(peerCompresses ? judgePeer(testCase, wire.theirs.messages) : []),
  ];
}

interface ExtensionText {
  readonly name: string;
  readonly parameters: Parameters;
}

function sidesOf(role: Role, { ours, theirs }: WireReport): Record<'client' | 'server', WireReport['ours']> {
  return role === 'client' ? { client: theirs, server: ours } : { client: ours, server: theirs };
}

function judgeSilence(role: Role, extensions: readonly ExtensionText[]): string[] {
  if (extensions.length === 0) return [];
  return [
    `our ${role === 'client' ? 'server' : 'client'} named the extensions ${extensions.map(({ name }) => name).join(', ')}`,
  ];
}

/** As a client, we offer first what we were asked to. */
function judgeOffers({ compression }: TestCase, role: Role, offers: readonly ExtensionText[]): string[] {
  if (role === 'client' || compression === undefined) return [];
  const { ours } = compression;
  const [first] = offers;
  if (first === undefined || offers.some(({ name }) => name !== NAME))
    return ['our client did not offer permessage-deflate alone'];
  const expected = new Map<string, string | true>();
  if (ours.serverNoContextTakeover === true) expected.set('server_no_context_takeover', true);
  if (ours.clientNoContextTakeover === true) expected.set('client_no_context_takeover', true);
  if (ours.serverMaxWindowBits !== undefined) expected.set('server_max_window_bits', String(ours.serverMaxWindowBits));
  expected.set(
    'client_max_window_bits',
    ours.clientMaxWindowBits === undefined ? true : String(ours.clientMaxWindowBits),
  );
  return describe(first.parameters) === describe(expected)
    ? []
    : [`our client offered first "${describe(first.parameters)}", and not "${describe(expected)}"`];
}

function judgeAnswers(
  { compression }: TestCase,
  role: Role,
  offers: readonly ExtensionText[],
  answers: readonly ExtensionText[],
): string[] {
  const [answer] = answers;
  // No zlib compresses with a window of 8 bits.
  const isImpossible = role === 'client' && compression?.theirs.serverMaxWindowBits === 8;
  if (answer === undefined) return isImpossible ? [] : ['nothing was agreed on'];
  if (isImpossible) return [`our server agreed to a window of 8 bits: "${describe(answer.parameters)}"`];
  if (answers.length > 1 || answer.name !== NAME)
    return [`the answer was ${answers.map(({ name }) => name).join(', ')}`];
  if (role === 'server') return [];
  const problems = offers.map((offer) => [
    ...judgeAnswer(answer.parameters, offer.parameters),
    ...judgeWishes(answer.parameters, offer.parameters, compression?.ours ?? {}),
  ]);
  return problems.some((list) => list.length === 0) ? [] : (problems[0] ?? ['there was no offer to answer']);
}

/** RFC 7692 §7.1: what an answer must and may have, after such an offer. */
function judgeAnswer(answer: Parameters, offer: Parameters): string[] {
  const problems = [];
  if (offer.has('server_no_context_takeover') && !answer.has('server_no_context_takeover'))
    problems.push('our server did not take up server_no_context_takeover');
  if (offer.has('server_max_window_bits') && !answer.has('server_max_window_bits'))
    problems.push('our server did not answer server_max_window_bits');
  for (const name of ['server_max_window_bits', 'client_max_window_bits']) {
    const given = answer.get(name);
    if (given === true) problems.push(`our server answered ${name} without a value`);
    if (bitsOf(answer, name) > bitsOf(offer, name))
      problems.push(`our server answered ${name}=${String(given)}, which is too much`);
  }
  if (answer.has('client_max_window_bits') && !offer.has('client_max_window_bits'))
    problems.push('our server answered client_max_window_bits, which was not offered');
  return problems;
}

/** What our server was asked to, as far as the offer lets it. */
function judgeWishes(answer: Parameters, offer: Parameters, ours: Compression): string[] {
  const problems = [];
  if (ours.serverNoContextTakeover === true && !answer.has('server_no_context_takeover'))
    problems.push('our server did not say server_no_context_takeover');
  if (ours.clientNoContextTakeover === true && !answer.has('client_no_context_takeover'))
    problems.push('our server did not say client_no_context_takeover');
  if (bitsOf(answer, 'server_max_window_bits') > (ours.serverMaxWindowBits ?? LARGEST_BITS))
    problems.push('our server did not limit its own window');
  const limit = typeof ours.clientMaxWindowBits === 'number' ? ours.clientMaxWindowBits : LARGEST_BITS;
  if (offer.has('client_max_window_bits') && bitsOf(answer, 'client_max_window_bits') > limit)
    problems.push('our server did not limit the window of the client');
  return problems;
}

function directionOf(answer: Parameters, sender: 'client' | 'server'): Direction {
  return {
    windowBits: bitsOf(answer, `${sender}_max_window_bits`),
    keepsHistory: !answer.has(`${sender}_no_context_takeover`),
  };
}

/** Our messages, decompressed as strictly as was agreed on. */
function judgeMessages(
  testCase: TestCase,
  role: Role,
  direction: Direction,
  messages: readonly WireMessage[],
): string[] {
  const { content, compression } = testCase;
  const { threshold = 0, compress: asked = content.size >= threshold } = compression?.ours ?? {};
  // No zlib compresses with a window of 8 bits.
  const compress = asked && direction.windowBits > 8;
  const wrong = messages.filter(({ reservedBits }) => (reservedBits === RSV1) !== compress);
  if (wrong.length > 0) {
    return [`our side sent ${wrong.length} messages ${compress ? 'that were not compressed' : 'compressed'}`];
  }
  if (!compress) return [];
  const problem = judgePayloads(testCase, direction, messages);
  if (problem !== undefined) return [problem];
  return [...judgeSize(content.size, messages), ...judgeHistory(testCase, role, direction, messages)];
}

function judgePayloads(
  { content, compression }: TestCase,
  direction: Direction,
  messages: readonly WireMessage[],
): string | undefined {
  const payload = createPayload(content);
  const expected = [digestOf(payload), digestOf(payload.reverse())];
  const kinds = compression?.ours.prepares === true ? 2 : 1;
  try {
    const inflated = inflateAll(messages, direction, content.size);
    const index = inflated.findIndex((one, place) => digestOf(one) !== expected[place % kinds]);
    return index === -1 ? undefined : `our message ${index + 1} decompresses to something else`;
  } catch (error) {
    return `our messages cannot be decompressed with what was agreed on: ${String(error)}`;
  }
}

/** Every message of ours repeats itself, and gets smaller. */
function judgeSize(size: number, [first]: readonly WireMessage[]): string[] {
  if (first === undefined || size < 1000 || first.size < size) return [];
  return [`our message of ${size} bytes had ${first.size} bytes when compressed`];
}

/** What repeats what was said before gets smaller still, if the window reaches so far back. */
function judgeHistory(
  { content, compression }: TestCase,
  role: Role,
  { windowBits, keepsHistory }: Direction,
  messages: readonly WireMessage[],
): string[] {
  const own = ownLimits(role, compression?.ours ?? {});
  const reach = 2 ** Math.min(windowBits, own.windowBits);
  const { length } = content.unit;
  if (!keepsHistory || !own.keepsHistory || length < 1000) return [];
  const [first = 0, last = 0] = [messages[0]?.size, messages.at(-1)?.size];
  if (last < (length < reach ? first / 2 : first)) return [];
  return [`our last message had ${last} bytes, the first one ${first}: it made no use of what came before`];
}

/** What our client does of itself, though the server does not ask for it; our server says so in its answer. */
function ownLimits(role: Role, ours: Compression): Direction {
  const { clientNoContextTakeover = false, clientMaxWindowBits, prepares = false } = ours;
  // A prepared message has no history, and leaves none.
  if (role === 'client') return { windowBits: LARGEST_BITS, keepsHistory: !prepares };
  return { windowBits: Number(clientMaxWindowBits ?? DEFAULT_BITS), keepsHistory: !clientNoContextTakeover };
}

function inflateAll(messages: readonly WireMessage[], { windowBits, keepsHistory }: Direction, size: number): Buffer[] {
  const options = {
    windowBits,
    chunkSize: size > 2 ** 20 ? LARGE_CHUNK : CHUNK,
    finishFlush: constants.Z_SYNC_FLUSH,
  };
  if (!keepsHistory) return messages.map(({ payload }) => inflateRawSync(Buffer.concat([payload, TAIL]), options));
  const all = inflateRawSync(Buffer.concat(messages.flatMap(({ payload }) => [payload, TAIL])), options);
  const endOf = (index: number): number => (index === messages.length - 1 ? all.length : (index + 1) * size);
  return messages.map((_, index) => all.subarray(index * size, endOf(index)));
}

/** Peers have thresholds of their own; no peer leaves a message of so many bytes as it is. */
const SURELY_COMPRESSED = 10_000;

/** Without this, a case would not show that we can decompress. */
function judgePeer({ content, compression }: TestCase, messages: readonly WireMessage[]): string[] {
  if (compression?.ours.compress === false || content.size < SURELY_COMPRESSED) return [];
  if (messages.some(({ reservedBits }) => reservedBits === RSV1)) return [];
  return ['the peer sent no message compressed'];
}

function bitsOf(parameters: Parameters, name: string): number {
  const value = parameters.get(name);
  return value === undefined || value === true ? LARGEST_BITS : Number(value);
}

function digestOf(payload: Uint8Array): string {
  return createHash('sha256').update(payload).digest('hex');
}

function describe(parameters: Parameters): string {
  return [...parameters].map(([name, value]) => (value === true ? name : `${name}=${value}`)).join('; ');
}

/** Reads the fields Sec-WebSocket-Extensions of a head. */
function readExtensions(head: string): ExtensionText[] {
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith('sec-websocket-extensions:'))
    .flatMap((line) => line.slice(line.indexOf(':') + 1).split(','))
    .map((text) => {
      const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
      return { name, parameters: new Map(parameters.map(readParameter)) };
    });
}

function readParameter(text: string): [name: string, value: string | true] {
  const [name = '', value] = text.split('=').map((part) => part.trim());
  return [name, value === undefined ? true : value.replaceAll('"', '')];
}
