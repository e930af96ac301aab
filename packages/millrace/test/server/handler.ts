import type { AcceptedHandshake, Decision, HandshakeHandler } from '../../src/server/handshake-handler.ts';
import type { ConnectionRequest } from '../../src/protocol/handshake/rules/connection-request.ts';

type Decide = (request: ConnectionRequest) => Decision<string> | Promise<Decision<string>>;

/** A façade that writes down what happens to it. */
export class TestHandler implements HandshakeHandler<string> {
  readonly connections: AcceptedHandshake<string>[] = [];
  readonly refusals: { readonly error: Error; readonly request: ConnectionRequest | undefined }[] = [];
  readonly errors: Error[] = [];
  readonly #decide: Decide;
  readonly #waiting: (() => void)[] = [];

  constructor(decide: Decide = () => ({ context: 'context' })) {
    this.#decide = decide;
  }

  decide(request: ConnectionRequest): Decision<string> | Promise<Decision<string>> {
    return this.#decide(request);
  }

  accepted(handshake: AcceptedHandshake<string>): void {
    this.connections.push(handshake);
    this.#wake();
  }

  refused(error: Error, request: ConnectionRequest | undefined): void {
    this.refusals.push({ error, request });
    this.#wake();
  }

  error(error: Error): void {
    this.errors.push(error);
  }

  /** Waits until `count` handshakes have been accepted or refused. */
  async settled(count: number): Promise<void> {
    while (this.connections.length + this.refusals.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
