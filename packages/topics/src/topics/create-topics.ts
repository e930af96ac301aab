import type { CreateTopicsOptions } from './options.ts';
import { Topics } from './topics.ts';

/**
 * Makes topics: to which one side publishes, and others subscribe.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have; the message names it
 *
 * @example
 * ```ts
 * const topics = createTopics({ topics: { 'chat/**': { history: true } } });
 * const server = await serve({ port: 9000 }, {
 *   open: (connection) => void topics.subscribe(connection, 'chat/1'),
 *   message: async (connection, text) => void (await topics.publish('chat/1', text, { from: connection })),
 * });
 * ```
 */
export function createTopics<Context = unknown>(options: CreateTopicsOptions<Context> = {}): Topics<Context> {
  return new Topics(options);
}
