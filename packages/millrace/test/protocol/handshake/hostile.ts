import assert from 'node:assert/strict';

import { LocalUsageError } from '../../../src/protocol/base/errors.ts';

/** What would end a line early, or is no text, given as text by an application. */
export const HOSTILE: unknown[] = [
  'x\r\nX-Inj: 1',
  'x\nX-Inj: 1',
  'x\rX-Inj: 1',
  'x\0',
  '\r\n\r\nbody',
  'x\u010d\u010a',
  '\u2028',
  { toString: () => 'x\r\nX-Inj: 1' },
  ['x\r\nX-Inj: 1'],
  [['x', 'y\n']],
  1,
  null,
  Symbol('x'),
  () => 'x',
];

/** The lines of the head that `make` writes; `undefined` if it throws a usage error, which is as good. */
export function linesOf(make: () => string): string[] | undefined {
  try {
    return make()
      .split('\r\n\r\n', 1)[0]
      ?.split(/\r\n|\r|\n/);
  } catch (error) {
    assert.ok(error instanceof LocalUsageError, String(error));
    return undefined;
  }
}
