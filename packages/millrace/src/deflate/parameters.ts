import type { ExtensionParameter } from '../protocol/base/extension-parameter.ts';
import { quote } from '../protocol/base/checks.ts';

/** The largest window there is: what holds where nothing is said. */
export const LARGEST_WINDOW_BITS = 15;

/**
 * The smallest window that we compress with. RFC 7692 has 8 as well, but zlib compresses with 9 then, whose output a window of 8 may not be able to
 * read.
 */
export const SMALLEST_WINDOW_BITS = 9;

/** The parameters of permessage-deflate, as they stand in an offer or an answer (RFC 7692 §7.1). */
export interface DeflateParameters {
  /** The server compresses each message without the history of the ones before. */
  readonly serverNoContextTakeover: boolean;
  /** The client does. */
  readonly clientNoContextTakeover: boolean;
  /** The server's window is at most 2 to the power of this: 8 to 15; `undefined` if nothing is said. */
  readonly serverMaxWindowBits: number | undefined;
  /** The client's; `true` in an offer without a value, which says that the server may limit it. */
  readonly clientMaxWindowBits: number | true | undefined;
}

const NAMES = {
  serverNoContextTakeover: 'server_no_context_takeover',
  clientNoContextTakeover: 'client_no_context_takeover',
  serverMaxWindowBits: 'server_max_window_bits',
  clientMaxWindowBits: 'client_max_window_bits',
} as const;

/** Writes parameters. */
export function writeParameters(parameters: DeflateParameters): readonly ExtensionParameter[] {
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = parameters;
  const written: ExtensionParameter[] = [];
  if (serverNoContextTakeover) written.push({ name: NAMES.serverNoContextTakeover, value: undefined });
  if (clientNoContextTakeover) written.push({ name: NAMES.clientNoContextTakeover, value: undefined });
  if (serverMaxWindowBits !== undefined) {
    written.push({ name: NAMES.serverMaxWindowBits, value: String(serverMaxWindowBits) });
  }
  if (clientMaxWindowBits !== undefined) {
    const value = clientMaxWindowBits === true ? undefined : String(clientMaxWindowBits);
    written.push({ name: NAMES.clientMaxWindowBits, value });
  }
  return Object.freeze(written);
}

/**
 * Reads the parameters of an offer or an answer.
 *
 * @returns them, or what is wrong: a parameter that is unknown, there twice, or has a value that it cannot have (RFC 7692 §7.1)
 */
export function readParameters(
  list: readonly ExtensionParameter[],
  kind: 'offer' | 'answer',
): DeflateParameters | string {
  const values = new Map<string, string | undefined>();
  for (const { name, value } of list) {
    const problem = values.has(name) ? `${name} is there twice` : findProblem(name, value, kind);
    if (problem !== undefined) return problem;
    values.set(name, value);
  }
  return {
    serverNoContextTakeover: values.has(NAMES.serverNoContextTakeover),
    clientNoContextTakeover: values.has(NAMES.clientNoContextTakeover),
    serverMaxWindowBits: readBits(values.get(NAMES.serverMaxWindowBits)),
    clientMaxWindowBits: values.has(NAMES.clientMaxWindowBits)
      ? (readBits(values.get(NAMES.clientMaxWindowBits)) ?? true)
      : undefined,
  };
}

function findProblem(name: string, value: string | undefined, kind: 'offer' | 'answer'): string | undefined {
  switch (name) {
    case NAMES.serverNoContextTakeover:
    case NAMES.clientNoContextTakeover:
      return value === undefined ? undefined : `${name} has the value ${quote(value)}, expected none`;
    case NAMES.serverMaxWindowBits:
    case NAMES.clientMaxWindowBits:
      // Only a client that leaves the choice to the server may say nothing.
      if (value === undefined && name === NAMES.clientMaxWindowBits && kind === 'offer') return undefined;
      return readBits(value) === undefined ? `${name} has ${describe(value)}, expected 8 to 15` : undefined;
    default:
      return `${quote(name)} is no parameter of it`;
  }
}

function describe(value: string | undefined): string {
  return value === undefined ? 'no value' : `the value ${quote(value)}`;
}

/** A decimal number without leading zeros, from 8 to 15. */
function readBits(value: string | undefined): number | undefined {
  return value !== undefined && /^([89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}
