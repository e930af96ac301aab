import { CATALOGUE } from '@millrace/conformance';

import { BROKEN_PEERS, type BrokenPeer } from '../testees/broken-peers.ts';
import { testBrokenPeer, testNaive } from '../testees/test-naive.ts';
import { UNUSUAL_PEERS, type UnusualPeer } from '../testees/unusual-peers.ts';
import { inParallel } from './in-parallel.ts';
import type { BrokenPeerResult, UnusualPeerResult } from './results-page.ts';

/** Broken peers at once: most of them wait for what does not come. */
const BROKEN_AT_ONCE = 24;

/** Unusual peers at once: they run all cases in this process. */
const UNUSUAL_AT_ONCE = 2;

/** Runs the case that is meant for each broken peer, and notes what it does not catch. */
export function runBrokenPeers(problems: string[]): Promise<BrokenPeerResult[]> {
  return inParallel(BROKEN_PEERS, BROKEN_AT_ONCE, async (peer) => {
    const found = (await testBrokenPeer(peer))?.verdict ?? 'not run';
    if (found !== peer.verdict) problems.push(`${describe(peer)}: ${peer.caughtBy} says ${found}, not ${peer.verdict}`);
    const { name, role, caughtBy } = peer;
    const title = CATALOGUE.find(({ id }) => id === caughtBy)?.title ?? '';
    return { name, role, caughtBy, title, verdict: found };
  });
}

/** Runs all cases with each unusual peer, and notes which are not ok. */
export function runUnusualPeers(problems: string[]): Promise<UnusualPeerResult[]> {
  return inParallel(UNUSUAL_PEERS, UNUSUAL_AT_ONCE, async ({ name, role, section, habits }) => {
    const { cases } = await testNaive({ role, habits });
    for (const { id, verdict, reason } of cases) {
      if (verdict !== 'ok' && !lacksExtension(id, verdict))
        problems.push(`${describe({ name, role })}: ${id} ${verdict}: ${reason ?? ''}`);
    }
    return { name, role, section, cases };
  });
}

/** Whether a case is about permessage-deflate, which peers need not have. */
function lacksExtension(id: string, verdict: string): boolean {
  return verdict === 'unimplemented' && /^1[23]\./.test(id);
}

function describe({ name, role }: Pick<BrokenPeer | UnusualPeer, 'name' | 'role'>): string {
  return `the ${role} that ${name}`;
}
