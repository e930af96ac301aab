// Judges what went over the wire, which not every peer can tell: how we cut messages, which code we answer, how we mask.
import type { Role, TestCase } from './test-case.ts';
import type { WireMessage, WireReport, WireSide } from './wire/wire-report.ts';

/** Longest frame of a message, in bytes, unless a case says otherwise: the option `fragmentSize`. */
const DEFAULT_FRAGMENT_SIZE = 1024 * 1024;

const RSV1 = 4;

const TEXT = 1;
const BINARY = 2;

/** What is wrong with what we have sent. */
export function judgeWire(testCase: TestCase, role: Role, wire: WireReport): string[] {
  return [
    ...wire.ours.violations.map((one) => `our side sent ${one}`),
    ...judgeMasking(role, wire.ours),
    ...judgeHead(testCase, role, wire),
    ...(testCase.work === 'echo' ? judgeMessage(testCase, role, wire) : []),
    ...judgePongs(wire),
    ...(testCase.hash.endless ? [] : judgeClose(testCase, role, wire)),
  ];
}

/** As a client we mask each frame with a key of its own, as a server none. */
function judgeMasking(role: Role, { maskedFrames, unmaskedFrames, keys }: WireSide): string[] {
  if (role === 'client') return maskedFrames === 0 ? [] : [`our server masked ${maskedFrames} frames`];
  if (unmaskedFrames > 0) return [`our client left ${unmaskedFrames} frames unmasked`];
  const compared = Math.min(maskedFrames, 1000);
  return keys >= compared - 1 ? [] : [`our client masked ${compared} frames with ${keys} keys`];
}

function judgeHead({ subprotocols }: TestCase, role: Role, { ours, theirs }: WireReport): string[] {
  const problems: string[] = [];
  const key = fieldOf(role === 'client' ? theirs.head : ours.head, 'sec-websocket-key');
  if (key === undefined || Buffer.from(key, 'base64').length !== 16) problems.push(`the key is ${String(key)}`);
  if (role === 'client') return problems;
  const offered = fieldOf(ours.head, 'sec-websocket-protocol') ?? '';
  if (offered !== subprotocols.join(', ')) problems.push(`our client offered the subprotocols "${offered}"`);
  return problems;
}

/** We send the message, cut as the case has it; one that is compressed may be cut anywhere. */
function judgeMessage(testCase: TestCase, role: Role, { ours, theirs }: WireReport): string[] {
  if (ours.messages.length !== testCase.messages) {
    return [`our side sent ${ours.messages.length} messages, and not ${testCase.messages}`];
  }
  return ours.messages.flatMap((message) => judgeOne(testCase, role, message, theirs.messages));
}

function judgeOne(testCase: TestCase, role: Role, message: WireMessage, theirs: readonly WireMessage[]): string[] {
  const { binary, size } = testCase.content;
  const isCompressed = testCase.compression !== undefined && message.reservedBits === RSV1;
  const problems = [];
  if (message.opcode !== (binary ? BINARY : TEXT)) problems.push(`our message had the opcode ${message.opcode}`);
  if (isCompressed) return problems;
  if (message.reservedBits !== 0) problems.push(`our message had the reserved bits ${message.reservedBits}`);
  if (message.size !== size) problems.push(`our message had ${message.size} bytes on the wire, and not ${size}`);
  const [least, most] = framesOf(testCase, role, theirs);
  if (message.frames < least || message.frames > most) {
    problems.push(
      `our message had ${message.frames} frames, and not ${least === most ? least : `${least} or ${most}`}`,
    );
  }
  return problems;
}

/** How many frames our message may have: an empty one at the end may say that it is over. */
function framesOf(
  { content, ours }: TestCase,
  role: Role,
  theirs: readonly WireMessage[],
): [least: number, most: number] {
  if (ours.level === 'message') {
    const fragmentSize = ours.fragments > 1 ? Math.ceil(content.size / ours.fragments) : DEFAULT_FRAGMENT_SIZE;
    const frames = content.size === 0 ? 1 : Math.ceil(content.size / fragmentSize);
    return [frames, frames];
  }
  const frames = role === 'client' ? (theirs[0]?.frames ?? 1) : ours.fragments;
  return [frames, frames + 1];
}

/** Each ping of the peer is answered with its payload, or the last one of several. */
function judgePongs({ ours, theirs }: WireReport): string[] {
  const ping = theirs.pings.at(-1);
  if (ping === undefined || ours.pongs.includes(ping)) return [];
  return [
    `our side answered the ping "${ping}" with ${ours.pongs.length === 0 ? 'nothing' : `"${ours.pongs.join('", "')}"`}`,
  ];
}

/** We send one Close, with the code that was asked for, or the one that we answer; nothing follows it. */
function judgeClose({ closing }: TestCase, role: Role, { ours, theirs }: WireReport): string[] {
  const weClose = closing.by === 'us' || (closing.by === 'client' && role === 'server');
  const code = weClose ? (closing.code === 0 ? 1005 : closing.code) : theirs.closes[0];
  const problems = [];
  if (ours.closes.length !== 1 || ours.closes[0] !== code) {
    problems.push(`our side sent Close ${ours.closes.join(', ')}, and not ${String(code)}`);
  }
  if (weClose && ours.reasons[0] !== closing.reason)
    problems.push(`our Close had the reason "${String(ours.reasons[0])}"`);
  if (ours.framesAfterClose > 0) problems.push(`our side sent ${ours.framesAfterClose} frames behind its Close`);
  return problems;
}

function fieldOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
