import { describe, it } from 'node:test';

import { memoryBroker } from '../../src/index.ts';
import { BROKER_CASES, carryOutBrokerCase } from '../../src/suite/index.ts';

describe('the broker in process', () => {
  for (const brokerCase of BROKER_CASES) {
    it(brokerCase.name, () => carryOutBrokerCase(brokerCase, memoryBroker()));
  }
});
