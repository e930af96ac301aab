import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CATALOGUE, FuzzingServer, selectCases, type Verdict } from '@millrace/conformance';

import { runNaiveClient } from '../../testees/naive/client.ts';

/** Runs one case with a client that loses what comes in one read with the answer to its opening handshake. */
async function runForgetful(id: string, options: { readonly apart?: boolean }): Promise<Verdict | undefined> {
  const selected = selectCases(CATALOGUE, { role: 'client', include: [id] });
  const server = new FuzzingServer(selected, { port: 0, timeScale: 0.1, ...options });
  const port = await server.listen();
  await runNaiveClient(`ws://127.0.0.1:${String(port)}`, 'naive', { losesBytesBehindOpening: true });
  const report = server.report('naive');
  await server.close();
  return report.cases[0]?.verdict;
}

describe('FuzzingServer', () => {
  // A text in one piece; in pieces; a flood; round trips.
  for (const id of ['1.1.2', '5.5', '9.3.2', '9.7.1']) {
    it(`sends the first frames of ${id} in one write with its answer`, async () => {
      assert.equal(await runForgetful(id, {}), 'failed');
    });

    it(`sends the first frames of ${id} later, if they are to come apart`, async () => {
      assert.equal(await runForgetful(id, { apart: true }), 'ok');
    });
  }
});
