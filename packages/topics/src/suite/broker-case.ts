import type { SuiteLink } from './suite-link.ts';

/** Something that every broker does. */
export interface BrokerCase {
  readonly name: string;
  /** @throws {Error} it does not, and this is why */
  readonly carryOut: (one: SuiteLink, other: SuiteLink, topic: string) => Promise<void>;
}
