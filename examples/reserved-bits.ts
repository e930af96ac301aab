// Reserved bits and opcodes with a meaning of our own (RFC 6455 §5.2, §5.8): a message type for files, opcode 3, in which
// frames with RSV2 carry notes about the file between those that carry its content.
import assert from 'node:assert/strict';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from 'millrace';

const FILE = 3;
const RSV2 = 0b010;

/** Both sides claim them; nothing is negotiated. All that is not claimed stays a protocol error. */
const extensionPoints = { dataOpcodes: [FILE], reservedBits: RSV2 };

class FileServer extends WebSocketServerProtocol {
  #name = '';
  #size = 0;

  override onMessageBegin(opcode: number): void {
    assert.equal(opcode, FILE);
  }

  override onMessageFrame(payload: Uint8Array, reserved: number): void {
    if (reserved === RSV2) this.#takeNote(new TextDecoder().decode(payload));
    else this.#size += payload.length;
  }

  override onMessageEnd(): void {
    this.sendMessage(`${this.#name} has ${this.#size} bytes`);
  }

  #takeNote(note: string): void {
    console.log(`Note, after ${this.#size} bytes: ${note}`);
    this.#name ||= note;
  }
}

class FileClient extends WebSocketClientProtocol {
  override onOpen(): void {
    this.beginMessage(FILE);
    this.#sendNote('mill.txt');
    this.sendMessageFrame(new Uint8Array(3000));
    this.#sendNote('half of it');
    this.sendMessageFrame(new Uint8Array(3000));
    this.endMessage();
  }

  override onMessage(answer: string | Uint8Array): void {
    console.log(`Answer: ${String(answer)}`);
    assert.equal(answer, 'mill.txt has 6000 bytes');
    this.sendClose(1000);
  }

  override onClose(wasClean: boolean, code: number, reason: string): void {
    console.log(`Closed with ${code} ${reason}`);
    if (!wasClean) process.exitCode = 1;
    void server.close();
  }

  #sendNote(text: string): void {
    this.sendMessageFrame(new TextEncoder().encode(text), { reserved: RSV2 });
  }
}

const server = await listenWS(
  new WebSocketServerFactory('ws://localhost:0', { protocol: FileServer, extensionPoints }),
);
await connectWS(new WebSocketClientFactory(server.url, { protocol: FileClient, extensionPoints }));
