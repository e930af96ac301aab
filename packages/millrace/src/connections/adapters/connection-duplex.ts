import { Duplex } from 'node:stream';

import { CloseCode } from '../../protocol/base/close-code.ts';
import { ConnectionClosedError, LocalUsageError, toError } from '../../protocol/base/errors.ts';
import { isEndOfMessages } from '../receiving/end-of-messages.ts';
import { readWhole, type AdaptedConnection } from './adapted-connection.ts';
import { checkType, type MessageKind, type Sendable } from '../sending/sendable.ts';

/** Options of `WebSocketConnection.duplex`. */
export interface DuplexOptions {
  /**
   * Whether the stream is one of messages. Each object is a message then, in both directions: a string is text, and bytes are binary. Without it, the
   * stream is one of bytes: each write is a message, and what comes is the payload of all messages, without their bounds.
   *
   * @defaultValue false
   */
  readonly objectMode?: boolean | undefined;
  /**
   * What is sent: text or binary messages. Bytes that are sent as text must be UTF-8; a character that is cut by two writes goes out with the second.
   *
   * @defaultValue `'binary'`; in object mode, what the object is
   */
  readonly type?: MessageKind | undefined;
}

/** Bytes that are read ahead, and that may be written before writing says to wait. */
const HIGH_WATER_MARK = 64 * 1024;

/** A message may be long: no more than one is read ahead, or waits. */
const HIGH_WATER_MARK_OF_MESSAGES = 1;

/** Makes a stream of a connection; `WebSocketConnection.duplex` says how it behaves. */
export function createDuplex(connection: AdaptedConnection, options: DuplexOptions = {}): Duplex {
  const { objectMode = false, type } = options;
  checkType(type);
  const incoming = objectMode ? readMessages(connection) : readBytes(connection);
  const outgoing = objectMode ? new MessageSender(connection, type) : createByteSender(connection, type);
  const stream = new Duplex({
    objectMode,
    highWaterMark: objectMode ? HIGH_WATER_MARK_OF_MESSAGES : HIGH_WATER_MARK,
    allowHalfOpen: false,
    read: () => {
      incoming.next().then(
        ({ done, value }) => {
          if (stream.destroyed) return;
          stream.push(done === true ? null : value);
          if (done === true) noticeEnd(stream);
        },
        (error: unknown) => stream.destroy(toError(error)),
      );
    },
    write: (chunk: Uint8Array, _encoding, done) => settle(outgoing.send(chunk), done),
    final: (done) => settle(outgoing.end(), done),
    destroy: (error, done) => {
      endConnection(connection, error);
      done(error);
    },
  });
  // Whoever listens is told. Otherwise it is known to `closed`, and no reason to end the process, which a peer could do then.
  stream.on('error', () => undefined);
  void connection.closed.then((closure) => {
    // A reader learns of it behind what came before; without any, nobody would.
    if (stream.readableFlowing !== null) return;
    if (isEndOfMessages(closure)) noticeEnd(stream);
    else stream.destroy(new ConnectionClosedError(closure));
  });
  return stream;
}

/** Has a stream that nobody reads see its end, as a socket does, if nothing is left to read. */
function noticeEnd(stream: Duplex): void {
  if (stream.readableFlowing === null && stream.readableLength === 0) stream.read(0);
}

async function* readBytes(connection: AdaptedConnection): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
    for await (const chunk of message) yield chunk;
  }
}

async function* readMessages(
  connection: AdaptedConnection,
): AsyncGenerator<string | Uint8Array<ArrayBuffer>, void, undefined> {
  for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
    yield await readWhole(message);
  }
}

function createByteSender(connection: AdaptedConnection, type: MessageKind = 'binary'): MessageSender {
  return type === 'text' ? new TextSender(connection, type) : new MessageSender(connection, type);
}

/** Sends what is written, each piece as a message. */
class MessageSender {
  readonly #connection: AdaptedConnection;
  readonly #type: MessageKind | undefined;

  constructor(connection: AdaptedConnection, type: MessageKind | undefined) {
    this.#connection = connection;
    this.#type = type;
  }

  send(data: Sendable): Promise<void> {
    return this.#connection.send(data, { type: this.#type });
  }

  /** Nothing more is written: closes the connection, and waits for its end. */
  async end(): Promise<void> {
    const closure = await this.#connection.close(CloseCode.NORMAL_CLOSURE);
    // Otherwise the peer may not have received all.
    if (!closure.wasClean || !isEndOfMessages(closure)) throw new ConnectionClosedError(closure);
  }
}

/** Sends bytes as text. */
class TextSender extends MessageSender {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  override async send(bytes: Uint8Array): Promise<void> {
    const text = this.#decode(bytes);
    if (text !== '' || bytes.length === 0) await super.send(text);
  }

  override async end(): Promise<void> {
    this.#decode();
    await super.end();
  }

  #decode(bytes?: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new LocalUsageError('what is written to be sent as text is not UTF-8');
    }
  }
}

function settle(work: Promise<void>, done: (error?: Error) => void): void {
  work.then(
    () => done(),
    (error: unknown) => done(toError(error)),
  );
}

/** The stream is destroyed: to the peer, it may not look as if all had been sent. */
function endConnection(connection: AdaptedConnection, error: Error | null): void {
  // A loop that is left, too, destroys its stream with such an error.
  if (error === null || error.name === 'AbortError') void connection.close(CloseCode.GOING_AWAY);
  else if (!(error instanceof ConnectionClosedError)) connection.fail(error);
}
