import type { MessageTransform, SendTransform } from '../protocol/base/transform.ts';
import type { ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { ExtensionSession } from '../protocol/extension/extension.ts';
import {
  acceptAnswers,
  agreeOnNothing,
  answerOffers,
  listOffers,
  type Agreed,
  type NamedParameters,
} from '../protocol/extension/negotiate.ts';
import { describeValue, quote } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { formatExtensionOffers, parseExtensionOffers } from '../protocol/handshake/rules/extension-offer.ts';

type Options = Pick<ResolvedConnectionOptions, 'extensions' | 'extensionPoints' | 'claims'>;

/** Writes what a client offers, as a header; `undefined` for nothing. */
export function writeOffers({ extensions }: Options): string | undefined {
  const offers = listOffers(extensions);
  return offers.length === 0 ? undefined : formatExtensionOffers(offers);
}

/** Writes what was agreed on, as a header; empty for nothing. */
export function writeAgreed({ answer }: Agreed): string {
  return formatExtensionOffers(answer);
}

/** Answers what a client offers. */
export function agreeAsServer(offers: readonly NamedParameters[], options: Options): Agreed {
  const { extensions, extensionPoints, claims } = options;
  if (extensions.length === 0 || offers.length === 0) return agreeOnNothing(claims);
  return answerOffers(extensions, offers, extensionPoints);
}

/**
 * Takes what a server has answered.
 *
 * @throws {HandshakeError} it is no answer to what was offered
 */
export function agreeAsClient(answers: readonly NamedParameters[], options: Options): Agreed {
  const { extensions, extensionPoints, claims } = options;
  if (answers.length === 0) return agreeOnNothing(claims);
  return acceptAnswers(extensions, answers, extensionPoints);
}

/**
 * Takes what was agreed on in an opening handshake that somebody else has done.
 *
 * @param header - `Sec-WebSocket-Extensions` of the response
 *
 * @throws {LocalUsageError} it is no such header, or has what the options do not allow
 * @throws {HandshakeError} as {@link agreeAsClient}
 */
export function agreeBefore(role: 'client' | 'server', header: string | undefined, options: Options): Agreed {
  if (header === undefined || header === '') return agreeOnNothing(options.claims);
  const answers = typeof header === 'string' ? parseExtensionOffers(header) : undefined;
  if (answers === undefined) {
    throw new LocalUsageError(
      `option agreedExtensions is ${describeValue(header)}, expected a list as in RFC 6455 §9.1`,
    );
  }
  if (role === 'client') return agreeAsClient(answers, options);
  // What we would answer to our own answer is the same, if the options allow it.
  const agreed = agreeAsServer(answers, options);
  if (sorted(writeAgreed(agreed)) === sorted(formatExtensionOffers(answers))) return agreed;
  throw new LocalUsageError(
    `option agreedExtensions is ${quote(header)}, which the options compression and extensions do not allow: with them, it would be ${quote(writeAgreed(agreed))}`,
  );
}

/** The same, whatever the order of the parameters. */
function sorted(header: string): string {
  return header.split(/[;,] /).toSorted().join();
}

/** What the extensions do on one connection. */
export class ExtensionSessions {
  readonly receive: MessageTransform[] = [];
  readonly send: SendTransform[] = [];
  readonly #sessions: readonly ExtensionSession[];

  constructor({ extensions }: Agreed) {
    this.#sessions = extensions.map((agreed) => agreed.createSession());
    for (const { receive, send } of this.#sessions) {
      if (receive !== undefined) this.receive.push(receive);
      if (send !== undefined) this.send.push(send);
    }
  }

  /** Frees what they hold. What one throws keeps no other from it, and is nothing that anybody could do anything about. */
  close(): void {
    for (const session of this.#sessions) {
      try {
        session.close?.();
      } catch {
        // The connection has ended.
      }
    }
  }
}
