// One SERVER span for each opening handshake, by the stable semantic conventions for HTTP. None for frames, and none for connections, which last for days.
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api';
import type { Attributes, Context, ContextManager, Span } from '@opentelemetry/api';
import { subscribeDiagnostics, type ConnectionRequest, type HandshakeMessage } from 'millrace';

// #region
const storage = new AsyncLocalStorage<Context>();

/** Keeps OpenTelemetry's context where a diagnostics channel can set it. */
const contextManager: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.call(thisArg, ...args)),
  bind: (active, target) => {
    if (typeof target !== 'function') return target;
    const apply = (fn: typeof target, thisArg: unknown, args: unknown[]): unknown =>
      storage.run(active, (): unknown => Reflect.apply(fn, thisArg, args));
    return new Proxy(target, { apply });
  },
  enable: () => contextManager,
  disable: () => contextManager,
};

/**
 * Traces the opening handshakes of all servers in this process. Whatever is traced in `onConnect`, and in the handler of the connection, is a child of the span.
 *
 * @returns a function that ends it
 */
export function traceHandshakes(): () => void {
  context.setGlobalContextManager(contextManager);
  const tracer = trace.getTracer('millrace');
  const spans = new WeakMap<HandshakeMessage, Span>();
  const { start } = tracingChannel<Context, HandshakeMessage>('millrace:handshake');

  start.bindStore(storage, (handshake) => {
    const { role, request } = handshake;
    if (role !== 'server' || request === undefined) return context.active();
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes: describeRequest(request) }, parent);
    spans.set(handshake, span);
    return trace.setSpan(parent, span);
  });
  const stop = subscribeDiagnostics('tracing:millrace:handshake:asyncEnd', (handshake) => {
    const span = spans.get(handshake);
    if (span !== undefined) endSpan(span, handshake);
  });
  // A request that is not valid, or never came, is not traced: it gets its span when it is refused.
  const stopRefused = subscribeDiagnostics('millrace:handshake:refused', ({ request, peer, status, error }) => {
    if (request !== undefined) return;
    const attributes = { 'http.request.method': '_OTHER', 'client.address': withoutPort(peer) };
    endSpan(tracer.startSpan('HTTP', { kind: SpanKind.SERVER, attributes }, ROOT_CONTEXT), { status, error });
  });
  return () => {
    start.unbindStore(storage);
    stop();
    stopRefused();
  };
}

function endSpan(span: Span, { status, error }: { status: number | undefined; error: unknown }): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (error !== undefined) span.setAttribute('error.type', status === undefined ? nameOf(error) : String(status));
  // What a client does wrong is no error of the server.
  if (error !== undefined && (status ?? 500) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
// #endregion

function describeRequest({ url, path, peer, headers, encrypted }: ConnectionRequest): Attributes {
  return {
    'http.request.method': 'GET',
    'url.scheme': encrypted ? 'https' : 'http',
    'url.path': path,
    'server.address': url.hostname,
    'server.port': Number(url.port) || (encrypted ? 443 : 80),
    'client.address': withoutPort(peer),
    'network.protocol.version': '1.1',
    'user_agent.original': headers['user-agent'],
  };
}

function withoutPort(peer: string): string {
  return peer.replace(/:\d+$/, '');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
