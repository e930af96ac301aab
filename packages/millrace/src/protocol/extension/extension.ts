import type { ExtensionParameter } from '../base/extension-parameter.ts';
import type { ReservedClaim } from './claims.ts';
import type { MessageTransform, SendTransform } from '../base/transform.ts';

/**
 * An extension of the protocol (RFC 6455 §9): how it is negotiated, and what it does on a connection.
 *
 * One object serves any number of connections; what it must remember of one of them is in the {@link ExtensionSession}.
 *
 * A client offers {@link createOffers}, the server answers the first of them that {@link answerOffer} takes, and the client takes that answer in
 * {@link acceptAnswer}.
 */
export interface Extension {
  /** Its name in the header `Sec-WebSocket-Extensions`: a token. */
  readonly name: string;
  /** What a client offers, the preferred one first; each is a list of parameters, and none offers nothing. */
  createOffers(): readonly (readonly ExtensionParameter[])[];
  /**
   * Answers an offer of a client.
   *
   * @returns what is agreed on, or `undefined` to decline the offer: the next one may do
   */
  answerOffer(offer: readonly ExtensionParameter[]): AgreedExtension | undefined;
  /**
   * Takes the answer of a server to what was offered.
   *
   * @throws {Error} the answer is not one to any of the offers: the opening handshake fails with its message
   */
  acceptAnswer(answer: readonly ExtensionParameter[]): AgreedExtension;
}

/** An extension that both sides have agreed on, with its parameters. */
export interface AgreedExtension {
  /** The parameters of the answer, as they stand in the header of the response. */
  readonly parameters: readonly ExtensionParameter[];
  /** The reserved bits and opcodes that it gives a meaning on this connection. */
  readonly claim?: ReservedClaim | undefined;
  /** Makes its part in the connection. Called once, when the connection is open. */
  createSession(): ExtensionSession;
}

/** What an extension does on one connection. */
export interface ExtensionSession {
  /** Changes what is received, before limits are judged and text is checked. */
  readonly receive?: MessageTransform | undefined;
  /** Changes what is sent, before it is cut into frames. */
  readonly send?: SendTransform | undefined;
  /** The connection has ended: frees what it holds. Called once; jobs that are under way are aborted before. */
  close?(): void;
}
