import type { Duplex } from 'node:stream';

import { readProxyHeader, type ProxyHeader } from '../../protocol/handshake/proxies/proxy-header.ts';

/** What becomes of a {@link takeProxyHeader}. */
export interface ProxyHeaderEvents {
  /** The header is there; the socket has what is behind it, and does not flow. */
  onHeader(header: ProxyHeader): void;
  /** There is none. */
  onInvalid(): void;
}

/** Takes the header of the PROXY protocol off a socket that nobody has read yet. Nothing behind it is lost. */
export function takeProxyHeader(socket: Duplex, events: ProxyHeaderEvents): void {
  let bytes = new Uint8Array(0);
  const onData = (chunk: Uint8Array): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === undefined) return;
    socket.off('data', onData);
    socket.pause();
    if (header === 'invalid') {
      events.onInvalid();
      return;
    }
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    events.onHeader(header);
  };
  socket.on('data', onData);
}
