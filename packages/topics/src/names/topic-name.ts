import { LocalUsageError } from 'millrace';

import { describe } from '../base/checks.ts';

/** How many segments a name may have. */
export const MAX_SEGMENTS = 16;

/** How long a segment may be, in bytes of UTF-8. */
export const MAX_SEGMENT_BYTES = 64;

/** How long a name may be, in bytes of UTF-8, slashes included. */
export const MAX_NAME_BYTES = 200;

/** Matches one segment, in patterns. */
export const ONE = '*';

/** Matches one segment or more, at the end of patterns. */
export const REST = '**';

/** Control characters (C0, DEL, C1), and halves of surrogate pairs, which are no UTF-8. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** What checks a name has found, and what would be right. */
const EXPECTED = `1 to ${MAX_SEGMENTS} segments of 1 to ${MAX_SEGMENT_BYTES} bytes between slashes, ${MAX_NAME_BYTES} bytes together, without control characters`;

/**
 * Checks the name of a topic.
 *
 * @throws {LocalUsageError} it is none; the message says why
 */
export function checkTopic(topic: unknown): string {
  const name = checkName('topic', topic);
  for (const segment of name.split('/')) {
    if (segment === ONE || segment === REST) throw invalid('topic', topic, `${segment} stands in patterns only`);
  }
  return name;
}

/**
 * Checks a pattern, or the name of a topic, which is a pattern that matches itself.
 *
 * @throws {LocalUsageError} it is none; the message says why
 */
export function checkPattern(pattern: unknown): string {
  const name = checkName('pattern', pattern);
  const rest = name.split('/').indexOf(REST);
  if (rest !== -1 && rest !== name.split('/').length - 1)
    throw invalid('pattern', pattern, '** stands at the end only');
  return name;
}

/** Whether a name that was checked has a segment that stands for others. */
export function isPattern(name: string): boolean {
  return name.includes('*') && name.split('/').some((segment) => segment === ONE || segment === REST);
}

function checkName(kind: string, name: unknown): string {
  if (typeof name !== 'string') throw invalid(kind, name, 'it is no string');
  // Before it is looked at in full: it may come from a peer.
  if (name.length > MAX_NAME_BYTES || Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw invalid(kind, name, 'it is too long');
  if (FORBIDDEN.test(name)) throw invalid(kind, name, 'it has a control character, or half a surrogate pair');
  const segments = name.split('/');
  if (segments.length > MAX_SEGMENTS) throw invalid(kind, name, `it has ${segments.length} segments`);
  for (const segment of segments) {
    if (segment === '') throw invalid(kind, name, 'it has an empty segment');
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) throw invalid(kind, name, 'a segment is too long');
  }
  return name;
}

function invalid(kind: string, name: unknown, why: string): LocalUsageError {
  return new LocalUsageError(`${kind} is ${describe(name)}: ${why}; expected ${EXPECTED}`);
}
