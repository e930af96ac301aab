import type { Duplex } from 'node:stream';

import { resolveConnectionOptions, type ResolvedConnectionOptions } from 'millrace/facade';

/** What `closeTimeout` is unless given, in milliseconds. */
export const CLOSE_TIMEOUT = 30_000;

const optionsByCloseTimeout = new Map<number, ResolvedConnectionOptions>();

/** What the defaults of `ws` are in the engine: it has no keepalive and no limit for what waits, reads nothing while paused, and sends a message as one frame. */
export function connectionOptions(closeTimeout: number | undefined): ResolvedConnectionOptions {
  const timeout = isTime(closeTimeout) ? Math.ceil(closeTimeout) : CLOSE_TIMEOUT;
  let options = optionsByCloseTimeout.get(timeout);
  if (options === undefined) {
    options = resolveConnectionOptions({
      closeTimeout: timeout,
      keepAlive: false,
      maxBufferedAmount: Infinity,
      fragmentSize: Infinity,
      readAhead: 0,
    });
    // Programs have one or two; whoever computes it shall not make this grow.
    if (optionsByCloseTimeout.size < 100) optionsByCloseTimeout.set(timeout, options);
  }
  return options;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

/** A limit of `ws`: 0, or anything that is no number, sets none. */
export function toLimit(value: number | undefined): number {
  return typeof value === 'number' && value > 0 ? Math.trunc(value) : 0;
}

/** Draws masking keys by the option `generateMask`. */
export function maskingKeysBy(generateMask: ((mask: Buffer) => void) | undefined): (() => number) | undefined {
  if (generateMask === undefined) return undefined;
  const mask = Buffer.alloc(4);
  return () => {
    generateMask(mask);
    return mask.readInt32LE(0);
  };
}

/** Where the other end of a socket is; empty where that has no address. */
export function peerOf(socket: Duplex): string {
  if (!('remoteAddress' in socket && 'remotePort' in socket)) return '';
  const { remoteAddress, remotePort } = socket;
  if (typeof remoteAddress !== 'string' || typeof remotePort !== 'number') return '';
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
