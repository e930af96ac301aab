import { ADDRCONFIG, lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { onAbort } from '../engine/abort.ts';
import { createDeferred, type Deferred } from '../engine/deferred.ts';
import { Fifo } from '../protocol/base/fifo.ts';
import { OpeningDeadline } from './deadline.ts';
import { parseEndpoint, type Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';

/** The turn of one opening handshake, until it is given back. */
export interface HandshakeTurn {
  /** How to find the addresses again that the turn is for. */
  readonly lookup: LookupFunction | undefined;
  /** Gives it back: the next one has its turn. Repeating it does nothing. */
  release(): void;
}

/** Somebody who waits for all places that one handshake may lead to. */
interface Waiting {
  readonly turn: Deferred<undefined>;
  readonly places: readonly string[];
}

/**
 * Lets one opening handshake at a time be under way to an address and port. One that may lead to several addresses, as Happy Eyeballs has it, is one, and waits for
 * all of them.
 *
 * @see WHATWG WebSockets §2.1 (Connections), as RFC 6455 §4.1 demands of a client, number 2
 */
export class HandshakeTurns {
  /** Who has a place, or waits for it; the first has it. All come into their lines at once, so nobody waits in a circle. */
  readonly #lines = new Map<string, Fifo<Waiting>>();

  /** How many places somebody has or waits for. */
  get size(): number {
    return this.#lines.size;
  }

  /**
   * Waits for the places that a handshake may lead to.
   *
   * @param signal - leaves the lines; its reason is what this rejects with
   *
   * @returns what gives them back; repeating it does nothing
   */
  async take(places: readonly string[], signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const waiting: Waiting = { turn: createDeferred(), places: [...new Set(places)] };
    const entries = waiting.places.map((place) => ({ place, entry: this.#lineOf(place).put(waiting) }));
    const leave = (): void => {
      for (const { place, entry } of entries.splice(0)) {
        const line = this.#lineOf(place);
        line.remove(entry);
        if (line.size === 0) this.#lines.delete(place);
        else this.#look(line);
      }
    };
    onAbort(signal, waiting.turn.promise, (reason) => {
      leave();
      waiting.turn.reject(reason);
    });
    if (this.#isFirst(waiting)) waiting.turn.resolve(undefined);
    await waiting.turn.promise;
    return leave;
  }

  #lineOf(place: string): Fifo<Waiting> {
    const line = this.#lines.get(place) ?? new Fifo<Waiting>();
    this.#lines.set(place, line);
    return line;
  }

  #look(line: Fifo<Waiting>): void {
    const first = line.peek();
    if (first !== undefined && this.#isFirst(first)) first.turn.resolve(undefined);
  }

  #isFirst(waiting: Waiting): boolean {
    return waiting.places.every((place) => this.#lines.get(place)?.peek() === waiting);
  }
}

/** All of this process. */
const turns = new HandshakeTurns();

/**
 * Waits until no other opening handshake that has a turn is under way to the same address and port. Names are looked up for that, as long as `handshakeTimeout`
 * allows; the time for the handshake itself begins after it.
 *
 * @throws {Error} the reason of the option `signal`, if that was aborted before
 */
export async function takeHandshakeTurn(url: URL, options: ResolvedClientOptions): Promise<HandshakeTurn> {
  const endpoint = parseEndpoint(url);
  const signal = options.signal ?? new AbortController().signal;
  const addresses = await findAddresses(endpoint, options);
  signal.throwIfAborted();
  const port = String(endpoint.port);
  const places = addresses.map(({ address }) => `${address} ${port}`);
  // Somebody else finds the way, or there is none: the name is all that is known.
  const release = await turns.take(places.length === 0 ? [nameOf(endpoint, options)] : places, signal);
  return { lookup: places.length === 0 ? options.lookup : lookupOf(addresses), release };
}

function nameOf({ hostname, port, socketPath }: Endpoint, options: ResolvedClientOptions): string {
  return `by name: ${options.socketPath ?? socketPath ?? `${hostname} ${String(port)}`}`;
}

/** The addresses that a handshake may lead to; none, if they are not for us to find. */
async function findAddresses(endpoint: Endpoint, options: ResolvedClientOptions): Promise<readonly LookupAddress[]> {
  const { hostname, socketPath } = endpoint;
  const { proxy, createConnection, agent } = options;
  const isOthers = [proxy, createConnection, agent, options.socketPath ?? socketPath].some((one) => one !== undefined);
  const family = isIP(hostname);
  if (isOthers) return [];
  if (family !== 0) return [{ address: hostname, family }];
  const deadline = new OpeningDeadline(options.handshakeTimeout, options.signal);
  const found = createDeferred<readonly LookupAddress[]>();
  onAbort(deadline.signal, found.promise, () => found.resolve([]));
  // What goes wrong, goes wrong again for the handshake, which says so.
  try {
    const wanted: LookupOptions = {
      all: true,
      ...(options.family === undefined ? { hints: ADDRCONFIG } : { family: options.family }),
    };
    const look: LookupFunction = options.lookup ?? lookUp;
    look(hostname, wanted, (error, result, ofFamily) =>
      found.resolve(error === null ? listAddresses(result, ofFamily) : []),
    );
  } catch {
    found.resolve([]);
  }
  const addresses = await found.promise;
  deadline.stop();
  return addresses;
}

/** A function of an application may not know that all are wanted. */
function listAddresses(result: string | LookupAddress[], family: number | undefined): LookupAddress[] {
  return typeof result === 'string' ? [{ address: result, family: family ?? isIP(result) }] : result;
}

function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else if (first !== undefined) callback(null, first.address, first.family);
  };
}
