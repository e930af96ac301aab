import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import { Opcode } from 'millrace/protocol/wire';

import type { ConformanceCase } from '../model/case.ts';
import type { HttpHead, ResponseSpec } from '../model/http.ts';
import type { AgentReport, CaseResult } from '../model/report.ts';

import { HeadReader, fieldOf } from '../opening/head.ts';
import { findRequestProblem, writeResponse } from '../opening/response.ts';
import { SUITE_VERSION } from '../version.ts';
import { concatBytes } from '../wire/bytes.ts';
import { WireLog } from '../wire/wire-log.ts';
import { agreeWithClient } from './agreement.ts';
import { failedResult, runCase, type Opened } from './case-run.ts';
import { takeFirstFrames, type FirstFrames } from './first-frames.ts';
import { Link } from './link.ts';
import type { HeadCut } from './outlet.ts';
import { sendFrames } from './script.ts';
import { compareIds, type SelectedCases } from './select.ts';

/** Time for a request to arrive, in milliseconds. */
const REQUEST_LIMIT = 10_000;

/** Time for the answer to a Close where nothing is tested, in milliseconds. */
const CLOSE_LIMIT = 2000;

/** Time between the answer to an opening handshake and the first frames, where they come apart, in milliseconds. */
const MOMENT = 25;

/** Time without a connection after which a client that has begun is taken for gone, in milliseconds. */
const ABSENCE_LIMIT = 30_000;

/** How clients are tested. */
export interface FuzzingServerOptions {
  readonly port: number;
  readonly host?: string | undefined;
  /** Factor for the time limits of all cases. */
  readonly timeScale?: number | undefined;
  /** Whether the first frames of a case come a moment after the answer to the opening handshake, and not in one write with it. */
  readonly apart?: boolean | undefined;
  readonly onResult?: ((result: CaseResult, agent: string) => void) | undefined;
  /** An agent says that it has run its cases. */
  readonly onReport?: ((report: AgentReport) => void) | undefined;
  /** An agent that had begun has not connected any more for a while, and did not say that it is done. */
  readonly onAbsence?: ((agent: string) => void) | undefined;
}

/** A request that arrived, on its connection. */
interface Arrival {
  readonly link: Link;
  readonly head: HttpHead;
  readonly url: URL;
  readonly agent: string;
  /** Bytes that came right behind the request. */
  readonly early: number;
}

/**
 * Tests clients: a server that runs a case on each connection to `/runCase?case=N&agent=X`. `/getCaseCount` sends how many there
 * are, and `/updateReports?agent=X` says that the agent is done.
 */
export class FuzzingServer {
  readonly #selected: SelectedCases;
  readonly #options: FuzzingServerOptions;
  readonly #server: Server;
  readonly #aborted = new AbortController();
  readonly #results = new Map<string, Map<string, CaseResult>>();
  readonly #keys = new Set<string>();
  readonly #links = new Set<Link>();
  /** Who runs cases, and is not done yet. */
  #running: string | undefined;
  #absence: NodeJS.Timeout | undefined;

  constructor(selected: SelectedCases, options: FuzzingServerOptions) {
    setMaxListeners(0, this.#aborted.signal); // Each connection listens: as many as a client makes at once.
    this.#selected = selected;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#onSocket(socket));
  }

  /** Begins to listen; resolves to the port. */
  listen(): Promise<number> {
    const { port, host = '127.0.0.1' } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Stops listening, and ends what is under way. */
  close(): Promise<void> {
    this.#aborted.abort();
    clearTimeout(this.#absence);
    for (const link of this.#links) link.abandon();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** What an agent has done so far; cases that it did not run have failed. */
  report(agent: string): AgentReport {
    const results = this.#results.get(agent);
    const cases = this.#selected.cases.map(
      ({ id }) => results?.get(id) ?? failedResult(id, 'the client did not run it'),
    );
    const date = new Date().toISOString();
    return {
      agent,
      role: 'client',
      date,
      suite: SUITE_VERSION,
      cases: cases.sort((one, other) => compareIds(one.id, other.id)),
      excluded: this.#selected.excluded,
    };
  }

  async #onSocket(socket: Socket): Promise<void> {
    const link = new Link(socket, 'server', new WireLog());
    clearTimeout(this.#absence);
    this.#links.add(link);
    socket.once('close', () => this.#onGone(link));
    const arrival = await receiveRequest(link);
    if (arrival === undefined) link.drop();
    else await this.#serve(arrival);
  }

  #onGone(link: Link): void {
    this.#links.delete(link);
    const { timeScale = 1, onAbsence } = this.#options;
    const agent = this.#running;
    if (agent === undefined || this.#links.size > 0 || this.#aborted.signal.aborted) return;
    this.#absence = setTimeout(() => onAbsence?.(agent), ABSENCE_LIMIT * timeScale);
  }

  async #serve(arrival: Arrival): Promise<void> {
    const path = arrival.url.pathname;
    if (path === '/runCase') await this.#runCase(arrival);
    else if (path === '/getCaseCount') await tell(arrival, String(this.#selected.cases.length));
    else if (path === '/getCaseInfo') await tell(arrival, JSON.stringify(infoOf(this.#caseOf(arrival.url))));
    else if (path === '/getCaseStatus') await tell(arrival, JSON.stringify({ behavior: this.#statusOf(arrival) }));
    else if (path === '/updateReports') await this.#updateReports(arrival);
    else await refuse(arrival);
  }

  async #runCase(arrival: Arrival): Promise<void> {
    const { link, agent } = arrival;
    const testCase = this.#caseOf(arrival.url);
    if (testCase === undefined) {
      await refuse(arrival);
      return;
    }
    this.#running = agent;
    const { timeScale = 1, apart = false, onResult } = this.#options;
    const context = { probe: undefined, scale: timeScale, signal: this.#aborted.signal };
    const [rest, first] = apart ? [testCase] : takeFirstFrames(testCase);
    const result = await runCase(link, rest, context, async () => {
      const { response, unimplemented } = agreeWithClient(arrival, testCase);
      const opened = { ...(await this.#answer(arrival, response, first)), unimplemented };
      if (apart) await new Promise((resolve) => setTimeout(resolve, MOMENT));
      return opened;
    });
    const results = this.#results.get(agent) ?? new Map<string, CaseResult>();
    results.set(testCase.id, result);
    this.#results.set(agent, results);
    onResult?.(result, agent);
  }

  /** Answers the opening handshake, as the case wants it. */
  async #answer({ link, head, early: before }: Arrival, spec: ResponseSpec = {}, first?: FirstFrames): Promise<Opened> {
    const problem = findRequestProblem(head);
    if (problem !== undefined) return { problem };
    let early = before;
    link.divert((chunk) => {
      early += chunk.length;
    });
    if (spec.delay !== undefined) await new Promise((resolve) => setTimeout(resolve, spec.delay));

    const key = fieldOf(head, 'sec-websocket-key') ?? '';
    const otherKeys = new Set(this.#keys);
    this.#keys.add(key);
    if (first === undefined) await sendResponse(link, head, spec);
    else await sendResponse(link, head, { ...spec, frames: first.frames }, { ...first.cut, wholeHead: true });
    return { request: head, early, otherKeys };
  }

  async #updateReports(arrival: Arrival): Promise<void> {
    await sendResponse(arrival.link, arrival.head, {});
    await close(arrival.link);
    this.#running = undefined;
    clearTimeout(this.#absence);
    this.#options.onReport?.(this.report(arrival.agent));
  }

  #caseOf(url: URL): ConformanceCase | undefined {
    return this.#selected.cases[Number(url.searchParams.get('case') ?? 0) - 1];
  }

  #statusOf({ url, agent }: Arrival): string {
    const id = this.#caseOf(url)?.id;
    return (id === undefined ? undefined : this.#results.get(agent)?.get(id)?.verdict)?.toUpperCase() ?? 'UNKNOWN';
  }
}

async function receiveRequest(link: Link): Promise<Arrival | undefined> {
  const reader = new HeadReader();
  let head: HttpHead | undefined;
  let early = 0;
  link.divert((chunk) => {
    const result = reader.push(chunk);
    if (result === 'too long') link.abandon();
    if (result === undefined || result === 'too long') return;
    head = result.head;
    early = result.rest.length;
    link.log.text('peer', head.text);
    link.emit({ kind: 'open', head });
  });
  await link.until(() => head !== undefined || link.ended, REQUEST_LIMIT);
  link.takeBack('open'); // What cases expect begins after the opening handshake.
  if (head === undefined) return undefined;
  const url = urlOf(head);
  return { link, head, url, early, agent: url.searchParams.get('agent') ?? 'unnamed' };
}

/** The target of a request; one that is no URL leads nowhere. */
function urlOf({ startLine }: HttpHead): URL {
  const target = startLine.split(' ')[1] ?? '';
  const base = 'http://localhost';
  return URL.canParse(target, base) ? new URL(target, base) : new URL(base);
}

/** Answers the opening handshake; what comes from here on are frames. */
async function sendResponse(
  link: Link,
  request: HttpHead,
  spec: ResponseSpec,
  cut: HeadCut | undefined = spec.cut,
): Promise<void> {
  link.divert(undefined);
  const text = writeResponse(request, spec);
  link.log.text('suite', text);
  const head = Buffer.from(text, 'latin1');
  const frames = concatBytes((spec.frames ?? []).map((frame) => link.encode(frame)));
  if (cut === undefined) await link.write(frames, head);
  else await link.writeCut(frames, cut, head);
}

/** Sends a message to a client that asked for it. */
async function tell({ link, head }: Arrival, text: string): Promise<void> {
  await sendResponse(link, head, {});
  await sendFrames(link, { step: 'send', frames: [{ opcode: Opcode.TEXT, payload: { text } }] });
  await close(link);
}

async function close(link: Link): Promise<void> {
  await sendFrames(link, { step: 'send', frames: [{ opcode: Opcode.CLOSE, payload: { hex: '03 e8' } }] });
  await link.until(() => link.over, CLOSE_LIMIT);
  await link.finish();
}

async function refuse({ link }: Arrival): Promise<void> {
  await link.write(
    new Uint8Array(0),
    Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  );
  await link.finish();
}

function infoOf(testCase: ConformanceCase | undefined): object {
  return testCase === undefined ? {} : { id: testCase.id, description: testCase.description };
}
