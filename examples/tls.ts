// wss: a certificate made on the spot, a client that trusts it, and one that does not.
import { generate } from 'selfsigned';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from 'millrace';
import type { ConnectionRequest } from 'millrace';

class Server extends WebSocketServerProtocol {
  override onConnect(request: ConnectionRequest): void {
    console.log(`A client connects ${request.encrypted ? 'over TLS' : 'in plain text'}`);
  }

  override onOpen(): void {
    this.sendMessage('Nobody else can read this');
    this.sendClose(1000);
  }
}

class Client extends WebSocketClientProtocol {
  override onMessage(message: string | Uint8Array): void {
    console.log(`Received: ${String(message)}`);
  }

  override onOpenFailed(error: Error): void {
    console.log(`A client gave up: ${error.message}`);
  }

  override onClose(wasClean: boolean): void {
    if (!wasClean) process.exitCode = 1;
  }
}

const { private: key, cert } = await generate([{ name: 'commonName', value: 'millrace example' }], {
  keyType: 'ec',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
});

const server = await listenWS(
  new WebSocketServerFactory('wss://127.0.0.1:0', { protocol: Server, tls: { key, cert } }),
);
try {
  // The option `tls` takes what Node's `tls.connect` takes. This client trusts our certificate …
  await connectWS(new WebSocketClientFactory(server.url, { protocol: Client, tls: { ca: cert } }));

  // … and this one does not, as it should with a certificate that nobody vouches for.
  const stranger = connectWS(new WebSocketClientFactory(server.url, { protocol: Client }));
  if (await stranger.catch(() => undefined)) throw new Error('the client trusts everybody');
} finally {
  await server.close();
}
