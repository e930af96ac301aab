import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CATALOGUE, groupOf, selectCases, testServer, type CaseResult } from '@millrace/conformance';

import { startCompressingServer, type CompressionDefect } from '../testees/compressing-server.ts';

async function run(defect: CompressionDefect | undefined, include: string[]): Promise<readonly CaseResult[]> {
  const { url, close } = await startCompressingServer(defect);
  try {
    const selected = selectCases(CATALOGUE, { role: 'server', include });
    return (await testServer(url, selected, { agent: defect ?? 'naive', concurrency: 8 })).cases;
  } finally {
    close();
  }
}

/** Which cases catch which defect. */
const BROKEN: Readonly<Record<CompressionDefect, string>> = {
  'agrees to everything': '13.1.1',
  'answers with a parameter that it makes up': '12.1.1',
  'compresses and does not say so': '12.1.1',
  'says that it compresses and does not': '12.1.1',
  'has RSV1 on each fragment': '12.1.1',
  'has RSV1 on its pongs': '12.9.2',
  'keeps no history of its peer': '12.8.1',
  'keeps history of its own that it must not': '12.2.1',
  'uses a larger window than was asked for': '12.5.19',
  'takes RSV1 on continuations': '12.12.1',
  'takes RSV1 on control frames': '12.12.3',
  'does not inflate an empty message': '12.11.1',
  'takes what is no UTF-8': '12.12.11',
  'closes where data are not valid without an error': '12.12.13',
};

describe('compression', { concurrency: 8 }, () => {
  it('has at least 200 cases', () => {
    assert.ok(CATALOGUE.filter(({ id }) => ['12', '13'].includes(groupOf(id))).length >= 200);
  });

  it('is passed by a server that follows RFC 7692', async () => {
    const results = await run(undefined, ['12.*', '13.*']);

    assert.deepEqual(
      results.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'unimplemented'),
      [],
    );
    assert.ok(results.filter(({ verdict }) => verdict === 'ok').length > 200);
  });

  for (const [defect, id] of Object.entries(BROKEN)) {
    it(`is failed by a server that ${defect}: ${id}`, async () => {
      const [result] = await run(defect as CompressionDefect, [id]);

      assert.ok(result !== undefined && ['failed', 'non-strict'].includes(result.verdict), result?.reason);
    });
  }
});
