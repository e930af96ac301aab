import type { Measurement } from '../generator/meter.ts';

/** One round of one peer: it was at work under a load, held connections, or was imported. */
export type Round =
  | ({
      readonly kind: 'exchange';
      /** Resident memory at its highest, and before there was a connection, in bytes. */
      readonly peakMemory: number;
      readonly startMemory: number;
    } & Measurement)
  | { readonly kind: 'idle'; readonly peakMemory: number; readonly bytesPerConnection: number }
  | { readonly kind: 'import'; readonly serverCpu: number; readonly seconds: number };
