import { HandshakeError } from '../../protocol/base/errors.ts';
import { unavailable } from '../../protocol/handshake/rules/refusal.ts';
import type { LoopDelay } from './loop-delay.ts';

/** How many may come in. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxPendingHandshakes: number;
  readonly maxLoopDelay: number;
}

/** A handshake that is counted, from the first byte of its transport. */
export interface Candidate {
  /** What it is counted by, besides all others; empty for what has no address. */
  address: string;
  /** Whether it may be given up: its request is still to come, or it has been refused and lingers. */
  readonly isDispensable: boolean;
}

/**
 * Counts handshakes and connections, all and by address, and says who comes too many.
 *
 * Where as many handshakes are under way as may be, an address that holds more of them than the newcomer's gives one up whose request is still to come: whoever opens
 * sockets and says nothing locks out nobody but himself.
 */
export class Admission<Member extends Candidate> {
  readonly #limits: AdmissionLimits;
  readonly #loopDelay: LoopDelay;
  readonly #pending = new Set<Member>();
  /** The handshakes of each address, the oldest first. */
  readonly #pendingOf = new Map<string, Set<Member>>();
  /** The connections of each address, where these are limited. */
  readonly #connectionsOf = new Map<string, number>();
  #connections = 0;

  constructor(limits: AdmissionLimits, loopDelay: LoopDelay) {
    this.#limits = limits;
    this.#loopDelay = loopDelay;
  }

  /** Connections that were accepted and are still there. */
  get connections(): number {
    return this.#connections;
  }

  /** Handshakes under way. */
  get pending(): ReadonlySet<Member> {
    return this.#pending;
  }

  /** Says why a new transport of `address` cannot be taken, if it cannot. */
  findObstacle(address: string): HandshakeError | undefined {
    const { maxLoopDelay, maxPendingHandshakes } = this.#limits;
    if (this.#loopDelay.current() > maxLoopDelay) return overload('maxLoopDelay', `${String(maxLoopDelay)} ms`);
    if (this.#pending.size >= maxPendingHandshakes && this.findDisplaced(address) === undefined) {
      return overload('maxPendingHandshakes', String(maxPendingHandshakes));
    }
    return this.findFull(address);
  }

  /** Says why there can be no further connection for `address`, if there can be none. */
  findFull(address: string): HandshakeError | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#connections >= maxConnections) return overload('maxConnections', String(maxConnections));
    if (address !== '' && (this.#connectionsOf.get(address) ?? 0) >= maxConnectionsPerAddress) {
      return overload('maxConnectionsPerAddress', String(maxConnectionsPerAddress));
    }
    return undefined;
  }

  /** Finds the handshake that has to go for one of `address`, if as many are under way as may be. */
  findDisplaced(address: string): Member | undefined {
    if (this.#pending.size < this.#limits.maxPendingHandshakes) return undefined;
    let most = (this.#pendingOf.get(address)?.size ?? 0) + 1;
    let largest: Set<Member> | undefined;
    for (const [other, members] of this.#pendingOf) {
      if (other !== address && other !== '' && members.size > most) [largest, most] = [members, members.size];
    }
    for (const member of largest ?? []) if (member.isDispensable) return member;
    return undefined;
  }

  /** Counts a handshake. */
  enter(member: Member): void {
    this.#pending.add(member);
    const members = this.#pendingOf.get(member.address);
    if (members === undefined) this.#pendingOf.set(member.address, new Set([member]));
    else members.add(member);
    this.#loopDelay.watch();
  }

  /** Counts a handshake for another address: the one that it turned out to come from. */
  move(member: Member, address: string): void {
    if (member.address === address || !this.#pending.has(member)) return;
    this.#forget(member);
    member.address = address;
    this.enter(member);
  }

  /** Counts a handshake no more. */
  leave(member: Member): void {
    this.#forget(member);
    this.#rest();
  }

  /**
   * Counts a connection, in place of its handshake.
   *
   * @returns to be called when it is over
   */
  accept(member: Member): () => void {
    this.#forget(member);
    const { address } = member;
    this.#connections++;
    if (address === '' || this.#limits.maxConnectionsPerAddress === Infinity) return this.#end;
    this.#connectionsOf.set(address, (this.#connectionsOf.get(address) ?? 0) + 1);
    return () => {
      const left = (this.#connectionsOf.get(address) ?? 0) - 1;
      if (left > 0) this.#connectionsOf.set(address, left);
      else this.#connectionsOf.delete(address);
      this.#end();
    };
  }

  /** A connection is over. One function for all, where addresses are not counted. */
  readonly #end = (): void => {
    this.#connections--;
    this.#rest();
  };

  #forget(member: Member): void {
    if (!this.#pending.delete(member)) return;
    const members = this.#pendingOf.get(member.address);
    members?.delete(member);
    if (members?.size === 0) this.#pendingOf.delete(member.address);
  }

  #rest(): void {
    if (this.#pending.size === 0 && this.#connections === 0) this.#loopDelay.rest();
  }
}

/** Says that the server has enough to do. */
export function overload(option: string, limit: string): HandshakeError {
  return unavailable(`the server has as much to do as it may: ${option}, ${limit}`);
}
