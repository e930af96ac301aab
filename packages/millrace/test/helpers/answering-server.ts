import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** A server that answers each request with what it was told, whatever was asked, and ends. */
export interface AnsweringServer {
  readonly url: string;
  /** The heads of the requests that came. */
  readonly requests: string[];
}

/**
 * Starts a server that speaks raw HTTP.
 *
 * @param answers - heads of responses, one for each request: `503 Service Unavailable`, and header lines; the last is repeated
 */
export async function listenAnswering(
  t: TestContext,
  answers: readonly (readonly [status: string, ...headers: string[]])[],
): Promise<AnsweringServer> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      const [status = '', ...headers] = answers[Math.min(requests.length, answers.length - 1)] ?? [];
      requests.push(head);
      socket.end([`HTTP/1.1 ${status}`, 'Connection: close', ...headers, '', 'no'].join('\r\n'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return { url: `ws://127.0.0.1:${String(address.port)}/`, requests };
}
