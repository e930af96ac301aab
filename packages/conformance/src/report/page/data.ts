/** What the report is made of: the same shapes as the results have, written down for the browser. */

/** A verdict of the suite. */
export type Verdict = 'ok' | 'non-strict' | 'informational' | 'unimplemented' | 'failed';

/** A frame in a record. */
export interface Frame {
  readonly fin: boolean;
  readonly reservedBits: number;
  readonly opcode: number;
  readonly key?: string;
  readonly length: string;
  readonly oddHeader?: string;
  readonly data: string;
}

/** A line of a record. */
export interface LogEntry {
  readonly at: number;
  readonly from: 'suite' | 'peer' | 'note';
  readonly text?: string;
  readonly frame?: Frame;
  readonly times?: number;
}

/** What came of a case. */
export interface Result {
  readonly id: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly duration: number;
  readonly log: readonly LogEntry[];
}

/** All results of an agent. */
export interface Agent {
  readonly agent: string;
  readonly role: 'client' | 'server';
  readonly date: string;
  readonly suite: string;
  readonly cases: readonly Result[];
  readonly excluded: readonly { readonly id: string; readonly reason: string }[];
}

/** What the page says of a case. */
export interface CaseInfo {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly section: string;
  readonly description: string;
  readonly expectation: string;
}

/** All that is in the page. */
export interface ReportData {
  readonly groups: Readonly<Record<string, string>>;
  readonly cases: readonly CaseInfo[];
  readonly agents: readonly Agent[];
}
