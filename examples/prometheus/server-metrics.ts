// The metrics of a server for Prometheus. No label comes from an address, a path or whatever else a client can choose.
import { CloseCode, subscribeDiagnostics, type HandshakeMessage, type WebSocketServer } from 'millrace';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

// #region
const KNOWN_CODES: ReadonlySet<number> = new Set<number>(Object.values(CloseCode));

/** A server of `serve` or `listenWS`. */
type Counting = Pick<WebSocketServer, 'stats'>;

/**
 * Registers the metrics of a server. What the server counts anyway is read when Prometheus asks; only the time of opening handshakes is measured as they happen.
 *
 * @returns a function that ends the measuring
 */
export function registerMetrics(server: Counting, registry: Registry): () => void {
  countConnections(server, [registry]);
  countRefusalsAndClosures(server, [registry]);
  return measureHandshakes([registry]);
}

function countConnections(server: Counting, registers: Registry[]): void {
  new Gauge({
    name: 'millrace_connections',
    help: 'Open connections',
    registers,
    collect() {
      this.set(server.stats.open);
    },
  });
  new Counter({
    name: 'millrace_connections_total',
    help: 'Connections that were accepted',
    registers,
    collect() {
      this.reset();
      this.inc(server.stats.accepted);
    },
  });
  new Counter({
    name: 'millrace_received_bytes_total',
    help: 'Bytes received on connections, headers of frames included',
    registers,
    collect() {
      this.reset();
      this.inc(server.stats.bytesReceived);
    },
  });
}

function countRefusalsAndClosures(server: Counting, registers: Registry[]): void {
  new Counter({
    name: 'millrace_handshakes_refused_total',
    help: 'Opening handshakes that were refused, by status; "none" where there was no response',
    labelNames: ['status'],
    registers,
    collect() {
      const { refused, unanswered } = server.stats;
      this.reset();
      this.inc({ status: 'none' }, unanswered);
      for (const [status, count] of Object.entries(refused)) this.inc({ status }, count);
    },
  });
  new Counter({
    name: 'millrace_closures_total',
    help: 'Connections that have ended, by close code; "other" for codes that RFC 6455 does not know',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of Object.entries(server.stats.closed)) {
        this.inc({ code: KNOWN_CODES.has(Number(code)) ? code : 'other' }, count);
      }
    },
  });
}

function measureHandshakes(registers: Registry[]): () => void {
  const duration = new Histogram({
    name: 'millrace_handshake_duration_seconds',
    help: 'Time from a valid request to its response',
    buckets: [0.001, 0.01, 0.1, 1, 10],
    registers,
  });
  const timers = new WeakMap<HandshakeMessage, () => number>();
  const stops = [
    subscribeDiagnostics('tracing:millrace:handshake:start', (handshake) => {
      if (handshake.role === 'server') timers.set(handshake, duration.startTimer());
    }),
    subscribeDiagnostics('tracing:millrace:handshake:asyncEnd', (handshake) => void timers.get(handshake)?.()),
  ];
  return () => stops.forEach((stop) => stop());
}
// #endregion
