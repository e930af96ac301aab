/** One figure and what it may be at most. */
export interface Measurement {
  /** What was measured. */
  readonly what: string;
  readonly measured: number;
  /** The most that it may be, in the same unit; `undefined` for a figure that is only shown. */
  readonly limit?: number | undefined;
  readonly unit: string;
}

/** Something that we say about memory or load, and that can turn out to be false. */
export interface Claim {
  /** What is said, as a sentence. */
  readonly title: string;
  /** Puts it to the test. Throws if it cannot. */
  measure(): Promise<readonly Measurement[]>;
}

export const KIB: number = 1024;
export const MIB: number = 1024 * 1024;

/** Says whether a figure is what it may be. */
export function holds({ measured, limit }: Measurement): boolean {
  return limit === undefined || measured <= limit;
}
