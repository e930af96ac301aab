import { parseEndpoint } from '../../client/endpoint.ts';
import { resolveClientOptions } from '../../client/options.ts';
import { checkOptions, type KnownNames } from '../../protocol/base/checks.ts';
import { resolveEngineOptions } from '../../engine/engine-options.ts';
import { resolveTransportOptions } from '../../transport/options.ts';
import { CONNECT_OPTION_NAMES, type ConnectOptions } from '../connect.ts';
import { RETRY_OPTION_NAMES, resolveRetryOptions, type ReconnectRules, type RetryOptions } from './retry-options.ts';
import type { ContextAnswer } from '../serve-options.ts';

/** Options of `reconnect`. */
export interface ReconnectOptions<Answer extends ContextAnswer = undefined>
  extends Omit<ConnectOptions<Answer>, 'signal'>, RetryOptions {}

const RECONNECT_OPTION_NAMES: KnownNames<keyof ReconnectOptions> = { ...CONNECT_OPTION_NAMES, ...RETRY_OPTION_NAMES };

/**
 * Fills in the defaults of {@link ReconnectOptions}, and checks all that can be checked before there is a connection.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveReconnectRules(url: string | URL, options: ReconnectOptions<ContextAnswer>): ReconnectRules {
  parseEndpoint(url);
  checkOptions('reconnect', options, RECONNECT_OPTION_NAMES);
  resolveClientOptions(options);
  resolveEngineOptions(options);
  resolveTransportOptions(options);
  return resolveRetryOptions(options);
}
