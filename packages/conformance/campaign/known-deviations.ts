import picomatch from 'picomatch';

import type { AgentReport, CaseResult } from '@millrace/conformance';

/** Cases that are not `ok` with an agent of ours, and why. */
export interface KnownDeviation {
  /** Globs over agents, such as `async-*`. */
  readonly agents: readonly string[];
  /** Globs over cases. */
  readonly cases: readonly string[];
  readonly reason: string;
}

/** What is known of our agents. An entry that nothing needs any more is a problem, too. */
export const KNOWN_DEVIATIONS: readonly KnownDeviation[] = [
  {
    agents: ['*-mirror'],
    cases: ['6.3.2', '6.4.*', '6.24.*', '6.25.*', '15.4.8'],
    reason: 'fails inside a frame whose length it has announced: no Close can be sent there (§5.4)',
  },
  {
    agents: ['*-mirror'],
    cases: ['{12,13}.**'],
    reason:
      'answers with frames of announced length, which cannot be compressed: it does not agree to permessage-deflate',
  },
  {
    agents: ['drop-in'],
    cases: ['{12,13}.**'],
    reason: 'does not negotiate permessage-deflate yet',
  },
  {
    agents: ['*'],
    cases: ['13.1.17'],
    reason:
      'declines a window of 256 bytes for its own messages, which zlib cannot do (RFC 7692 §7.1.2.1 allows to decline)',
  },
  {
    agents: ['*'],
    cases: ['21.6.{1,2}'],
    reason: 'a response 101 has no body, whatever it announces (RFC 9112 §6.3): that is ignored, and said once',
  },
  {
    agents: ['web-stream'],
    cases: ['7.14.4', '15.5.{2,6}'],
    reason: 'a stream of the standard hands a message on, and cannot know when its reader has dealt with it',
  },
  {
    agents: ['drop-in'],
    cases: ['9.{3,4}.2'],
    reason: 'takes 16,384 fragments of a message at most, as ws does',
  },
  {
    agents: ['drop-in'],
    cases: ['20.2.{15,16,17}', '20.3.{10,12,13,14,15}', '20.5.{8,11,12,13,22}'],
    reason: 'takes requests that ws takes: programs make some of them, and node:http has read the rest',
  },
  {
    agents: ['drop-in'],
    cases: ['21.4.13', '21.6.{1,2}'],
    reason: 'dials by node:http, which reads the answer',
  },
];

/** The entry that a result is covered by, if there is one. */
export function findKnown({ agent }: AgentReport, { id }: CaseResult): KnownDeviation | undefined {
  return KNOWN_DEVIATIONS.find(({ agents, cases }) => picomatch([...agents])(agent) && picomatch([...cases])(id));
}

/** Entries that cover none of the results that are not `ok`. */
export function findUnneeded(reports: readonly AgentReport[]): KnownDeviation[] {
  const needed = new Set(
    reports.flatMap((report) =>
      report.cases.filter(({ verdict }) => verdict !== 'ok').map((result) => findKnown(report, result)),
    ),
  );
  return KNOWN_DEVIATIONS.filter((one) => !needed.has(one));
}
