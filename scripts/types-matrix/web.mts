// Ours where the WebSocket of the platform is wanted. Only projects with the types of browsers have its type.
import { WebSocket as OurWebSocket, WebSocketStream } from 'millrace/web';

const asConstructor: typeof WebSocket = OurWebSocket;
const socket: WebSocket = new OurWebSocket('ws://127.0.0.1:1', { headers: { a: 'b' } });

function listen(target: WebSocket): void {
  target.onclose = (event) => console.log(event.code, event.reason, event.wasClean);
  target.onmessage = (event: MessageEvent) => console.log(event.data);
  target.addEventListener('error', () => target.close());
}

export class Client {
  constructor(readonly create: typeof WebSocket = asConstructor) {}
  open(url: string): WebSocket {
    return new this.create(url, ['chat']);
  }
}

listen(socket);
socket.close();
const { opened } = new WebSocketStream('ws://127.0.0.1:1');
void opened
  .then(({ readable, writable }) => readable.pipeThrough(new TransformStream()).pipeTo(writable))
  .catch(() => {});
