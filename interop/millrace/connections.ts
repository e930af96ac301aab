// Our side with connections: serve with an async function, and connect.
import { connect, serve } from 'millrace';
import type { ReceivedMessage, WebSocketConnection } from 'millrace';

import { SUBPROTOCOL } from '../case-dsl.ts';
import { createPayload, cut, describeMessage } from '../payload.ts';
import type { Task } from '../test-case.ts';
import { ReportInTheMaking, compressBegun, compressOption, compressionOption, fragmentOption } from './endpoint.ts';
import type { Endpoint, Seen } from './endpoint.ts';

const PLACE = { port: 0, host: '127.0.0.1', subprotocols: [SUBPROTOCOL] } as const;

/** Begins to listen, for one connection. */
export async function startConnectionServer(task: Task): Promise<Endpoint> {
  const making = new ReportInTheMaking(task);
  const onError = (error: Error): void => making.failed(error);
  const options = { ...PLACE, ...fragmentOption(task), ...compressionOption(task), onError };
  const server = await serve(options, async (connection) => {
    watch(connection, making);
    let echoes = 0;
    for await (const message of connection) {
      await echo(message, connection, { task, making });
      echoes++;
      if (task.closes && echoes === task.messages) await connection.close(task.code, task.reason);
    }
  });
  return { url: server.url, report: making.report, stop: () => server.close({ timeout: 0 }) };
}

/** Begins to connect. */
export function startConnectionClient(task: Task): Endpoint {
  const making = new ReportInTheMaking(task);
  const stop = new AbortController();
  run(task, making, stop.signal).catch((error: unknown) => {
    making.failed(error);
    making.closed(1006, '');
  });
  return {
    url: task.url,
    report: making.report,
    stop() {
      stop.abort();
      return Promise.resolve();
    },
  };
}

async function run(task: Task, making: ReportInTheMaking, signal: AbortSignal): Promise<void> {
  const { subprotocols } = task;
  const options = { subprotocols, signal, ...fragmentOption(task), ...compressionOption(task) };
  const connection = await connect(task.url, options);
  signal.addEventListener('abort', () => connection.drop());
  watch(connection, making);
  for (let echoes = 0; echoes < task.messages; echoes++) {
    const pong = watched(sendMessage(connection, task));
    const message = await connection.receive();
    if (message === undefined) throw new Error('The connection has ended without an echo');
    await read(message, task, making);
    if (task.ping !== '') making.seen.pong = await pong;
  }
  if (task.closes) await connection.close(task.code, task.reason);
}

/** Reports when the connection is over. */
function watch(connection: WebSocketConnection, making: ReportInTheMaking): void {
  making.seen.subprotocol = connection.subprotocol ?? '';
  void connection.closed.then(({ code, reason, error }) => {
    if (error !== undefined) making.failed(error);
    making.closed(code, reason);
  });
}

/** Sends the message of a task, and a ping if it has one. Resolves to the payload of the pong, or to what the ping stands for. */
async function sendMessage(connection: WebSocketConnection, task: Task): Promise<string> {
  const payload = createPayload(task);
  const { level, binary, fragments } = task;
  if (level === 'message') {
    const pong = ping(connection, task);
    await connection.send(binary ? payload : Buffer.from(payload).toString(), compressOption(task));
    return pong;
  }
  // The length of a compressed frame is not known before.
  if (level === 'streaming' && task.compression !== undefined) {
    await connection.send(cut(payload, fragments), { type: binary ? 'binary' : 'text' });
    return '';
  }
  return sendFrames(connection, task, payload);
}

/** The same, in frames. */
async function sendFrames(connection: WebSocketConnection, task: Task, payload: Uint8Array): Promise<string> {
  const { level, binary, fragments } = task;
  const writer = await connection.beginMessage(binary ? 'binary' : 'text', compressBegun(task));
  let pong = Promise.resolve('');
  for (const [index, piece] of cut(payload, fragments).entries()) {
    if (level === 'frame') {
      await writer.writeFrame(piece);
      if (index === 0) pong = ping(connection, task);
      continue;
    }
    const [head = piece, tail = piece] = cut(piece, 2);
    const frame = writer.beginFrame(piece.length);
    await frame.write(head);
    if (index === 0) pong = ping(connection, task);
    await frame.write(tail);
  }
  await writer.end();
  return pong;
}

function ping(connection: WebSocketConnection, task: Task): Promise<string> {
  if (task.ping === '') return Promise.resolve('');
  // It has a payload of its own, which it has compared.
  return watched(connection.ping().then(() => task.ping));
}

/** Whoever waits for it learns why it fails; nobody has to. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Reads an echo at the level of the task. */
async function read(message: ReceivedMessage, { level }: Task, making: ReportInTheMaking): Promise<void> {
  const binary = message.type === 'binary';
  const payload = level === 'message' ? await readWhole(message) : await readFrames(message, level, making);
  making.received(describeMessage(payload, binary));
}

async function readWhole(message: ReceivedMessage): Promise<Uint8Array> {
  return message.type === 'binary' ? message.bytes() : Buffer.from(await message.text());
}

async function readFrames(
  message: ReceivedMessage,
  level: Task['level'],
  { seen }: ReportInTheMaking,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  seen.frames = 0;
  for await (const frame of message.frames()) {
    seen.frames++;
    if (level === 'frame') chunks.push(await frame.bytes());
    else for await (const chunk of frame) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Work {
  readonly task: Task;
  readonly making: ReportInTheMaking;
}

/** Sends a message back: whole, frame by frame, or as it comes. */
async function echo(message: ReceivedMessage, connection: WebSocketConnection, { task, making }: Work): Promise<void> {
  const { seen } = making;
  const binary = message.type === 'binary';
  if (task.level === 'message') {
    const payload = await readWhole(message);
    making.received(describeMessage(payload, binary));
    notePong(ping(connection, task), seen);
    await connection.send(binary ? payload : Buffer.from(payload).toString(), compressOption(task));
    return;
  }
  const chunks: Uint8Array[] = [];
  seen.frames = 0;
  const writer = await connection.beginMessage(message.type, compressBegun(task));
  for await (const received of message.frames()) {
    seen.frames++;
    if (task.level === 'frame') {
      const payload = await received.bytes();
      chunks.push(payload);
      await writer.writeFrame(payload);
      if (seen.frames === 1) notePong(ping(connection, task), seen);
      continue;
    }
    const frame = task.compression === undefined ? writer.beginFrame(received.length) : writer;
    for await (const chunk of received) {
      chunks.push(chunk);
      await frame.write(chunk);
      if (chunks.length === 1) notePong(ping(connection, task), seen);
    }
  }
  await writer.end();
  making.received(describeMessage(Buffer.concat(chunks), binary));
}

/** A ping whose pong never comes is missing in the report. */
function notePong(pong: Promise<string>, seen: Seen): void {
  pong.then(
    (payload) => {
      if (payload !== '') seen.pong = payload;
    },
    () => undefined,
  );
}
