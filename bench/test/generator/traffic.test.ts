import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createPayload } from '../../generator/payloads.ts';
import { createTraffic } from '../../generator/traffic.ts';
import type { Exchange } from '../../workloads/workload.ts';
import { workloadNamed } from '../helpers/made-up.ts';

function exchangeNamed(name: string): Exchange {
  const workload = workloadNamed(name);
  assert.equal(workload.kind, 'exchange');
  return workload;
}

describe('createPayload', () => {
  for (const kind of ['ascii', 'unicode', 'json', 'binary'] as const) {
    it(`makes ${kind} of exactly the size`, () => {
      for (const size of kind === 'json' ? [2, 200, 2048] : [1, 2, 3, 4, 5, 32, 63, 64, 200, 2048]) {
        assert.equal(createPayload(kind, size).length, size, String(size));
      }
    });
  }

  it('makes text that is valid, and not ASCII', () => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(createPayload('unicode', 1000));

    assert.match(text, /[^\x00-\x7f]/);
  });

  it('makes JSON', () => {
    const rows: unknown = JSON.parse(Buffer.from(createPayload('json', 2048)).toString());

    assert.ok(Array.isArray(rows) && rows.length > 5);
  });
});

describe('createTraffic', () => {
  it('takes an echo of its own requests for right, and another order for wrong', () => {
    const traffic = createTraffic(exchangeNamed('echo-64'), 'raw');
    const bytes = Buffer.concat(traffic.requests(0, 3));

    assert.equal(traffic.check().add(bytes), 3);
    assert.throws(() => traffic.check().add(bytes.subarray(64)), /wrong/);
  });

  it('gives the requests from any place on', () => {
    const traffic = createTraffic(exchangeNamed('echo-64'), 'raw');
    const all = Buffer.concat([...traffic.requests(0, 60), ...traffic.requests(60, 64)]);

    assert.equal(traffic.check().add(all), 124);
  });

  it('gives large requests piece by piece, as many as are outstanding', () => {
    const traffic = createTraffic(exchangeNamed('echo-1m'), 'raw');

    assert.deepEqual(
      traffic.requests(1, 3).map(({ length }) => length),
      [2 ** 20, 2 ** 20, 2 ** 20],
    );
    assert.equal(traffic.check().add(Buffer.concat(traffic.requests(0, 1)).subarray(0, 1000)), 0);
  });
});
