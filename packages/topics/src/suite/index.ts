/**
 * What every broker passes: cases for a broker of your own.
 *
 * @module @millrace/topics/broker-suite
 */
import type { Broker } from '../broker/broker.ts';
import type { BrokerCase } from './broker-case.ts';
import { CHANNEL_CASES } from './channel-cases.ts';
import { HISTORY_CASES } from './history-cases.ts';
import { PRESENCE_CASES } from './presence-cases.ts';
import { SuiteLink } from './suite-link.ts';

/** What every broker does, as data: see {@link carryOutBrokerCase}. */
export const BROKER_CASES: readonly BrokerCase[] = [...CHANNEL_CASES, ...HISTORY_CASES, ...PRESENCE_CASES];

let carriedOut = 0;

/**
 * Puts a broker to the test: two links are opened, which must be those of one broker.
 *
 * @throws {Error} the broker does not what the case says
 *
 * @example
 * ```ts
 * describe('my broker', () => {
 *   for (const brokerCase of BROKER_CASES) it(brokerCase.name, () => carryOutBrokerCase(brokerCase, myBroker()));
 * });
 * ```
 */
export async function carryOutBrokerCase({ carryOut }: BrokerCase, broker: Broker): Promise<void> {
  const [one, other] = await Promise.all([SuiteLink.open(broker), SuiteLink.open(broker)]);
  try {
    await carryOut(one, other, `suite/${process.pid}-${carriedOut++}`);
    const [error] = [...one.errors, ...other.errors];
    if (error !== undefined) throw error;
  } finally {
    await Promise.all([one.link.close(), other.link.close()]);
  }
}

export type { BrokerCase };
export type { SuiteLink };
