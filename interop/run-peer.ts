import { GROUPS } from './cases.ts';
import { findLack } from './features.ts';
import { judgeWire } from './judge-wire.ts';
import { judge } from './judge.ts';
import type { Endpoint } from './millrace/endpoint.ts';
import { startClient, startServer } from './millrace/facades.ts';
import { createCommand } from './peer-command.ts';
import type { Hello } from './peer-lines.ts';
import { PeerProcess } from './peer-process.ts';
import type { Peer } from './peers.ts';
import { createTask } from './test-case.ts';
import type { Outcome, Report, Reports, Role, TestCase } from './test-case.ts';
import { withTimeout } from './timeout.ts';
import { startTap } from './wire/tap.ts';
import type { Tap } from './wire/tap.ts';

/** In milliseconds, for all cases of a peer in one role. */
const PEER_TIMEOUT = 240_000;

/** The same, with the rows that take long. */
const FULL_PEER_TIMEOUT = 1_200_000;

/** What came of all cases of a peer in one role. */
export interface PeerResult {
  readonly peer: string;
  readonly role: Role;
  readonly versions: Readonly<Record<string, string>>;
  readonly outcomes: readonly Outcome[];
  readonly seconds: number;
}

/** Which cases, where programs may leave files, and when it is enough. */
export interface RunOptions {
  /** In milliseconds, as `performance.now()` counts; after it, no case is begun. */
  readonly deadline: number;
  /** Part of the name of a case; `''` for all. */
  readonly words: string;
  /** Whether the rows that take long are run, too. */
  readonly full: boolean;
  /** In milliseconds, for one case. */
  readonly timeout: number;
  readonly temporary: string;
}

/** Runs all cases of a peer in one role, one after the other. */
export async function runPeer(peer: Peer, role: Role, options: RunOptions): Promise<PeerResult> {
  const start = performance.now();
  const deadline = Math.min(start + (options.full ? FULL_PEER_TIMEOUT : PEER_TIMEOUT), options.deadline);
  const runner = new PeerRunner(peer, role, options);
  const outcomes: Outcome[] = [];
  for (const { name, roles, cases, isLong } of GROUPS) {
    if (!roles.includes(role) || (isLong && !options.full)) continue;
    for (const testCase of cases.filter(({ id }) => id.includes(options.words))) {
      const begin = performance.now();
      const result = begin > deadline ? LATE : await runner.run(testCase);
      const milliseconds = Math.round(performance.now() - begin);
      outcomes.push({ group: name, case: testCase.id, ...result, milliseconds });
    }
  }
  await runner.stop();
  return { peer: peer.name, role, versions: runner.versions, outcomes, seconds: (performance.now() - start) / 1000 };
}

type Result = Pick<Outcome, 'status' | 'details'>;

/** Our side of a case, and what reads along. */
interface TappedEndpoint {
  readonly endpoint: Endpoint;
  readonly tap: Tap;
}

const LATE: Result = { status: 'failed', details: ['Not run: the time for all cases is over'] };

/** Waits for the reports of both sides; says of which in vain. */
async function waitForBoth(ours: Promise<Report>, theirs: Promise<Report>, timeout: number): Promise<Reports> {
  const missing = new Set<string>();
  const watch = async (report: Promise<Report>, side: string): Promise<Report> => {
    missing.add(side);
    const result = await report;
    missing.delete(side);
    return result;
  };
  const both = Promise.all([watch(ours, 'our side'), watch(theirs, 'the peer')]);
  const explain = (): string => `The connection did not end for ${[...missing].join(' and ')}`;
  const [ourReport, theirReport] = await withTimeout(both, timeout, explain);
  return { ours: ourReport, theirs: theirReport };
}

class PeerRunner {
  readonly #peer: Peer;
  readonly #role: Role;
  readonly #options: RunOptions;
  #running: { readonly process: PeerProcess; readonly hello: Hello } | undefined;
  #versions: Hello['versions'] = {};
  /** Why the program does not start: it is not tried again for each case. */
  #startFailure: Error | undefined;

  constructor(peer: Peer, role: Role, options: RunOptions) {
    this.#peer = peer;
    this.#role = role;
    this.#options = options;
  }

  get versions(): Hello['versions'] {
    return this.#versions;
  }

  async run(testCase: TestCase): Promise<Result> {
    const lack = findLack(testCase, this.#role, this.#peer.lacks[this.#role]);
    if (lack !== undefined) return { status: 'lacking', details: [lack] };

    try {
      const details = await this.#runWithPeer(testCase);
      return { status: details.length === 0 ? 'passed' : 'failed', details };
    } catch (error) {
      await this.stop();
      return { status: 'failed', details: [messageOf(error)] };
    }
  }

  async stop(): Promise<void> {
    await this.#running?.process.stop();
    this.#running = undefined;
  }

  /** Both sides do their part. */
  async #runWithPeer(testCase: TestCase): Promise<string[]> {
    const { process, hello } = await this.#start();
    const theirs = process.report(testCase.id);
    const { endpoint, tap } =
      this.#role === 'client' ? await this.#serve(testCase, process) : await this.#connect(testCase, hello);
    try {
      const reports = await waitForBoth(endpoint.report, theirs, this.#options.timeout);
      const peerCompresses = this.#peer.lacks[this.#role]['sends compressed'] === undefined;
      return judge(testCase, this.#role, { ...reports, wire: tap.report(), peerCompresses });
    } catch (error) {
      await this.stop(); // the next case has a new program
      return [messageOf(error), ...judgeWire(testCase, this.#role, tap.report())];
    } finally {
      await endpoint.stop();
      tap.close();
    }
  }

  async #serve(testCase: TestCase, process: PeerProcess): Promise<TappedEndpoint> {
    const endpoint = await startServer(testCase.facade, createTask(testCase, 'us', this.#role));
    const url = new URL(endpoint.url);
    const tap = await startTap(Number(url.port), 'server', keptOf(testCase));
    url.port = String(tap.port);
    process.assign({ ...createTask(testCase, 'peer', this.#role), url: url.href });
    return { endpoint, tap };
  }

  async #connect(testCase: TestCase, { port, ports }: Hello): Promise<TappedEndpoint> {
    // A server has no use for the content, and it would make the URL long.
    const task = { ...createTask(testCase, 'peer', this.#role), unit: '' };
    const { work, level, compression } = task;
    const special = compression === undefined ? undefined : ports?.[`compression ${JSON.stringify(compression)}`];
    const tap = await startTap(special ?? port ?? ports?.[`${work}/${level}`] ?? 0, 'client', keptOf(testCase));
    const url = `ws://127.0.0.1:${tap.port}/?task=${encodeURIComponent(JSON.stringify(task))}`;
    const endpoint = startClient(testCase.facade, { ...createTask(testCase, 'us', this.#role), url });
    return { endpoint, tap };
  }

  async #start(): Promise<{ readonly process: PeerProcess; readonly hello: Hello }> {
    if (this.#running !== undefined) return this.#running;
    if (this.#startFailure !== undefined) throw this.#startFailure;

    const command = createCommand(this.#peer, this.#role, this.#options.temporary);
    const [process, hello] = await PeerProcess.start(command).catch((error: unknown) => {
      this.#startFailure = error instanceof Error ? error : new Error(String(error));
      throw this.#startFailure;
    });
    this.#versions = hello.versions;
    this.#running = { process, hello };
    return this.#running;
  }
}

/** Compressed messages are read by the judges. */
function keptOf({ compression }: TestCase): { readonly keepsPayload: boolean } {
  return { keepsPayload: compression !== undefined };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
