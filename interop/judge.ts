import { isDeepStrictEqual } from 'node:util';

import { SUBPROTOCOL } from './case-dsl.ts';
import { judgeCompression } from './judge-compression.ts';
import { judgeWire } from './judge-wire.ts';
import { createPayload, describeMessage } from './payload.ts';
import type { Evidence, Report, Reports, Role, TestCase } from './test-case.ts';

const SIDES = ['ours', 'theirs'] as const;

/** What is wrong with what both sides saw and sent; nothing, if the case has passed. */
export function judge(testCase: TestCase, role: Role, reports: Evidence): string[] {
  return [
    ...findErrors(reports),
    ...judgeSubprotocol(testCase, reports),
    ...(testCase.work === 'echo' ? judgeEcho(testCase, reports) : judgeDigests(testCase, role, reports)),
    ...judgeFragments(testCase, reports),
    ...judgePongs(testCase, reports),
    ...(testCase.hash.endless ? [] : judgeClosing(testCase, role, reports)),
    ...judgeWire(testCase, role, reports.wire),
    ...judgeCompression(testCase, role, reports),
  ];
}

function findErrors(reports: Reports): string[] {
  return SIDES.flatMap((side) => {
    const { error } = reports[side];
    return error === undefined ? [] : [`${nameOf(side)} error: ${error}`];
  });
}

function judgeSubprotocol({ subprotocols }: TestCase, reports: Reports): string[] {
  const expected = subprotocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : '';
  return compare(
    'subprotocol',
    reports,
    () => expected,
    ({ subprotocol }) => subprotocol,
  );
}

function judgeEcho({ content }: TestCase, reports: Reports): string[] {
  const expected = describeMessage(createPayload(content), content.binary);
  return compare(
    'message',
    reports,
    () => expected,
    ({ received }) => received,
  );
}

/** Whether the peer has really cut its message. */
function judgeFragments({ content, theirs }: TestCase, { ours: { frames } }: Reports): string[] {
  if (frames === undefined || frames >= Math.min(theirs.fragments, content.size)) return [];
  return [`the message came in ${frames} frames, and not in ${theirs.fragments}`];
}

function judgeDigests({ hash }: TestCase, role: Role, reports: Reports): string[] {
  const { digests = [], expectedDigests = [] } = reports[role === 'client' ? 'theirs' : 'ours'];
  const problems = [];
  if (digests.length !== hash.count) problems.push(`${digests.length} digests came, and not ${hash.count}`);
  if (!isDeepStrictEqual(digests, expectedDigests))
    problems.push(`digests differ: ${[digests, expectedDigests].join(' / ')}`);
  return problems;
}

function judgePongs({ ours, theirs }: TestCase, reports: Reports): string[] {
  const pings = { ours: ours.ping, theirs: theirs.ping };
  const expected = (side: keyof Reports): string | undefined => (pings[side] === '' ? undefined : pings[side]);
  return compare('pong', reports, expected, ({ pong }) => pong);
}

/** Who is closed by the other side learns code and reason; who closes learns that the other side has answered. */
function judgeClosing({ closing }: TestCase, role: Role, reports: Reports): string[] {
  const closer = closing.by === 'us' || (closing.by === 'client' && role === 'server') ? 'ours' : 'theirs';
  const other = closer === 'ours' ? 'theirs' : 'ours';
  const { code, reason } = reports[other];
  const expected = { code: closing.code === 0 ? 1005 : closing.code, reason: closing.reason };

  const problems = [];
  if (!isDeepStrictEqual({ code, reason }, expected)) {
    problems.push(`${nameOf(other)} side saw ${format({ code, reason })} for the closing, and not ${format(expected)}`);
  }
  if (reports[closer].code === 1006) {
    problems.push(`${nameOf(closer)} side saw an unclean end: ${format(reports[closer].reason)}`);
  }
  return problems;
}

function compare<T>(
  what: string,
  reports: Reports,
  expectedBy: (side: keyof Reports) => T,
  read: (report: Report) => T,
): string[] {
  return SIDES.flatMap((side) => {
    const actual = read(reports[side]);
    const expected = expectedBy(side);
    if (isDeepStrictEqual(actual, expected)) return [];
    return [`${nameOf(side)} side saw ${format(actual)} for the ${what}, and not ${format(expected)}`];
  });
}

function nameOf(side: keyof Reports): string {
  return side === 'ours' ? 'our' : "the peer's";
}

function format(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
