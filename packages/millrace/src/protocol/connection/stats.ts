import type { ReceiveCounts } from '../receive/frame-reader.ts';
import type { SendCounts } from '../send/frame-encoder.ts';
import type { ConnectionStats } from './host.ts';

/** What the parts of a connection have counted. */
export interface PartialCounts {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly received: ReceiveCounts & { readonly transformedSize: number | undefined };
  readonly sent: SendCounts & { readonly messagesSent: number };
  /** Payload of messages that transforms have changed, before and after; `undefined` where there are none. */
  readonly changed: { readonly uncompressedBytesSent: number; readonly compressedBytesSent: number } | undefined;
  readonly pingLatency: number | undefined;
}

/** Puts together what the parts of a connection have counted. */
export function statsOf(counts: PartialCounts): ConnectionStats {
  const { bytesReceived, bytesSent, received, sent, changed, pingLatency } = counts;
  const { framesReceived, messagesReceived, dataReceived, controlReceived, transformedSize } = received;
  const { framesSent, messagesSent, dataSent, controlSent } = sent;
  const saved = changed === undefined ? 0 : changed.uncompressedBytesSent - changed.compressedBytesSent;
  const messageBytesSent = dataSent + saved;
  return {
    bytesReceived,
    bytesSent,
    framesReceived,
    framesSent,
    frameBytesReceived: dataReceived + controlReceived,
    frameBytesSent: dataSent + controlSent,
    messagesReceived,
    messagesSent,
    messageBytesReceived: transformedSize ?? dataReceived,
    messageBytesSent,
    compressionRatioReceived: ratioOf(dataReceived, transformedSize),
    compressionRatioSent: ratioOf(dataSent, changed === undefined ? undefined : messageBytesSent),
    pingLatency,
  };
}

/** How a size has changed; `undefined` where nothing changes it, or there was nothing to change. */
function ratioOf(size: number, original: number | undefined): number | undefined {
  return original === undefined || original === 0 ? undefined : size / original;
}
