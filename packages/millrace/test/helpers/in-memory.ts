import type { ClientFactoryOptions, ServerFactoryOptions, WebSocketProtocol } from '../../src/index.ts';
import { WebSocketClientFactory, WebSocketServerFactory } from '../../src/index.ts';
import { AsyncContext } from '../../src/engine/async-context.ts';
import { FakeSocket } from './fake-socket.ts';
import { PlainClient, PlainServer } from './plain-protocols.ts';

/** Opens a server's protocol over a {@link FakeSocket}, as if the opening handshake were done. Without keepalive unless told otherwise. */
export function openServerInMemory(
  options: Partial<ServerFactoryOptions> = {},
  head: Uint8Array = new Uint8Array(0),
): { protocol: WebSocketProtocol; socket: FakeSocket } {
  const factory = new WebSocketServerFactory('ws://localhost:9000', {
    protocol: PlainServer,
    keepAlive: false,
    ...options,
  });
  const protocol = factory.buildProtocol();
  protocol.setFactory(factory);
  const socket = new FakeSocket();
  open(protocol, factory, {
    role: 'server',
    socket,
    head,
    reportError: (error) => factory.reportError(error, protocol),
  });
  return { protocol, socket };
}

/** Opens a client's protocol over a {@link FakeSocket}, as {@link openServerInMemory} does. */
export function openClientInMemory(options: Partial<ClientFactoryOptions> = {}): {
  protocol: WebSocketProtocol;
  socket: FakeSocket;
} {
  const factory = new WebSocketClientFactory('ws://localhost:9000', {
    protocol: PlainClient,
    keepAlive: false,
    ...options,
  });
  const protocol = factory.buildProtocol();
  protocol.setFactory(factory);
  const socket = new FakeSocket();
  const head = new Uint8Array(0);
  open(protocol, factory, {
    role: 'client',
    socket,
    head,
    reportError: (error) => factory.reportError(error, protocol),
  });
  return { protocol, socket };
}

interface Setup {
  readonly role: 'client' | 'server';
  readonly socket: FakeSocket;
  readonly head: Uint8Array;
  readonly reportError: (error: Error) => void;
}

function open(
  protocol: WebSocketProtocol,
  { connectionOptions: options }: WebSocketServerFactory | WebSocketClientFactory,
  setup: Setup,
): void {
  const fixed = {
    onreadPlaces: undefined,
    peer: '',
    subprotocol: undefined,
    extensions: '',
    context: new AsyncContext(),
  };
  const { head, reportError, ...made } = setup;
  const owner = { onHookError: reportError, onEnded: () => undefined, onClosed: () => undefined };
  protocol.makeConnection({ ...made, ...fixed, options }, owner, head);
}
