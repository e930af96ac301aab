import { WebSocketServerFactory, listenWS } from 'millrace';
import type { WebSocketServerProtocol } from 'millrace';

import { FrameBasedHashServer } from '../streaming-hash/frame-based-server.ts';
import { MessageBasedHashServer } from '../streaming-hash/message-based-server.ts';
import { StreamingHashServer } from '../streaming-hash/streaming-server.ts';
import { UsageError, exitWith, messageOf, runMain, systemErrorCode } from '../support/program.ts';
import { ChildReporter } from './child-process.ts';
import { sendReport } from './report.ts';
import { BATCH_SIZE, isVariant } from './run.ts';
import type { Variant } from './run.ts';

const HOST = '127.0.0.1';

/** The program of the server process. */
export const SERVER_PROGRAM: string = import.meta.url;

/** What a server is told on its command line. */
export interface ServerArguments {
  readonly variant: Variant;
  /** 0 for any free port. */
  readonly port: number;
  /** How many bytes the client will send: a digest is due after the last of them. */
  readonly size: number;
}

runMain(import.meta.url, async () => {
  const [variant, port, size] = process.argv.slice(2);
  if (!isVariant(variant)) throw new Error('Started by main.js');

  const protocol = createProtocol(variant, Number(size), new ChildReporter());
  const factory = new WebSocketServerFactory(`ws://${HOST}:${port}`, {
    protocol,
    lendPayload: true,
    onError: exitWith,
  });
  const server = await listenWS(factory).catch((error: unknown) => {
    throw new UsageError(describe(error, `${HOST}:${port}`), { cause: error });
  });
  await sendReport({ url: server.url, rss: process.memoryUsage.rss() });
});

/** The class of a variant, which also says when its connection begins and ends. */
function createProtocol(variant: Variant, size: number, reporter: ChildReporter): new () => WebSocketServerProtocol {
  const servers = {
    'message-based': class extends MessageBasedHashServer {
      override onOpen(): void {
        reporter.start();
      }
      override onClose(): void {
        reporter.finish();
      }
    },
    'frame-based': class extends FrameBasedHashServer {
      override onOpen(): void {
        reporter.start();
      }
      override onClose(): void {
        reporter.finish();
      }
    },
    streaming: class extends StreamingHashServer {
      override onOpen(): void {
        reporter.start();
      }
      override onMessageFrameBegin(): void {
        if (size === 0) this.sendDigest();
      }
      override onMessageFrameData(data: Uint8Array): void {
        super.onMessageFrameData(data);
        // The last batch may be a short one.
        if (this.received === size && size % BATCH_SIZE !== 0) this.sendDigest();
      }
      override onClose(): void {
        reporter.finish();
      }
    },
  };
  return servers[variant === 'streaming-producer' ? 'streaming' : variant];
}

function describe(error: unknown, address: string): string {
  const code = systemErrorCode(error);
  if (code === 'EADDRINUSE') return `Cannot listen on ${address}: the port is in use`;
  if (code === 'EACCES') return `Cannot listen on ${address}: permission denied`;
  return `Cannot listen on ${address}: ${messageOf(error)}`;
}
