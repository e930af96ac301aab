import { agreeAsServer, writeAgreed } from '../engine/agreed-extensions.ts';
import { AsyncContext } from '../engine/async-context.ts';
import type { TotalBuffered } from '../engine/total-buffered.ts';
import { isPromise } from '../protocol/base/promise.ts';
import { checkLifetime, withLifetime, type ResolvedConnectionOptions } from '../protocol/connection/options.ts';
import type { Agreed } from '../protocol/extension/negotiate.ts';
import type { AcceptedHandshake, Decision, HandshakeHandler } from '../server/handshake-handler.ts';
import type { OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
import { openFor, type ConnectionEvents, type OpenedConnection } from './open.ts';
import {
  decisionFor,
  type ConnectAnswer,
  type ConnectionHandler,
  type ContextOf,
  type ServeOptions,
} from './serve-options.ts';

/** A connection that is being opened. */
export interface Opening<Context> {
  /** What the connection has as `context`. */
  readonly context: Context;
  /** Where its handler or callbacks run. */
  readonly asyncContext: AsyncContext;
  /** The extensions that are agreed on. */
  readonly agreed: Agreed;
  /** The option of this connection, if it has its own. */
  readonly maxLifetime: number | undefined;
}

/** How accepted connections are opened. */
export interface AcceptingSetup<Context> {
  readonly options: ResolvedConnectionOptions;
  readonly onreadPlaces: OnreadPlaces | undefined;
  /** Whether messages are received at all. */
  readonly receives: boolean;
  readonly events: ConnectionEvents<Context>;
  readonly totalBuffered: TotalBuffered | undefined;
}

/** Makes decisions of what `onConnect` answers. It runs in the async context of the connection to come. */
export function decideBy<Answer extends ConnectAnswer>(
  onConnect: ServeOptions<Answer>['onConnect'],
  options: ResolvedConnectionOptions,
): HandshakeHandler<Opening<ContextOf<Answer>>>['decide'] {
  return (request) => {
    const asyncContext = new AsyncContext();
    const decide = (answer: Answer | undefined): Decision<Opening<ContextOf<Answer>>> => {
      const { subprotocol, headers, context } = decisionFor<Answer>(answer);
      const agreed = agreeAsServer(request.extensions, options);
      const extensions = agreed.answer.length === 0 ? undefined : writeAgreed(agreed);
      const maxLifetime = checkLifetime(typeof answer === 'object' ? answer.maxLifetime : undefined);
      return { subprotocol, headers, extensions, context: { context, asyncContext, agreed, maxLifetime } };
    };
    if (onConnect === undefined) return decide(undefined);
    const answer = asyncContext.open(() => onConnect(request));
    // It may be a promise of another library.
    return isPromise(answer) ? Promise.resolve(answer).then(decide) : decide(answer);
  };
}

/** Makes a connection of an opening handshake that was accepted, for whatever deals with it. */
export function openAccepted<Context>(
  handshake: AcceptedHandshake<Opening<Context>>,
  { options, onreadPlaces, receives, events, totalBuffered }: AcceptingSetup<Context>,
  handler: ConnectionHandler<Context> | undefined,
): OpenedConnection<Context> {
  const { socket, request, subprotocol, extensions = '' } = handshake;
  const { context, asyncContext, agreed, maxLifetime } = handshake.context;
  const made = {
    role: 'server' as const,
    socket,
    options: withLifetime(options, maxLifetime),
    peer: request.peer,
    subprotocol,
    extensions,
    agreed,
    onreadPlaces,
    context: asyncContext,
    totalBuffered,
  };
  return openFor({ made, context, events, receives }, handler);
}
