/**
 * What a case can find, from best to worst.
 *
 * - `ok`: as RFC 6455 wants it.
 * - `non-strict`: allowed, or harmless, but not what the RFC recommends.
 * - `informational`: nothing demands the one or the other; the record says what was done.
 * - `unimplemented`: refused in a way that says so, such as 1009 for a message over a limit.
 * - `failed`: against the RFC.
 */
export const VERDICTS = ['ok', 'non-strict', 'informational', 'unimplemented', 'failed'] as const;

/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/** The two ends of a connection. */
export type Role = 'client' | 'server';
