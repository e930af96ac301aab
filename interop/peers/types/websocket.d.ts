// What is used of websocket, which has no types of its own.
declare module 'websocket' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:http';

  interface Limits {
    readonly maxReceivedFrameSize: number;
    readonly maxReceivedMessageSize: number;
  }

  interface Options extends Limits {
    readonly fragmentOutgoingMessages: boolean;
  }

  interface Frame {
    opcode: number;
    fin: boolean;
    binaryPayload: Buffer;
  }

  interface Connection extends EventEmitter {
    readonly protocol: string | undefined;
    assembleFragments: boolean;
    sendUTF(text: string): void;
    sendBytes(bytes: Buffer): void;
    sendFrame(frame: Frame): void;
    ping(payload: Buffer): void;
    close(code: number, reason: string): void;
    on(event: 'frame', listener: (frame: Frame) => void): this;
    on(event: 'message', listener: (message: Message) => void): this;
    on(event: 'pong', listener: (payload: Buffer) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'close', listener: (code: number, reason: string) => void): this;
  }

  type Message =
    { readonly type: 'utf8'; readonly utf8Data: string } | { readonly type: 'binary'; readonly binaryData: Buffer };

  interface Request {
    readonly requestedProtocols: string[];
    readonly resource: string;
    accept(subprotocol: string | undefined): Connection;
  }

  interface Client extends EventEmitter {
    connect(url: string, subprotocols: string[]): void;
    on(event: 'connect', listener: (connection: Connection) => void): this;
    on(event: 'connectFailed', listener: (error: Error) => void): this;
  }

  interface WebSocketServer extends EventEmitter {
    on(event: 'request', listener: (request: Request) => void): this;
  }

  const websocket: {
    readonly client: new (options: Options) => Client;
    readonly server: new (options: Options & { readonly httpServer: Server }) => WebSocketServer;
    readonly frame: new (maskBytes: Buffer, frameHeader: Buffer, limits: Limits) => Frame;
  };
  export default websocket;
  export type { Connection, Frame, Message };
}
