/** What a child process tells its parent, all in one message. */
export interface Report {
  readonly state: 'listening' | 'streaming' | 'done';
  /** Of the server; `''` otherwise. */
  readonly url: string;
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** The highest resident memory since the connection was opened minus that at the opening, in bytes. */
  readonly rssGrowth: number;
  /** Answered with a digest. */
  readonly bytes: number;
  readonly digests: number;
  readonly matching: number;
  /** From the opening of the connection to the last digest. */
  readonly seconds: number;
}

/** Before anything has happened. */
export const NO_REPORT: Report = {
  state: 'listening',
  url: '',
  rss: 0,
  rssGrowth: 0,
  bytes: 0,
  digests: 0,
  matching: 0,
  seconds: 0,
};

/** Whether a message of a child process is a report. */
export function isReport(message: unknown): message is Report {
  if (typeof message !== 'object' || message === null) return false;

  const members = new Map<string, unknown>(Object.entries(message));
  return Object.entries(NO_REPORT).every(([name, value]) => typeof members.get(name) === typeof value);
}

/**
 * Sends a report to the parent process.
 *
 * @returns a promise that is settled when it has left
 */
export function sendReport(report: Partial<Report>): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send({ ...NO_REPORT, ...report }, () => resolve());
  });
}
