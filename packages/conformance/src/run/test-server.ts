import { setMaxListeners } from 'node:events';

import { Opcode } from 'millrace/protocol/wire';

import type { ConformanceCase } from '../model/case.ts';
import type { RequestSpec } from '../model/http.ts';
import type { AgentReport, CaseResult } from '../model/report.ts';
import { writeRequest, type Target } from '../opening/request.ts';
import { concatBytes } from '../wire/bytes.ts';
import { WireLog } from '../wire/wire-log.ts';
import { SUITE_VERSION } from '../version.ts';
import { failedResult, runCase, type CaseContext, type Opened } from './case-run.ts';
import { dial } from './dial.ts';
import { agreeWithServer } from './agreement.ts';
import { HttpIntake } from './http-intake.ts';
import { Link } from './link.ts';
import { sendFrames } from './script.ts';
import { compareIds, type SelectedCases } from './select.ts';

/** Time for a TCP connection, with TLS if there is some, in milliseconds. */
const CONNECT_LIMIT = 10_000;

/** Time for the opening handshake of a case, in milliseconds. */
const OPENING_LIMIT = 5000;

/** Time for an echo that shows that a server lives, in milliseconds. */
const PROBE_LIMIT = 3000;

/** Time for an answer to Close where nothing is tested, in milliseconds. */
const PARTING_LIMIT = 500;

/** How a run goes. */
export interface RunOptions {
  /** What the report calls the peer under test. */
  readonly agent: string;
  /** Cases to run at once. */
  readonly concurrency?: number | undefined;
  /** Factor for the time limits of all cases. */
  readonly timeScale?: number | undefined;
  /** Time for all of it, in milliseconds. */
  readonly runLimit?: number | undefined;
  /** Whether to trust any certificate. */
  readonly insecure?: boolean | undefined;
  /** Certificates to trust, in PEM. */
  readonly ca?: string | undefined;
  /** Ends the run: cases that were not run by then have failed. */
  readonly signal?: AbortSignal | undefined;
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/**
 * Tests a server: runs cases against it, as its client.
 *
 * @throws {Error} there is nobody to test: no connection, no word on it, or no echo
 */
export async function testServer(url: string, selected: SelectedCases, options: RunOptions): Promise<AgentReport> {
  const { agent, concurrency = 4, runLimit, signal, onResult } = options;
  const aborted = new AbortController();
  setMaxListeners(0, aborted.signal); // Each connection listens: as many as there are at once.
  const abort = (): void => aborted.abort();
  signal?.addEventListener('abort', abort);
  const timer = runLimit === undefined ? undefined : setTimeout(abort, runLimit);
  const server = new ServerUnderTest(new URL(url), options, aborted.signal);

  const results: CaseResult[] = [];
  const queue = selected.cases.values();
  const worker = async (): Promise<void> => {
    for (const one of queue) {
      const result = await server.run(one);
      results.push(result);
      onResult?.(result);
    }
  };
  try {
    await server.ask();
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }

  results.sort((one, other) => compareIds(one.id, other.id));
  const date = new Date().toISOString();
  return { agent, role: 'server', date, suite: SUITE_VERSION, cases: results, excluded: selected.excluded };
}

/** A server, by its URL. */
class ServerUnderTest {
  readonly #url: URL;
  readonly #target: Target;
  readonly #options: RunOptions;
  readonly #context: CaseContext;

  constructor(url: URL, options: RunOptions, signal: AbortSignal) {
    this.#url = url;
    this.#options = options;
    this.#context = { probe: () => this.#probe(), scale: options.timeScale ?? 1, signal };
    this.#target = { authority: url.host, resource: `${url.pathname}${url.search}` };
  }

  /**
   * Asks once whether anybody is there who speaks: hundreds of cases would each wait for the answer that does not come.
   *
   * @throws {Error} nobody is; what they say wrong is for the cases
   */
  async ask(): Promise<void> {
    const link = await this.#connect().catch((error: unknown) => {
      throw new Error(`cannot connect to ${this.#url.href}: ${messageOf(error)}`, { cause: error });
    });
    const { signal } = this.#context;
    const abandon = (): void => link.abandon();
    signal.addEventListener('abort', abandon);
    try {
      const silence = await this.#listen(link);
      if (silence !== undefined && !signal.aborted) throw new Error(`${this.#url.href} ${silence}`);
    } finally {
      signal.removeEventListener('abort', abandon);
      link.drop();
    }
  }

  /** Opens a connection and has a message echoed. Returns what was missing, in words, where nothing came. */
  async #listen(link: Link): Promise<string | undefined> {
    const { scale } = this.#context;
    const { problem } = await this.#open(link, undefined);
    if (link.received === 0) {
      return link.ended
        ? 'ended the connection without an answer to the opening handshake'
        : `accepts connections, and did not answer the opening handshake within ${String(OPENING_LIMIT * scale)} ms`;
    }
    if (problem !== undefined) return undefined;

    if (!(await this.#isEchoed(link)) && !link.over) {
      return `did not echo a message within ${String(PROBE_LIMIT * scale)} ms: the suite tests servers that echo`;
    }
    await sendFrames(link, { step: 'send', frames: [{ opcode: Opcode.CLOSE, payload: { hex: '03 e8' } }] });
    await link.until(() => link.over, PARTING_LIMIT * scale);
    return undefined;
  }

  async #isEchoed(link: Link): Promise<boolean> {
    await sendFrames(link, {
      step: 'send',
      frames: [{ opcode: Opcode.TEXT, payload: { text: 'is anybody there?' } }],
    });
    await link.until(() => link.over || link.count('message') > 0, PROBE_LIMIT * this.#context.scale);
    return link.count('message') > 0;
  }

  async run(testCase: ConformanceCase): Promise<CaseResult> {
    if (this.#context.signal.aborted) return failedResult(testCase.id, 'not run: the run was over');
    try {
      const link = await this.#connect();
      return await runCase(link, testCase, this.#context, () => this.#openCase(link, testCase));
    } catch (error) {
      return failedResult(testCase.id, `no connection: ${messageOf(error)}`);
    }
  }

  async #openCase(link: Link, { request, compression }: ConformanceCase): Promise<Opened> {
    if (compression === undefined) return this.#open(link, request);
    await this.#open(link, { set: { 'Sec-WebSocket-Extensions': compression.offer } });
    const opening = link.events.find((event) => event.kind === 'open');
    if (opening === undefined) return { problem: 'the opening handshake did not succeed' };
    link.takeBack('open');
    return agreeWithServer(link, opening.head, compression);
  }

  async #connect(): Promise<Link> {
    const log = new WireLog();
    const { insecure, ca } = this.#options;
    const { signal, scale } = this.#context;
    const socket = await dial({ url: this.#url, insecure, ca, signal, limit: CONNECT_LIMIT * scale });
    return new Link(socket, 'client', log);
  }

  /** Does the opening handshake; without a `spec`, anything but an open connection is a problem. */
  async #open(link: Link, spec: RequestSpec | undefined): Promise<Opened> {
    const request = writeRequest(this.#target, spec ?? {});
    const intake = new HttpIntake(link, request);
    link.divert((chunk) => intake.push(chunk));
    link.log.text('suite', request.text);
    const head = Buffer.from(request.text, 'latin1').subarray(0, spec?.stopAfter);
    const frames = concatBytes((spec?.frames ?? []).map((frame) => link.encode(frame)));
    if (spec?.cut === undefined) await link.write(frames, head);
    else await link.writeCut(frames, spec.cut, head);

    const limit = OPENING_LIMIT * this.#context.scale;
    const answered = spec?.stopAfter !== undefined || (await link.until(() => intake.done, limit));
    if (!answered) link.emit({ kind: 'timeout', waitingFor: 'answer' });
    if (spec !== undefined) return {};
    return link.takeBack('open') ? {} : { problem: 'the opening handshake did not succeed' };
  }

  async #probe(): Promise<boolean> {
    try {
      const link = await this.#connect();
      const { problem } = await this.#open(link, undefined);
      const isAlive = problem === undefined && (await this.#isEchoed(link));
      link.drop();
      return isAlive;
    } catch {
      return false; // Nobody answers there any more: that is what was asked.
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
