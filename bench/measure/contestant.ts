import type { Peer } from '../peers.ts';
import type { Round } from '../results/round.ts';

/** A peer that takes part, what runs it, and what becomes of it. */
export interface Contestant {
  readonly peer: Peer;
  /** As results call it: the name of the peer, with the runtime or the checkout that it is of behind `@`. */
  readonly name: string;
  readonly title: string;
  /** What runs its program; by default what runs the peer. */
  readonly runtime: Runtime | undefined;
  /** More options of Node. */
  readonly nodeOptions: readonly string[];
  readonly rounds: Round[];
  problem: string | undefined;
}

/** Another runtime than the usual one. */
export interface Runtime {
  /** As `--runtime` calls it. */
  readonly name: string;
  readonly title: string;
  readonly command: readonly string[];
}
