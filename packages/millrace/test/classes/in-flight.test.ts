import assert from 'node:assert/strict';
import { it } from 'node:test';

import { WebSocketClientProtocol, WebSocketServerProtocol, type Closure, type Producer } from '../../src/index.ts';
import { selfSignedCertificate } from '../helpers/certificate.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { PlainServer } from '../helpers/plain-protocols.ts';

const MIB = 1024 * 1024;

describeInBothWays('What is on its way', (reading) => {
  for (const size of [2 * MIB, 16 * MIB, 64 * MIB]) {
    it(`does not keep a Close from a client that is sending ${String(size / MIB)} MiB`, async (t) => {
      const closures = new Inbox<Closure | undefined>();
      class Client extends WebSocketClientProtocol {
        override onOpen(): void {
          this.sendMessage(new Uint8Array(size));
        }
        override onClose(): void {
          closures.put(this.closure);
        }
      }
      const server = await startServer(t, PlainServer, { ...reading, maxMessageSize: MIB });

      await startClient(t, server.url, Client, reading);
      const closure = await closures.take();

      assert.equal(closure?.received?.code, 1009);
      assert.match(closure.received.reason, /^\d+ bytes exceed maxMessageSize, 1048576 bytes$/);
    });
  }

  it('does not keep what onOpen sends from leaving, over TLS', async (t) => {
    const received = new Inbox<string>();
    const ends = new Inbox<number>();
    class Greeter extends WebSocketServerProtocol {
      override onOpen(): void {
        this.sendMessage('welcome');
        this.sendClose(1000);
      }
    }
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(String(payload));
      }
      override onClose(_wasClean: boolean, code: number): void {
        ends.put(code);
      }
    }
    const { cert, key } = await selfSignedCertificate();
    const server = await startServer(t, Greeter, { ...reading, tls: { cert, key } });

    await startClient(t, server.url, Client, { ...reading, tls: { ca: cert, checkServerIdentity: () => undefined } });

    assert.equal(await received.take(), 'welcome');
    assert.equal(await ends.take(), 1000);
  });

  it('leaves a push producer that is never paused its end, and the process its other events', async (t) => {
    const told = new Inbox<string>();
    class Endless extends WebSocketServerProtocol implements Producer {
      #goesOn = true;
      override onOpen(): void {
        this.registerProducer(this, true);
        void this.#produce();
      }
      override onMessage(): void {
        this.sendClose(1000);
      }
      pauseProducing(): void {
        this.#goesOn = false;
      }
      resumeProducing(): void {
        this.#goesOn = true;
        void this.#produce();
      }
      stopProducing(): void {
        this.#goesOn = false;
        told.put('stopped');
      }
      async #produce(): Promise<void> {
        for (let sent = 0; this.#goesOn; sent++) await Promise.resolve(this.sendMessage(new Uint8Array(1024)));
      }
    }
    class Client extends WebSocketClientProtocol {
      override onOpen(): void {
        this.sendMessage('enough');
      }
      override onClose(_wasClean: boolean, code: number): void {
        told.put(`closed with ${String(code)}`);
      }
    }
    const server = await startServer(t, Endless, reading);

    await startClient(t, server.url, Client, reading);

    assert.equal(await told.take(), 'stopped');
    assert.equal(await told.take(), 'closed with 1000');
  });
});
