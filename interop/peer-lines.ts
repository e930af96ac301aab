// What peers' programs write: checked, because they are in other languages.
import type { Hello } from './peers/convention.ts';
import type { Report } from './test-case.ts';

export type { Hello } from './peers/convention.ts';

/**
 * Reads the first line of a program.
 *
 * @throws {Error} it is not one
 */
export function parseHello(line: string): Hello {
  const value: unknown = JSON.parse(line);
  if (!isHello(value)) throw new Error(`The program began with ${line}`);
  return value;
}

/**
 * Reads any other line of a program.
 *
 * @throws {Error} it is not a report
 */
export function parseReport(line: string): Report {
  const value: unknown = JSON.parse(line);
  if (!isReport(value)) throw new Error(`The program wrote ${line}`);
  return value;
}

function isHello(value: unknown): value is Hello {
  return isObject(value) && 'versions' in value && isObject(value.versions);
}

function isReport(value: unknown): value is Report {
  if (!isObject(value)) return false;

  const { id, subprotocol, code, reason }: Partial<Record<string, unknown>> = { ...value };
  const isText = [id, subprotocol, reason].every((member) => typeof member === 'string');
  return isText && typeof code === 'number';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
