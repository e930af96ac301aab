import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { HandleCodec } from '../../../src/deflate/codec/handle-codec.ts';
import { nodeCodec } from '../../../src/deflate/codec/node-codec.ts';

const run = promisify(execFile);
const child = fileURLToPath(new URL('children/other-zlib.js', import.meta.url));

async function codecOf(change: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [child, change], { timeout: 60_000, env: { ...process.env, ...env } });
  return stdout.trim();
}

describe('nodeCodec', () => {
  it('drives the handles of this Node, and is the same for all', () => {
    assert.ok(nodeCodec() instanceof HandleCodec);
    assert.equal(nodeCodec(), nodeCodec());
  });

  it('uses the streams if the environment says so', async () => {
    assert.equal(await codecOf('none', { MILLRACE_ZLIB: 'streams' }), 'StreamCodec there and back');
    assert.equal(await codecOf('none', { MILLRACE_ZLIB: 'anything else' }), 'HandleCodec there and back');
  });

  for (const change of [
    'no-handle',
    'no-state',
    'other-state',
    'no-write-sync',
    'never-called',
    'called-with-eight',
    'called-with-others',
    'does-nothing',
    'takes-nothing',
    'no-errors',
    'no-reset',
    'no-block-flush',
    'throws',
  ]) {
    it(`uses the streams on a Node that is different: ${change}`, async () => {
      assert.equal(await codecOf(change), 'StreamCodec there and back');
    });
  }

  it('loads zlib when it is asked for, not before', async () => {
    const index = new URL('../../../src/index.js', import.meta.url).href;
    const program = `
      const isLoaded = () => process.moduleLoadList.includes('NativeModule zlib');
      await import('node:http'); // which loads it in newer versions
      const before = isLoaded();
      const { createPermessageDeflate } = await import(${JSON.stringify(index)});
      createPermessageDeflate().answerOffer([]).createSession().close();
      console.log(isLoaded() === before);
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { timeout: 60_000 });

    assert.equal(stdout, 'true\n');
  });
});
