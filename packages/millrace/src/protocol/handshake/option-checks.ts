import { invalidElement, invalidOption, toList } from '../base/option-checks.ts';
import { isFieldValue, isToken } from './syntax.ts';

/**
 * Checks the option `subprotocols`.
 *
 * @throws {LocalUsageError} it is no list, or one of them is no token or there twice (RFC 6455 §4.1)
 */
export function checkSubprotocols(value: unknown): readonly string[] {
  const seen = new Set<string>();
  for (const one of toList('subprotocols', value)) {
    if (typeof one !== 'string' || !isToken(one)) throw invalidElement('subprotocols', one, 'tokens');
    if (seen.has(one)) throw invalidElement('subprotocols', one, 'each once');
    seen.add(one);
  }
  return Object.freeze([...seen]);
}

/**
 * Checks the option `origin`.
 *
 * @throws {LocalUsageError} it cannot stand in a header
 */
export function checkOrigin(value: unknown): string {
  if (typeof value === 'string' && value !== '' && isFieldValue(value)) return value;
  throw invalidOption('origin', value, 'an origin such as https://example.com');
}
