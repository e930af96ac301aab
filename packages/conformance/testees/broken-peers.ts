import type { Role, Verdict } from '@millrace/conformance';

import type { Defects } from './naive/behaviour.ts';

/** A naive peer with one defect, and the case that is meant for it. */
export interface BrokenPeer {
  readonly name: string;
  readonly role: Role;
  readonly defects: Defects;
  readonly caughtBy: string;
  /** What the case says; `failed`, unless the defect is none that RFC 6455 forbids. */
  readonly verdict: Exclude<Verdict, 'ok'>;
}

type Row = readonly [name: string, defects: Defects, caughtBy: string, verdict?: Exclude<Verdict, 'ok'>];

/** Defects that either side can have; tried on a server. */
const FRAMING: readonly Row[] = [
  ['accepts frames with the wrong masking', { acceptsWrongMasking: true }, '1.3.1'],
  ['echoes 125 bytes as 124', { echoes: 'cut at 125 bytes' }, '1.1.2'],
  ['writes lengths of 16 bits in 64', { echoes: '126 in 64 bits' }, '1.1.3'],
  ['loses what is beyond 65535 bytes', { echoes: 'at most 65535 bytes' }, '1.1.7'],
  ['echoes twice, the second time late', { echoes: 'twice' }, '1.3.7'],
  ['echoes text as binary', { echoes: 'text as binary' }, '1.1.2'],
  ['does not echo empty messages', { echoes: 'no empty messages' }, '1.1.1'],
  ['sets a reserved bit', { echoes: 'with a reserved bit' }, '1.1.2'],
  ['masks where it must not', { echoes: 'unmasked or masked wrongly' }, '1.1.2'],
  ['ignores reserved bits of data frames', { ignoresReservedBits: 'data' }, '3.1'],
  ['ignores reserved bits of control frames', { ignoresReservedBits: 'control' }, '3.6'],
  ['takes reserved data opcodes', { acceptsReservedOpcodes: 'data' }, '4.1.2'],
  ['takes reserved control opcodes', { acceptsReservedOpcodes: 'control' }, '4.2.1'],
  ['does not answer pings', { pongs: 'none' }, '2.1'],
  ['answers pings without their payload', { pongs: 'empty' }, '2.2'],
  ['answers pongs', { pongs: 'to pongs too' }, '2.7'],
  ['answers pongs late', { pongs: 'to pongs too, late' }, '2.7'],
  ['answers pings only after the message', { pongs: 'after the message' }, '16.2.1'],
  ['changes the payload of a ping', { pongs: 'upper case' }, '2.2'],
  ['takes pings over 125 bytes', { acceptsLongControlFrames: true }, '2.5'],
  ['takes fragmented pings', { acceptsFragmentedControlFrames: true }, '5.1'],
  ['ignores FIN', { ignoresFin: true }, '5.3'],
  ['takes a continuation of nothing', { acceptsStrayContinuations: true }, '5.9'],
  ['takes a message inside a message', { acceptsInterleavedMessages: true }, '5.18'],
  ['forgets the message at a control frame', { forgetsMessageAtControlFrame: true }, '5.6'],
  ['takes 16384 fragments at most', { takesFewFragments: true }, '9.3.2', 'unimplemented'],
  ['takes lengths that are not minimal', { acceptsNonMinimalLengths: true }, '14.1.1', 'non-strict'],
  ['takes the top bit of a length for a sign', { readsLengthAs: 'signed' }, '14.2.1'],
  ['reads 32 bits of a length', { readsLengthAs: '32 bits' }, '14.3.15'],
];

const TEXT: readonly Row[] = [
  ['does not check UTF-8', { utf8: 'unchecked' }, '6.3.1'],
  ['checks UTF-8 only at the end of a message', { utf8: 'at the end' }, '6.4.1', 'non-strict'],
  ['checks UTF-8 frame by frame', { utf8: 'by frame' }, '6.2.3'],
  ['takes text that ends inside a code point', { utf8: 'may be cut' }, '6.27.1'],
  ['takes surrogates', { utf8: 'surrogates' }, '6.20.1'],
  ['takes overlong forms', { utf8: 'overlong' }, '6.17.1'],
  ['takes code points above U+10FFFF', { utf8: 'beyond U+10FFFF' }, '6.11.5'],
  ['strips the byte order mark', { stripsByteOrderMark: true }, '6.28.4'],
];

const SEGMENTS: readonly Row[] = [
  ['loses a header that is cut', { losesCutHeaders: true }, '15.1.1'],
  ['begins the mask again in each chunk', { restartsMaskInEachChunk: true }, '15.1.1'],
  ['takes only the first frame of a chunk', { takesOneFrameOfAChunk: true }, '15.5.1'],
  ['answers in reverse order', { echoes: 'in reverse' }, '15.5.1'],
];

const CLOSING: readonly Row[] = [
  ['does not answer Close', { closes: 'without an answer' }, '7.1.1'],
  ['answers Close with half a code', { closes: 'with one byte' }, '7.3.3'],
  ['answers Close twice', { closes: 'twice' }, '7.1.1'],
  ['answers Close with 1005', { closes: 'with code 1005' }, '7.3.3'],
  ['takes a Close for an error', { closes: 'with code 1002' }, '7.3.3'],
  ['answers Close with a code of its own', { closes: 'with code 4000' }, '7.3.3', 'informational'],
  ['goes on after Close', { closes: 'and goes on' }, '7.1.4'],
  ['echoes after Close', { echoes: 'late' }, '7.14.4', 'informational'],
  ['takes any close code', { closes: 'with any code' }, '7.9.4'],
  ['takes a Close of one byte', { closes: 'with one byte accepted' }, '7.3.2'],
  ['takes any close reason', { closes: 'with any reason' }, '7.5.1'],
  ['refuses 3000 to 4999', { closes: 'refuses 3000–4999' }, '7.7.10'],
  ['refuses 1012 to 1014', { closes: 'refuses 1012–1014' }, '7.7.14'],
  ['keeps the TCP connection after both Closes', { closes: 'and keeps TCP open' }, '17.3.8'],
  ['ends the TCP connection half a second late', { closes: 'and ends TCP late' }, '7.1.1', 'non-strict'],
  ['keeps the TCP connection when it fails', { fails: 'and keeps TCP open' }, '3.1'],
  ['fails without Close', { fails: 'without Close' }, '3.1', 'non-strict'],
  ['fails with 1000', { fails: 'with 1000' }, '3.1', 'non-strict'],
  ['never fails', { fails: 'not at all' }, '4.1.1'],
  ['serves nobody after a connection was dropped', { diesOfDrop: true }, '17.3.7'],
];

const SERVER_OPENING: readonly Row[] = [
  ['answers with the key for Accept', { answers: 'wrong accept' }, '20.1.1'],
  ['answers without Connection', { answers: 'no Connection' }, '20.1.1'],
  ['accepts any version', { accepts: 'any version' }, '20.4.5'],
  ['refuses a version without naming its own', { answers: 'no version' }, '20.4.5', 'non-strict'],
  ['refuses with 200', { answers: 'status 200' }, '20.3.1'],
  ['accepts POST', { accepts: 'POST' }, '20.3.1'],
  ['accepts HTTP/1.0', { accepts: 'HTTP/1.0' }, '20.3.6'],
  ['accepts a request without Host', { accepts: 'no Host' }, '20.3.10'],
  ['accepts two Hosts', { accepts: 'two Hosts' }, '20.3.11'],
  ['accepts any Upgrade', { accepts: 'any Upgrade' }, '20.3.17'],
  ['finds "upgrade" inside other tokens', { accepts: 'notupgrade' }, '20.3.23'],
  ['compares Upgrade by case', { answers: 'case-sensitive values' }, '20.1.4'],
  ['compares field names by case', { answers: 'case-sensitive names' }, '20.1.2'],
  ['does not look for the key', { accepts: 'no key' }, '20.3.25'],
  ['accepts two keys', { accepts: 'two keys' }, '20.3.35'],
  ['agrees to any subprotocol', { answers: 'any subprotocol' }, '20.2.2'],
  ['accepts extensions that were not offered', { answers: 'any extension' }, '20.2.4'],
  ['needs the request in one piece', { expectsOpeningInOneChunk: true }, '20.1.16'],
  ['answers what is behind a refused request', { answers: 'every request' }, '20.6.2', 'non-strict'],
  ['takes a body for frames', { accepts: 'a body' }, '20.5.12', 'non-strict'],
];

const CLIENT: readonly Row[] = [
  ['does not mask', { echoes: 'unmasked or masked wrongly' }, '1.1.2'],
  ['takes masked frames', { acceptsWrongMasking: true }, '1.3.1'],
  ['has one masking key for all', { masks: 'constant' }, '1.3.5'],
  ['counts its masking keys', { masks: 'counted' }, '1.3.5'],
  ['does not check UTF-8', { utf8: 'unchecked' }, '6.3.1'],
  ['does not answer Close', { closes: 'without an answer' }, '7.1.1'],
  ['does not check Sec-WebSocket-Accept', { trusts: 'any accept' }, '21.3.2'],
  ['does not check the status', { trusts: 'any status' }, '21.4.1'],
  ['does not check Upgrade', { trusts: 'any Upgrade' }, '21.3.11'],
  ['does not check Connection', { trusts: 'any Connection' }, '21.3.17'],
  ['takes a subprotocol that it did not offer', { trusts: 'any subprotocol' }, '21.5.1'],
  ['takes an extension that it did not offer', { trusts: 'any extension' }, '21.5.5'],
  ['compares Upgrade by case', { trusts: 'case-sensitive values' }, '21.2.4'],
  ['needs the answer in one piece', { expectsOpeningInOneChunk: true }, '21.2.10'],
  ['loses what comes with the answer', { losesBytesBehindOpening: true }, '15.5.5'],
  ['sends the same key each time', { requests: 'the same key' }, '21.1.13'],
  ['sends a key of 15 bytes', { requests: 'short key' }, '21.1.5'],
  ['asks for version 8', { requests: 'version 8' }, '21.1.6'],
  ['asks for two versions', { requests: 'two versions' }, '21.1.7'],
  ['sends HTTP/1.0', { requests: 'HTTP/1.0' }, '21.1.1'],
  ['sends POST', { requests: 'POST' }, '21.1.1'],
  ['sends no Host', { requests: 'no Host' }, '21.1.2'],
  ['sends frames before the answer', { requests: 'frames early' }, '21.1.14'],
];

function toPeers(role: Role, rows: readonly Row[]): BrokenPeer[] {
  return rows.map(([name, defects, caughtBy, verdict = 'failed']) => ({ name, role, defects, caughtBy, verdict }));
}

/** Peers that are each broken in one way. */
export const BROKEN_PEERS: readonly BrokenPeer[] = [
  ...toPeers('server', [...FRAMING, ...TEXT, ...SEGMENTS, ...CLOSING, ...SERVER_OPENING]),
  ...toPeers('client', CLIENT),
];
