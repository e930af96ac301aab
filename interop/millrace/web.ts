// Our side with the interfaces of the web.
import { serve } from 'millrace';
import { WebSocket, WebSocketStream, webSocketStreamOf } from 'millrace/web';
import type { WebSocketStreamView } from 'millrace/web';

import { SUBPROTOCOL } from '../case-dsl.ts';
import { createPayload, describeMessage } from '../payload.ts';
import type { Task } from '../test-case.ts';
import { ReportInTheMaking, compressionOption, fragmentOption } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

type Message = string | Uint8Array;

/** Begins to connect, with the events of a `WebSocket`. */
export function startWebSocket(task: Task): Endpoint {
  const making = new ReportInTheMaking(task);
  let echoes = 0;
  const socket = new WebSocket(task.url, {
    protocols: task.subprotocols,
    ...compressionOption(task),
    ...fragmentOption(task),
  });
  socket.binaryType = 'arraybuffer';
  socket.onopen = (): void => {
    making.seen.subprotocol = socket.protocol;
    socket.send(messageOf(task));
  };
  socket.onmessage = ({ data }: { readonly data: unknown }): void => {
    note(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data), making);
    if (++echoes < task.messages) {
      socket.send(messageOf(task));
      return;
    }
    if (!task.closes) return;
    if (task.code === 0) socket.close();
    else socket.close(task.code, task.reason);
  };
  socket.onerror = (): void => making.failed('error event');
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }): void =>
    making.closed(code, reason);
  return {
    url: task.url,
    report: making.report,
    stop() {
      socket.close();
      return Promise.resolve();
    },
  };
}

/** Begins to connect, with the streams of a `WebSocketStream`. */
export function startWebSocketStream(task: Task): Endpoint {
  const making = new ReportInTheMaking(task);
  const stop = new AbortController();
  const stream = new WebSocketStream(task.url, {
    protocols: task.subprotocols,
    signal: stop.signal,
    ...compressionOption(task),
    ...fragmentOption(task),
  });
  void follow(stream, making, async (readable, write) => {
    for (let echoes = 0; echoes < task.messages; echoes++) {
      const [{ value }] = await Promise.all([readable.read(), write(messageOf(task))]);
      if (value !== undefined) note(value, making);
    }
    if (task.closes) close(stream, task);
  });
  return {
    url: task.url,
    report: making.report,
    stop() {
      stop.abort();
      stream.close();
      return Promise.resolve();
    },
  };
}

/** Begins to listen, for one connection, which is taken as a `WebSocketStream`. */
export async function startWebSocketStreamServer(task: Task): Promise<Endpoint> {
  const making = new ReportInTheMaking(task);
  const options = { port: 0, host: '127.0.0.1', subprotocols: [SUBPROTOCOL], ...fragmentOption(task) };
  const server = await serve({ ...options, ...compressionOption(task) }, async (connection) => {
    const view = webSocketStreamOf(connection);
    await follow(view, making, async (readable, write) => {
      for (let echoes = 0; echoes < task.messages; echoes++) {
        const { value } = await readable.read();
        if (value === undefined) return;
        note(value, making);
        await write(value);
      }
      if (task.closes) close(view, task);
    });
  });
  return { url: server.url, report: making.report, stop: () => server.close({ timeout: 0 }) };
}

type Reader = ReadableStreamDefaultReader<Message>;

/** Does its part on the streams, and reports when they are over. */
async function follow(
  view: Pick<WebSocketStreamView, 'opened' | 'closed'>,
  making: ReportInTheMaking,
  act: (readable: Reader, write: (message: Message) => Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    const { readable, writable, protocol } = await view.opened;
    making.seen.subprotocol = protocol;
    const writer = writable.getWriter();
    await act(readable.getReader(), (message) => writer.write(message));
    const { closeCode = 1005, reason = '' } = await view.closed;
    making.closed(closeCode, reason);
  } catch (error) {
    making.failed(error);
    making.closed(1006, '');
  }
}

function close(view: Pick<WebSocketStreamView, 'close'>, { code, reason }: Task): void {
  if (code === 0) view.close();
  else view.close({ closeCode: code, reason });
}

function messageOf(task: Task): Message {
  const payload = createPayload(task);
  return task.binary ? payload : Buffer.from(payload).toString();
}

function note(data: Message, making: ReportInTheMaking): void {
  const binary = typeof data !== 'string';
  making.received(describeMessage(binary ? data : Buffer.from(data), binary));
}
