import { LocalUsageError } from '../base/errors.ts';
import { Opcode, formatOpcode, isControlOpcode, isDefinedOpcode } from '../base/opcode.ts';
import type { ReservedRules } from '../wire/header-rules.ts';

/** Reserved bits and opcodes that somebody gives a meaning on a connection (RFC 6455 §5.2, §5.8). */
export interface ReservedClaim {
  /** Reserved bits on the first frame of a message, as a three-bit number: RSV1 is `0b100`. */
  readonly firstFrameBits?: number | undefined;
  /** Reserved bits on its later frames. */
  readonly continuationBits?: number | undefined;
  /** Reserved bits on control frames. */
  readonly controlBits?: number | undefined;
  /** Reserved opcodes, of data frames (3 to 7) and of control frames (0xB to 0xF). */
  readonly opcodes?: readonly number[] | undefined;
}

/**
 * Reserved bits and opcodes that the application itself gives a meaning: an extension that is not negotiated.
 *
 * What is claimed reaches the hooks and may be sent; all else stays a protocol error.
 */
export interface ExtensionPoints {
  /** Reserved bits, on frames of any kind, as a three-bit number: RSV1 is `0b100`, RSV2 `0b010`, RSV3 `0b001`. */
  readonly reservedBits?: number | undefined;
  /** Opcodes from 3 to 7, which begin messages of a type of their own. */
  readonly dataOpcodes?: readonly number[] | undefined;
  /** Opcodes from 0xB to 0xF. */
  readonly controlOpcodes?: readonly number[] | undefined;
}

const FRAME_KINDS = ['firstFrameBits', 'continuationBits', 'controlBits'] as const;

/** What is claimed on a connection: what may be received, and sent. */
export interface Claims extends ReservedRules {
  /** Says whether a message may be sent with `opcode`: Text, Binary, or a claimed one for data. */
  allowsMessage(opcode: number): boolean;
}

/** The one table of what is claimed on a connection, and by whom. */
export class ClaimTable implements Claims {
  /** Who claimed what, by kind of frame and bit (`controlBits 2`) or by opcode (`0xB`); made for the first claim. */
  #owners: Map<string, string> | undefined;
  firstFrameBits = 0;
  continuationBits = 0;
  controlBits = 0;

  /**
   * Enters a claim.
   *
   * @param owner - whose claim it is, for messages
   *
   * @throws {LocalUsageError} a bit or an opcode of it is claimed already, is not reserved, or is none; the table is as before
   */
  claim(owner: string, claim: ReservedClaim): void {
    for (const kind of FRAME_KINDS) this.#checkBits(kind, owner, claim);
    for (const opcode of claim.opcodes ?? []) this.#checkOpcode(opcode, owner);

    for (const kind of FRAME_KINDS) this.#enterBits(kind, owner, claim);
    for (const opcode of claim.opcodes ?? []) this.#enter(formatOpcode(opcode), owner);
  }

  allowsOpcode(opcode: number): boolean {
    return this.#owners?.has(formatOpcode(opcode)) ?? false;
  }

  allowsMessage(opcode: number): boolean {
    if (opcode === Opcode.TEXT || opcode === Opcode.BINARY) return true;
    return this.allowsOpcode(opcode) && !isControlOpcode(opcode);
  }

  #checkBits(kind: (typeof FRAME_KINDS)[number], claimant: string, claim: ReservedClaim): void {
    const bits = claim[kind] ?? 0;
    if (!Number.isInteger(bits) || bits < 0 || bits > 0b111) {
      throw new LocalUsageError(`${claimant} claims reserved bits ${String(bits)}, expected 0 to 0b111`);
    }
    const index = BITS.findIndex((bit) => (bits & this[kind] & bit) !== 0);
    if (index === -1) return;
    const owner = String(this.#owners?.get(`${kind} ${String(index)}`));
    throw new LocalUsageError(`${claimant} claims RSV${String(index + 1)}, which ${owner} has`);
  }

  #checkOpcode(opcode: number, claimant: string): void {
    if (!Number.isInteger(opcode) || opcode < 0 || opcode > 0xf || isDefinedOpcode(opcode)) {
      throw new LocalUsageError(`${claimant} claims opcode ${String(opcode)}, expected 3 to 7 or 0xB to 0xF`);
    }
    const owner = this.#owners?.get(formatOpcode(opcode));
    if (owner === undefined) return;
    throw new LocalUsageError(`${claimant} claims opcode ${formatOpcode(opcode)}, which ${owner} has`);
  }

  #enterBits(kind: (typeof FRAME_KINDS)[number], owner: string, claim: ReservedClaim): void {
    const bits = claim[kind] ?? 0;
    this[kind] |= bits;
    BITS.forEach((bit, index) => {
      if ((bits & bit) !== 0) this.#enter(`${kind} ${String(index)}`, owner);
    });
  }

  #enter(claimed: string, owner: string): void {
    this.#owners ??= new Map();
    this.#owners.set(claimed, owner);
  }
}

/** RSV1, RSV2, RSV3. */
const BITS = [0b100, 0b010, 0b001];

/**
 * Makes the table of a connection on which the application alone claims something.
 *
 * @throws {LocalUsageError} as {@link ClaimTable.claim}; an opcode in the wrong list
 */
export function claimExtensionPoints(points: ExtensionPoints): ClaimTable {
  const { reservedBits = 0, dataOpcodes = [], controlOpcodes = [] } = points;
  const owner = 'the option extensionPoints';
  const misplaced =
    dataOpcodes.find((opcode) => isControlOpcode(opcode)) ?? controlOpcodes.find((opcode) => !isControlOpcode(opcode));
  if (misplaced !== undefined) {
    throw new LocalUsageError(
      `${owner} has opcode ${String(misplaced)} in the wrong list: dataOpcodes are 3 to 7, controlOpcodes 0xB to 0xF`,
    );
  }
  const table = new ClaimTable();
  table.claim(owner, {
    firstFrameBits: reservedBits,
    continuationBits: reservedBits,
    controlBits: reservedBits,
    opcodes: [...dataOpcodes, ...controlOpcodes],
  });
  return table;
}
