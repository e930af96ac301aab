import { agreeAsClient, writeOffers } from '../engine/agreed-extensions.ts';
import { traceHandshake } from '../engine/diagnostics/handshake-trace.ts';
import type { ConnectionMade } from '../engine/engine-connection.ts';
import { AsyncContext } from '../engine/async-context.ts';
import { redactUrl } from '../protocol/base/checks.ts';
import { HandshakeError } from '../protocol/base/errors.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { Agreed } from '../protocol/extension/negotiate.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { formatExtensionOffers } from '../protocol/handshake/rules/extension-offer.ts';
import { findOnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import { dial } from './dial.ts';
import type { ResolvedClientOptions } from './options.ts';

/** What {@link establish} establishes. */
export interface EstablishSetup<Answer> {
  readonly url: string | URL;
  readonly client: ResolvedClientOptions;
  readonly connection: ResolvedConnectionOptions;
  readonly sharedReadBuffer: boolean;
  /** The server has accepted the connection. What this throws ends it before it is open. */
  readonly onConnect: (response: ConnectionResponse) => Answer | Promise<Answer>;
}

/** A client's connection whose opening handshake is done. */
export interface EstablishedConnection<Answer> {
  readonly made: ConnectionMade;
  /** What came right behind the opening handshake. */
  readonly head: Uint8Array;
  /** What `onConnect` gave. */
  readonly answer: Answer;
}

/**
 * Establishes a connection to a server, for whichever façade.
 *
 * @throws {HandshakeError} the server did not accept, or not as RFC 6455 §4.1 demands; the time was up
 * @throws {TransportError} there is no connection to the server
 * @throws {Error} or whatever else is the reason of the option `signal`, if it was aborted before this returns
 */
export async function establish<Answer>(setup: EstablishSetup<Answer>): Promise<EstablishedConnection<Answer>> {
  const trace = traceHandshake({ role: 'client', url: redactUrl(String(setup.url)) });
  if (trace === undefined) return establishUntraced(setup);
  try {
    const established = await trace.run(() => establishUntraced(setup));
    const { peer, subprotocol } = established.made;
    trace.end({ status: 101, peer, subprotocol });
    return established;
  } catch (error) {
    trace.end({ status: error instanceof HandshakeError ? error.status : undefined, error });
    throw error;
  }
}

async function establishUntraced<Answer>(setup: EstablishSetup<Answer>): Promise<EstablishedConnection<Answer>> {
  const { client, connection: options, onConnect } = setup;
  const onreadPlaces = setup.sharedReadBuffer ? await findOnreadPlaces() : undefined;
  const { socket, head, response } = await dial(setup.url, client, writeOffers(options));
  const context = new AsyncContext();
  let answer: Answer;
  let agreed: Agreed;
  try {
    agreed = agreeAsClient(response.extensions, options);
    answer = await context.open(() => onConnect(response));
    client.signal?.throwIfAborted();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const { peer, subprotocol } = response;
  const extensions = formatExtensionOffers(response.extensions);
  return {
    made: { role: 'client', socket, options, onreadPlaces, peer, subprotocol, extensions, agreed, context },
    head,
    answer,
  };
}
