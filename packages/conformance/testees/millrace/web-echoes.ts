import { WebSocket, WebSocketStream, type WebSocketOpenInfo } from 'millrace/web';

/** Connects and echoes with the events of `WebSocket`; resolves when the connection is over or could not be made. */
export function echoWithWebSocket(url: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }: { readonly data: unknown }): void => {
      if (typeof data === 'string' || data instanceof ArrayBuffer) socket.send(data);
    };
    socket.onclose = (): void => resolve();
  });
}

/** Connects and echoes with the streams of `WebSocketStream`; resolves when the connection is over or could not be made. */
export async function echoWithWebSocketStream(url: string): Promise<void> {
  const stream = new WebSocketStream(url);
  const echoing = stream.opened.then(echoBetween);
  await Promise.allSettled([echoing, stream.closed]);
}

/** Writes what is read. */
export async function echoBetween({
  readable,
  writable,
}: Pick<WebSocketOpenInfo, 'readable' | 'writable'>): Promise<void> {
  const writer = writable.getWriter();
  for await (const data of readable) await writer.write(data);
}
