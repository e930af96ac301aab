// JSON-RPC 2.0 over a connection, in both directions, with types: each side says what it answers, and what the other side does.
import type { WebSocketConnection } from 'millrace';

/** Methods, by name: what they take, and what they give. */
export type Methods = Record<string, (params: never) => unknown>;

/** Answers for the methods of one side, at once or later. */
export type Handlers<M extends Methods> = {
  readonly [Name in keyof M]: (params: Parameters<M[Name]>[0]) => ReturnType<M[Name]> | Promise<ReturnType<M[Name]>>;
};

/** An error of JSON-RPC: thrown by a handler, the other side gets its code and message. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** How many calls may wait for their answers at a time: a peer that does not answer cannot have more of our memory. */
const MAX_CALLS = 1000;

/** One side of JSON-RPC. `Theirs` are the methods of the other side. */
export class RpcPeer<Theirs extends Methods> {
  readonly #connection: WebSocketConnection;
  readonly #calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  constructor(connection: WebSocketConnection) {
    this.#connection = connection;
  }

  /**
   * Calls a method of the other side.
   *
   * @throws {RpcError} the other side says that it failed, or too many calls wait
   * @throws {ConnectionClosedError} the connection has ended
   */
  async call<Name extends keyof Theirs & string>(
    method: Name,
    params: Parameters<Theirs[Name]>[0],
  ): Promise<ReturnType<Theirs[Name]>>;
  async call(method: string, params: unknown): Promise<unknown> {
    if (this.#calls.size >= MAX_CALLS) throw new RpcError(-32000, 'too many calls wait for their answers');
    const id = this.#nextId++;
    const answered = new Promise<unknown>((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    answered.catch(() => undefined); // `send` may fail first
    try {
      await this.#connection.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
      return await answered;
    } finally {
      this.#calls.delete(id);
    }
  }

  /** Answers the calls of the other side, one after the other, and takes in its answers, until the connection ends. */
  async run<Ours extends Methods>(handlers: Handlers<Ours>): Promise<void> {
    const known = new Map<string, (params: never) => unknown>(Object.entries(handlers));
    let answering: Promise<unknown> = Promise.resolve();
    try {
      for await (const message of this.#connection) {
        const received: unknown = await message.json();
        if (isCall(received)) answering = answering.then(() => this.#answer(received, known.get(received.method)));
        else if (isAnswer(received)) this.#settle(received);
      }
      await answering;
    } finally {
      for (const { reject } of this.#calls.values()) reject(new RpcError(-32001, 'the connection has ended'));
    }
  }

  async #answer({ id, method, params }: Call, handler: ((params: never) => unknown) | undefined): Promise<void> {
    let answer: object;
    try {
      if (handler === undefined) throw new RpcError(-32601, `there is no method ${method}`);
      const result: unknown = await Reflect.apply(handler, undefined, [params]);
      answer = { result: result ?? null };
    } catch (error) {
      // What else went wrong is nothing for the other side.
      const { code, message } = error instanceof RpcError ? error : new RpcError(-32603, 'internal error');
      answer = { error: { code, message } };
    }
    if (id !== undefined) await this.#connection.send(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  }

  #settle({ id, result, error }: Answer): void {
    const call = this.#calls.get(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new RpcError(error.code, error.message));
  }
}

interface Call {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'method' in value && typeof value.method === 'string';
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number';
}
