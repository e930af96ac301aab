import { quote } from '../base/checks.ts';
import { HandshakeError, LocalUsageError } from '../base/errors.ts';
import type { ExtensionParameter } from '../base/extension-parameter.ts';
import { ClaimTable, type Claims, type ExtensionPoints, claimExtensionPoints } from './claims.ts';
import type { AgreedExtension, Extension } from './extension.ts';

/** An element of the header `Sec-WebSocket-Extensions`. */
export interface NamedParameters {
  readonly name: string;
  readonly parameters: readonly ExtensionParameter[];
}

/** What both sides have agreed on. */
export interface Agreed {
  /** In the order of the answer, in which they change what is sent. */
  readonly extensions: readonly AgreedExtension[];
  /** The answer. */
  readonly answer: readonly NamedParameters[];
  /** All that may be received. */
  readonly claims: Claims;
}

/** Lists what a client offers. */
export function listOffers(extensions: readonly Extension[]): readonly NamedParameters[] {
  return extensions.flatMap((extension) =>
    extension.createOffers().map((parameters) => ({ name: extension.name, parameters })),
  );
}

/**
 * Answers the offers of a client, in their order (RFC 6455 §9.1): each extension once. One that claims what another has claimed, or the application itself, is
 * declined.
 */
export function answerOffers(
  extensions: readonly Extension[],
  offers: readonly NamedParameters[],
  points: ExtensionPoints,
): Agreed {
  const agreement = new Agreement(points);
  for (const { name, parameters } of offers) {
    const extension = extensions.find((one) => one.name === name);
    if (extension === undefined || agreement.has(name)) continue;
    const agreed = extension.answerOffer(parameters);
    if (agreed !== undefined) agreement.addIfPossible(name, agreed);
  }
  return agreement;
}

/**
 * Takes the answers of a server.
 *
 * @throws {HandshakeError} an answer is none to what was offered, or two extensions claim the same
 */
export function acceptAnswers(
  extensions: readonly Extension[],
  answers: readonly NamedParameters[],
  points: ExtensionPoints,
): Agreed {
  const agreement = new Agreement(points);
  for (const { name, parameters } of answers) {
    const extension = extensions.find((one) => one.name === name);
    if (extension === undefined || agreement.has(name)) {
      throw new HandshakeError(
        `the server accepted extension ${quote(name)}, which was not offered, or accepted twice`,
      );
    }
    const agreed = accept(extension, parameters);
    if (!agreement.addIfPossible(name, agreed)) {
      throw new HandshakeError(`the server accepted extension ${quote(name)} together with another that excludes it`);
    }
  }
  return agreement;
}

function accept(extension: Extension, parameters: readonly ExtensionParameter[]): AgreedExtension {
  try {
    return extension.acceptAnswer(parameters);
  } catch (error) {
    if (error instanceof HandshakeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandshakeError(`extension ${quote(extension.name)} does not accept the answer of the server: ${reason}`);
  }
}

/** What is agreed on so far. */
class Agreement implements Agreed {
  readonly extensions: AgreedExtension[] = [];
  readonly answer: NamedParameters[] = [];
  readonly #points: ExtensionPoints;
  #table: ClaimTable | undefined;

  constructor(points: ExtensionPoints) {
    this.#points = points;
  }

  get claims(): Claims {
    return this.#claimTable;
  }

  has(name: string): boolean {
    return this.answer.some((one) => one.name === name);
  }

  /** @returns whether nobody else claims what it claims */
  addIfPossible(name: string, agreed: AgreedExtension): boolean {
    try {
      this.#claimTable.claim(`the extension ${name}`, agreed.claim ?? {});
    } catch (error) {
      if (error instanceof LocalUsageError) return false;
      throw error;
    }
    this.extensions.push(agreed);
    this.answer.push({ name, parameters: agreed.parameters });
    return true;
  }

  get #claimTable(): ClaimTable {
    return (this.#table ??= claimExtensionPoints(this.#points));
  }
}

/** Nothing is agreed on: what the application itself has claimed is all that may be received. */
export function agreeOnNothing(claims: Claims): Agreed {
  return { extensions: NONE, answer: NONE, claims };
}

const NONE: readonly never[] = Object.freeze([]);
