// Our side with the callbacks of serve.
import { prepareMessage, serve } from 'millrace';
import type { WebSocketConnection } from 'millrace';

import { SUBPROTOCOL } from '../case-dsl.ts';
import { describeMessage } from '../payload.ts';
import type { Task } from '../test-case.ts';
import { ReportInTheMaking, compressOption, compressionOption, fragmentOption } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

/** Begins to listen, for one connection. */
export async function startCallbackServer(task: Task): Promise<Endpoint> {
  const making = new ReportInTheMaking(task);
  const options = { port: 0, host: '127.0.0.1', subprotocols: [SUBPROTOCOL], ...fragmentOption(task) };
  let echoes = 0;
  const server = await serve(
    { ...options, ...compressionOption(task) },
    {
      open(connection) {
        making.seen.subprotocol = connection.subprotocol ?? '';
      },
      async message(connection, data) {
        const binary = typeof data !== 'string';
        making.received(describeMessage(binary ? data : Buffer.from(data), binary));
        echoes++;
        if (task.ping !== '') ping(connection, task, making).catch((error: unknown) => making.failed(error));
        if (task.compression?.prepares === true && echoes % 2 === 0)
          await connection.send(prepareMessage(reversed(data)));
        else await connection.send(data, compressOption(task));
        if (task.closes && echoes === task.messages) void connection.close(task.code, task.reason);
      },
      close: (_, { code, reason }) => making.closed(code, reason),
      error: (_, error) => making.failed(error),
    },
  );
  return { url: server.url, report: making.report, stop: () => server.close({ timeout: 0 }) };
}

async function ping(connection: WebSocketConnection, task: Task, { seen }: ReportInTheMaking): Promise<void> {
  await connection.ping();
  seen.pong = task.ping;
}

function reversed(data: string | Uint8Array): string | Uint8Array {
  const bytes = Buffer.from(data).reverse();
  return typeof data === 'string' ? bytes.toString() : bytes;
}
