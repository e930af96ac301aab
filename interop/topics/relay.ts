import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a relay does with bytes of one direction. */
type Way = 'passes' | 'silent';

/** The way between a server and its broker, which can be cut in several manners. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #isCut = false;
  #toBroker: Way = 'passes';
  #fromBroker: Way = 'passes';

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the relay does not listen');
    return address.port;
  }

  /** Ends all connections, and takes no more. */
  cut(): void {
    this.#isCut = true;
    this.#endAll();
  }

  /** Loses what goes one way, without a word. */
  silence(way: 'to the broker' | 'from the broker'): void {
    if (way === 'to the broker') this.#toBroker = 'silent';
    else this.#fromBroker = 'silent';
  }

  /** Lets everything through again; connections that have lost something are ended. */
  mend(): void {
    const hasLost = this.#toBroker === 'silent' || this.#fromBroker === 'silent';
    this.#isCut = false;
    this.#toBroker = 'passes';
    this.#fromBroker = 'passes';
    if (hasLost) this.#endAll();
  }

  /** Leads to another broker from now on. */
  leadTo(target: number): void {
    this.#target = target;
    this.#endAll();
  }

  close(): void {
    this.#server.close();
    this.#endAll();
  }

  #join(socket: Socket): void {
    this.#keep(socket);
    if (this.#isCut) {
      socket.destroy();
      return;
    }
    const broker = connect({ host: '127.0.0.1', port: this.#target });
    this.#keep(broker);
    for (const one of [socket, broker]) one.on('close', () => [socket, broker].forEach((other) => other.destroy()));
    socket.on('data', (data) => this.#toBroker === 'passes' && broker.write(data));
    broker.on('data', (data) => this.#fromBroker === 'passes' && socket.write(data));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
