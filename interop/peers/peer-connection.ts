import type { Compression, Level, Report, Task } from './convention.ts';
import { createMessage, cut, describeMessage, join, randomBytes, sha256, toBytes, toData } from './message.ts';
import type { Data } from './message.ts';

/** How one frame of a fragmented message is sent. */
export interface FrameKind {
  readonly binary: boolean;
  readonly first: boolean;
  readonly last: boolean;
}

/** What the connections of all JavaScript peers have in common. A peer that lacks a method is given no task that needs it. */
export interface PeerSocket {
  readonly protocol: string;
  sendMessage(data: Data): void;
  sendFrame?(payload: Uint8Array<ArrayBuffer>, kind: FrameKind): void;
  sendPing?(payload: string): void;
  /** @param code 0 for a Close without code and reason */
  close(code: number, reason: string): void;
}

/** Carries out a {@link Task} on one connection, and makes the {@link Report}. The program tells it what happens there. */
export abstract class PeerConnection {
  protected readonly task: Task;
  readonly #report: Promise<Report>;
  #resolve: (report: Report) => void = () => {};
  #socket: PeerSocket | undefined;
  #subprotocol = '';
  #received: Data | undefined;
  #count = 0;
  #pong: string | undefined;
  #error: string | undefined;

  constructor(task: Task) {
    this.task = task;
    this.#report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** How it wants to be told what comes. */
  get receivingLevel(): Level {
    return this.task.level;
  }

  /** What it may use of permessage-deflate. */
  get compression(): Compression | undefined {
    return this.task.compression;
  }

  /** What there is to say when the connection is over. */
  get report(): Promise<Report> {
    return this.#report;
  }

  /** The connection is open. */
  opened(socket: PeerSocket): void {
    this.#socket = socket;
    this.#subprotocol = socket.protocol;
  }

  /** A message has come. */
  message(data: Data): void {
    const isEcho = this.task.compression?.prepares !== true;
    if (isEcho && this.#received !== undefined && !isSame(this.#received, data)) {
      this.failed('a message was another one than before');
    }
    this.#received = data;
    this.#count++;
  }

  /** A frame has come, at the frame level. */
  frame(payload: Uint8Array<ArrayBuffer>, kind: FrameKind): void;
  frame(): void {
    throw new Error('A frame came, and messages were expected');
  }

  /** A pong has come. */
  pong(payload: string): void {
    this.#pong = payload;
  }

  /** Something went wrong. */
  failed(error: unknown): void {
    this.#error ??= error instanceof Error ? error.message : String(error);
  }

  /**
   * The connection is over.
   *
   * @param code 1005 for a Close without one, 1006 for no Close
   */
  closed(code: number, reason: string): void {
    this.#createReport(code, reason).then(this.#resolve, (error: unknown) => {
      const { id } = this.task;
      this.#resolve({ id, subprotocol: '', code, reason, error: String(error) });
    });
  }

  /** The connection; a program says {@link opened} first. */
  protected get socket(): PeerSocket {
    if (this.#socket === undefined) throw new Error('The connection is not open yet');
    return this.#socket;
  }

  /** Whether the pong has come that the task asks for. */
  protected get isPongThere(): boolean {
    return this.task.ping === '' || this.#pong === this.task.ping;
  }

  /** Whether the message has come as often as the task says. */
  protected get isLast(): boolean {
    return this.#count >= this.task.messages;
  }

  /** What a subclass adds to the report. */
  protected addToReport(): Promise<Partial<Report>> {
    return Promise.resolve({});
  }

  /** Sends a message in the manner of the task. */
  protected send(data: Data): void {
    const { level, fragments, ping } = this.task;
    if (level === 'message' && fragments === 1) {
      if (ping !== '') this.socket.sendPing?.(ping);
      this.socket.sendMessage(data);
      return;
    }
    const binary = typeof data !== 'string';
    for (const [index, piece] of cut(toBytes(data), fragments).entries()) {
      this.socket.sendFrame?.(piece, { binary, first: index === 0, last: index === fragments - 1 });
      if (index === 0 && ping !== '') this.socket.sendPing?.(ping);
    }
  }

  protected close(): void {
    if (this.task.closes) this.socket.close(this.task.code, this.task.reason);
  }

  async #createReport(code: number, reason: string): Promise<Report> {
    return {
      id: this.task.id,
      subprotocol: this.#subprotocol,
      ...(this.#received === undefined ? {} : { received: await describeMessage(this.#received) }),
      ...(this.#pong === undefined ? {} : { pong: this.#pong }),
      ...(await this.addToReport()),
      code,
      reason,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }
}

function isSame(one: Data, other: Data): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

/** Sends a message that should come back. */
export class EchoClient extends PeerConnection {
  #frames: Uint8Array<ArrayBuffer>[] = [];

  override opened(socket: PeerSocket): void {
    super.opened(socket);
    this.send(createMessage(this.task));
  }

  override message(data: Data): void {
    super.message(data);
    if (this.isLast) this.#closeIfDone();
    else this.send(createMessage(this.task));
  }

  override frame(payload: Uint8Array<ArrayBuffer>, kind: FrameKind): void {
    this.#frames.push(payload);
    if (!kind.last) return;
    const frames = this.#frames;
    this.#frames = [];
    this.message(toData(join(frames), kind.binary));
  }

  override pong(payload: string): void {
    super.pong(payload);
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.isLast && this.isPongThere) this.close();
  }
}

/** Sends what comes back. */
export class EchoServer extends PeerConnection {
  #frames: Uint8Array<ArrayBuffer>[] = [];

  override message(data: Data): void {
    super.message(data);
    this.send(data);
    this.#closeIfLast();
  }

  /** Sends each frame back at once. */
  override frame(payload: Uint8Array<ArrayBuffer>, kind: FrameKind): void {
    this.socket.sendFrame?.(payload, kind);
    this.#frames.push(payload);
    if (!kind.last) return;

    super.message(toData(join(this.#frames), kind.binary));
    this.#frames = [];
    this.#closeIfLast();
  }

  #closeIfLast(): void {
    if (this.isLast) this.close();
  }
}

/** Sends random bytes in batches; when the digest of one has come, the next one follows. */
export class HashClient extends PeerConnection {
  readonly #batches: Uint8Array<ArrayBuffer>[] = [];
  readonly #digests: string[] = [];

  override opened(socket: PeerSocket): void {
    super.opened(socket);
    this.#sendBatch();
  }

  override message(data: Data): void {
    this.#digests.push(String(data));
    if (this.#digests.length < this.task.count) this.#sendBatch();
    else this.close();
  }

  /** At any level, digests are messages. */
  override get receivingLevel(): Level {
    return 'message';
  }

  protected override async addToReport(): Promise<Partial<Report>> {
    const inputs = this.#batches.map((batch, index) =>
      this.task.level === 'message' ? batch : join(this.#batches.slice(0, index + 1)),
    );
    return { digests: this.#digests, expectedDigests: await Promise.all(inputs.map(sha256)) };
  }

  #sendBatch(): void {
    const batch = randomBytes(this.task.batch);
    const first = this.#batches.length === 0;
    this.#batches.push(batch);
    const last = this.#batches.length === this.task.count;
    if (this.task.level === 'message') this.socket.sendMessage(batch);
    else this.socket.sendFrame?.(batch, { binary: true, first, last });
  }
}

/** Answers each message, or each frame, with a digest. */
export class HashServer extends PeerConnection {
  readonly #frames: Uint8Array<ArrayBuffer>[] = [];

  override message(data: Data): void {
    this.#answer(toBytes(data));
  }

  override frame(payload: Uint8Array<ArrayBuffer>): void {
    this.#frames.push(payload);
    this.#answer(join(this.#frames));
  }

  #answer(bytes: Uint8Array<ArrayBuffer>): void {
    sha256(bytes).then(
      (digest) => this.socket.sendMessage(digest),
      (error: unknown) => this.failed(error),
    );
  }
}

/** Carries out the task of a client. */
export function createClient(task: Task): PeerConnection {
  return task.work === 'echo' ? new EchoClient(task) : new HashClient(task);
}

/** Carries out the task of a server. */
export function createServer(task: Task): PeerConnection {
  return task.work === 'echo' ? new EchoServer(task) : new HashServer(task);
}
