import {
  checkLimit,
  checkObject,
  checkOptionNames,
  invalidOption,
  type KnownNames,
} from '../../protocol/base/checks.ts';

/** How messages wait while there is no connection, or while it does not take them fast enough. */
export interface QueueOptions {
  /**
   * What may wait, in bytes, by what it costs in memory: the bytes of the messages, and about 1.7 KiB for each.
   *
   * @defaultValue 1_048_576 (1 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many messages may wait.
   *
   * @defaultValue Infinity
   */
  readonly maxMessages?: number | undefined;
  /**
   * What is done with a message for which there is no room: `'reject'` rejects it; `'dropOldest'` rejects those that have waited longest, until there is room.
   *
   * @defaultValue 'reject'
   */
  readonly onFull?: 'reject' | 'dropOldest' | undefined;
}

const QUEUE_OPTION_NAMES: KnownNames<keyof QueueOptions> = { maxBytes: true, maxMessages: true, onFull: true };

/** {@link QueueOptions} with every default filled in and every value checked. */
export interface ResolvedQueueOptions {
  readonly maxBytes: number;
  readonly maxMessages: number;
  readonly onFull: 'reject' | 'dropOldest';
}

/**
 * Fills in the defaults of {@link QueueOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveQueueOptions(options: QueueOptions | undefined): ResolvedQueueOptions | undefined {
  if (options === undefined) return undefined;
  checkObject('option queue', options);
  checkOptionNames('queue', options, QUEUE_OPTION_NAMES);
  const { maxBytes = 1024 * 1024, maxMessages = Infinity, onFull = 'reject' } = options;
  if (!['reject', 'dropOldest'].includes(onFull)) {
    throw invalidOption('queue.onFull', onFull, "'reject' or 'dropOldest'");
  }
  return Object.freeze({
    maxBytes: checkLimit('queue.maxBytes', maxBytes),
    maxMessages: checkLimit('queue.maxMessages', maxMessages),
    onFull,
  });
}
