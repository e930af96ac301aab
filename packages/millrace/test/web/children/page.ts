// A page in a process of its own, whose server sends a message and closes. What it sees is written to the standard output.
import { WebSocketServerFactory, WebSocketServerProtocol, listenWS } from '../../../src/index.ts';
import { WebSocket, WebSocketStream } from '../../../src/web/index.ts';

const [, , mode] = process.argv;

/** Writes a line. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

class Server extends WebSocketServerProtocol {
  override onOpen(): void {
    // Longer than anything else that keeps the process.
    setTimeout(() => {
      this.sendMessage('message');
      this.sendClose(1000);
      void listener.close();
    }, 100).unref();
  }
}

const listener = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: Server }));
process.on('exit', () => say('exit'));

if (mode === 'lives') {
  const socket = new WebSocket(listener.url);
  socket.onmessage = () => say('message');
  socket.onclose = () => say('close');
}

if (mode === 'throws') {
  process.on('uncaughtException', ({ message }) => say(`uncaught ${message}`));
  const socket = new WebSocket(listener.url);
  for (const type of ['open', 'message', 'close']) {
    socket.addEventListener(type, () => {
      throw new Error(type);
    });
  }
}

if (mode === 'fails') {
  const { url } = listener;
  await listener.close();
  say(new WebSocket(url).url === new WebSocketStream(url).url ? 'tried' : 'elsewhere');
}
