import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { HandshakeGate } from '../handshake-gate.ts';
import { Http1Exchange } from './http1-exchange.ts';

/** What an HTTP server of Node.js tells with the event `'upgrade'`. */
export interface UpgradeEvent {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Uint8Array;
  /** The property of that server; `null` and `undefined` are the default. */
  readonly maxHeadersCount?: number | null | undefined;
}

/** How many header lines Node.js keeps of a request unless it is told otherwise; others may be lost. (Not 2000, as it says.) */
const NODE_MAX_HEADERS = 1000;

/** Says whether all header lines of a request are there, for sure. */
export function keepsAllHeaders({ rawHeaders }: IncomingMessage, maxHeadersCount: number | null | undefined): boolean {
  return rawHeaders.length / 2 < keptHeaders(maxHeadersCount);
}

function keptHeaders(maxHeadersCount: number | null | undefined): number {
  const kept = maxHeadersCount ?? NODE_MAX_HEADERS;
  return kept > 0 ? kept : Infinity;
}

/** Has a gate answer a request that another server has received. */
export function answerUpgrade<Context>(gate: HandshakeGate<Context>, event: UpgradeEvent): void {
  const { message, socket, head, maxHeadersCount } = event;
  const kept = keptHeaders(maxHeadersCount);
  const exchange = new Http1Exchange(socket);
  // A full list may be one that has lost lines.
  exchange.receive({ message, head, maxHeaderCount: kept - 1 });
  const pending = gate.begin(socket, exchange);
  if (pending !== undefined) gate.answer(pending);
}
