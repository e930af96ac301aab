import { Duplex } from 'node:stream';

/**
 * A transport in memory. The code under test holds it as its socket; the test is the other end: it feeds bytes, and sees
 * what is written.
 */
export class Wire extends Duplex {
  #written = '';
  #gone = false;

  constructor() {
    super();
    this.once('close', () => (this.#gone = true));
  }

  /** Everything that was written, as Latin-1. */
  get written(): string {
    return this.#written;
  }

  override _read(): void {
    // What there is to read is pushed by the test.
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#written += Buffer.from(chunk).toString('latin1');
    done();
    this.emit('wrote');
  }

  /** Makes `chunks` arrive, one by one; says how many bytes they are. */
  feed(...chunks: (Uint8Array | string)[]): number {
    for (const chunk of chunks) this.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
    return chunks.reduce((size, { length }) => size + length, 0);
  }

  /** Waits until a response was written whole: an accepting one, or any other with the end behind it. */
  async answered(): Promise<string> {
    while (!this.#isAnswered()) {
      await new Promise<void>((resolve) => {
        for (const event of ['wrote', 'finish', 'close']) this.once(event, resolve);
      });
    }
    return this.#written;
  }

  /** Waits until what is written ends with `text`. */
  async wrote(text: string): Promise<void> {
    while (!this.#written.endsWith(text)) await new Promise((resolve) => this.once('wrote', resolve));
  }

  /** Waits until the code under test has destroyed it. */
  async gone(): Promise<void> {
    if (!this.#gone) await new Promise((resolve) => this.once('close', resolve));
  }

  /** Ends it, with everything that is still waiting for it. */
  async discard(): Promise<void> {
    this.destroy();
    await this.gone();
  }

  #isAnswered(): boolean {
    return this.writableFinished || this.#gone || /^HTTP\/1\.1 101 [^]*\r\n\r\n/.test(this.#written);
  }
}

/** The key of RFC 6455 §1.3, and the accept value that belongs to it. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A valid request. `undefined` takes a header out, a list repeats it. */
export function requestText(
  headers: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  start = 'GET /chat HTTP/1.1',
): string {
  const all: typeof headers = {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `${start}\r\n${lines.join('')}\r\n`;
}

/** The head and the body of a response, and what is behind it. */
export interface ParsedResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly rest: string;
}

/** Takes a response apart; a body is as long as Content-Length says. */
export function parseResponse(text: string): ParsedResponse {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    }),
  );
  const length = Number(headers.get('content-length') ?? 0);
  const behind = Buffer.from(text.slice(end + 4), 'latin1');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(start)?.[1]),
    headers,
    body: behind.subarray(0, length).toString(),
    rest: behind.subarray(length).toString('latin1'),
  };
}
