/** The ways to send a stream; each is a pair of classes in ../streaming-hash. */
export const VARIANTS = ['message-based', 'frame-based', 'streaming', 'streaming-producer'] as const;

/** One of {@link VARIANTS}. */
export type Variant = (typeof VARIANTS)[number];

/** Whether a text names a variant. */
export function isVariant(text: string | undefined): text is Variant {
  return VARIANTS.some((variant) => variant === text);
}

/** Bytes in a message, in a frame, or from one digest to the next. */
export const BATCH_SIZE: number = 2 ** 20;

/** What is streamed. */
export type StreamSource =
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'random'; readonly size: number };

/** One source, streamed in one way: the result, as `--json` prints it. */
export interface Run {
  readonly variant: Variant;
  readonly source: 'file' | 'random';
  /** Sent, and answered with a digest. */
  readonly bytes: number;
  /** That the server has sent. */
  readonly digests: number;
  /** Digests that are those that the client computed itself. */
  readonly matching: number;
  /** Millions of bytes a second, from the opening of the connection to the last digest. */
  readonly mbPerSecond: number;
  /** Highest resident memory of the process minus that at the opening of the connection. */
  readonly serverRssGrowthMiB: number;
  readonly clientRssGrowthMiB: number;
}
