import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';

import { Opcode } from 'millrace/protocol/wire';

import type { ConformanceCase } from '../model/case.ts';
import type { RequestSpec } from '../model/http.ts';
import type { AgentReport, CaseResult } from '../model/report.ts';
import { writeRequest, type Target } from '../opening/request.ts';
import { concatBytes } from '../wire/bytes.ts';
import { WireLog } from '../wire/wire-log.ts';
import { SUITE_VERSION } from '../version.ts';
import { failedResult, runCase, type Opened, type TimeLimit } from './case-run.ts';
import { HttpIntake } from './http-intake.ts';
import { Link } from './link.ts';
import { compareIds, type SelectedCases } from './select.ts';

/** Time for the opening handshake of a case, in milliseconds. */
const OPENING_LIMIT = 5000;

/** Time for an echo that shows that a server still lives, in milliseconds. */
const PROBE_LIMIT = 3000;

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
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Tests a server: runs cases against it, as its client. */
export async function testServer(url: string, selected: SelectedCases, options: RunOptions): Promise<AgentReport> {
  const { agent, concurrency = 4, timeScale = 1, runLimit, insecure = false, onResult } = options;
  const server = new ServerUnderTest(new URL(url), insecure);
  const aborted = new AbortController();
  const timer = runLimit === undefined ? undefined : setTimeout(() => aborted.abort(), runLimit);
  const limits = { scale: timeScale, signal: aborted.signal };

  const results: CaseResult[] = [];
  const queue = selected.cases.values();
  const worker = async (): Promise<void> => {
    for (const one of queue) {
      const result = await server.run(one, limits);
      results.push(result);
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  clearTimeout(timer);

  results.sort((one, other) => compareIds(one.id, other.id));
  const date = new Date().toISOString();
  return { agent, role: 'server', date, suite: SUITE_VERSION, cases: results, excluded: selected.excluded };
}

/** A server, by its URL. */
class ServerUnderTest {
  readonly #url: URL;
  readonly #target: Target;
  readonly #insecure: boolean;

  constructor(url: URL, insecure: boolean) {
    this.#url = url;
    this.#insecure = insecure;
    this.#target = { authority: url.host, resource: `${url.pathname}${url.search}` };
  }

  async run(testCase: ConformanceCase, limits: TimeLimit): Promise<CaseResult> {
    if (limits.signal.aborted) return failedResult(testCase.id, 'not run: the time for the run was over');
    try {
      const link = await this.#connect();
      const context = { ...limits, probe: () => this.#probe() };
      return await runCase(link, testCase, context, () => this.#open(link, testCase.request));
    } catch (error) {
      return failedResult(testCase.id, `no connection: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #connect(): Promise<Link> {
    const log = new WireLog();
    const socket = await this.#dial();
    return new Link(socket, 'client', log);
  }

  #dial(): Promise<Duplex> {
    const { protocol, hostname } = this.#url;
    const secure = protocol === 'wss:' || protocol === 'https:';
    const port = Number(this.#url.port === '' ? (secure ? 443 : 80) : this.#url.port);
    const host = hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      const options = { host, port, allowHalfOpen: true, noDelay: true };
      const socket = secure
        ? connectTls({ ...options, servername: host, rejectUnauthorized: !this.#insecure })
        : connectTcp(options);
      socket.once('error', reject);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  /** Does the opening handshake; without a `spec`, anything but an open connection is a problem. */
  async #open(link: Link, spec: RequestSpec | undefined): Promise<Opened> {
    const request = writeRequest(this.#target, spec ?? {});
    const intake = new HttpIntake(link, request);
    link.divert((chunk) => intake.push(chunk));
    link.log.text('suite', request.text);
    const head = Buffer.from(request.text, 'latin1');
    const bytes = concatBytes([head, ...(spec?.frames ?? []).map((frame) => link.encode(frame))]).subarray(
      0,
      spec?.stopAfter,
    );
    if (spec?.cut === undefined) await link.write(bytes);
    else await link.writeCut(bytes, spec.cut);

    const answered = spec?.stopAfter !== undefined || (await link.until(() => intake.done, OPENING_LIMIT));
    if (!answered) link.emit({ kind: 'timeout', waitingFor: 'answer' });
    if (spec !== undefined) return {};
    return link.takeBack('open') ? {} : { problem: 'the opening handshake did not succeed' };
  }

  async #probe(): Promise<boolean> {
    try {
      const link = await this.#connect();
      const { problem } = await this.#open(link, undefined);
      if (problem === undefined) {
        await link.write(link.encode({ opcode: Opcode.TEXT, payload: { text: 'still there?' } }));
        await link.until(() => link.over || link.count('message') > 0, PROBE_LIMIT);
      }
      link.drop();
      return link.count('message') > 0;
    } catch {
      return false; // Nobody answers there any more: that is what was asked.
    }
  }
}
