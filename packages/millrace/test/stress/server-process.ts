// A server in a process of its own, which says how much memory it has. Arguments: a name of SERVERS, and options of the factory as JSON.

import { WebSocketServerFactory, WebSocketServerProtocol, listenWS, type ConnectionOptions } from '../../src/index.ts';
import type { ServerReport } from './stress-server.ts';
import { MIB } from './claim.ts';

const report = { bytes: 0, messages: 0, pings: 0, closeCodes: [] as number[], sent: 0 };

abstract class ReportingServer extends WebSocketServerProtocol {
  override onPing(payload: Uint8Array): void {
    report.pings++;
    void super.onPing(payload);
  }
  override onClose(_wasClean: boolean, code: number): void {
    report.closeCodes.push(code);
  }
}

/** Level 3: counts, and keeps nothing. */
class StreamingServer extends ReportingServer {
  override onMessageFrameData(payload: Uint8Array): void {
    report.bytes += payload.length;
  }
  override onMessageFrameEnd(): void {
    report.messages++;
  }
  override onMessageEnd(): void {
    report.messages++;
  }
}

/** Level 1. */
class CollectingServer extends ReportingServer {
  override onMessage(payload: string | Uint8Array): void {
    report.bytes += payload.length;
    report.messages++;
  }
}

/** Sends without end, and waits when it is told to. */
class WaitingSender extends ReportingServer {
  override onOpen(): void {
    this.onDrain();
  }
  override onDrain(): void {
    let goesOn = true;
    while (goesOn) {
      goesOn = this.sendMessage(PIECE);
      report.sent += PIECE.length;
    }
  }
}

/** Sends 1 GiB at once, and waits for nothing. */
class BlindSender extends ReportingServer {
  override onOpen(): void {
    for (let sent = 0; sent < 1024 * MIB; sent += PIECE.length) {
      this.sendMessage(PIECE.slice());
      report.sent += PIECE.length;
    }
  }
}

const PIECE = new Uint8Array(64 * 1024).fill(0x61);
const SERVERS = { StreamingServer, CollectingServer, WaitingSender, BlindSender };

function takeReport(): ServerReport {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { closeCodes, ...counts } = report;
  return {
    ...counts,
    closeCodes: [...closeCodes],
    rss,
    peakRss: process.resourceUsage().maxRSS * 1024,
    retained: heapUsed + external,
  };
}

const [name, json = '{}'] = process.argv.slice(2);
const protocol = Object.entries(SERVERS).find(([key]) => key === name)?.[1];
if (protocol === undefined) throw new Error(`no server is called ${String(name)}`);
const options = JSON.parse(json) as ConnectionOptions;
const server = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { ...options, protocol }));
process.on('message', () => process.send?.(takeReport()));
process.on('disconnect', () => process.exit());
process.send?.({ port: server.port });
