// What is used of faye-websocket, which has no types of its own.
declare module 'faye-websocket' {
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export default class FayeWebSocket {
    static readonly Client: new (url: string, subprotocols: string[]) => FayeWebSocket;
    constructor(request: IncomingMessage, socket: Duplex, body: Buffer, subprotocols: string[]);
    readonly protocol: string;
    send(data: string | Buffer): boolean;
    ping(message: string, onPong: () => void): boolean;
    close(code?: number, reason?: string): void;
    addEventListener(type: string, listener: (event: object) => void): void;
  }
}
