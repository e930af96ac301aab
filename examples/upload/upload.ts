// The side that uploads. It runs in browsers as it is, and here in Node, with the interface of browsers.

import type { WebSocket as BrowserWebSocket } from 'millrace/web'; // erased: a browser gives its own

/** How to upload. */
export interface UploadOptions {
  readonly url: string;
  /** Names the upload, so that it can go on where it has stopped: keep it until the end. */
  readonly id: string;
  readonly WebSocket: typeof BrowserWebSocket;
  /** Learns how many bytes the server has stored. */
  readonly onProgress?: (stored: number) => void;
  /** Time before another attempt, in milliseconds. */
  readonly pause?: number;
}

/** What one message carries, and how much may be under way, in bytes. */
const PIECE = 64 * 1024;
const WINDOW = 1024 * 1024;

/** The server refuses: another attempt would not help. */
class UploadRefused extends Error {}

/**
 * Uploads a file, and goes on where it has stopped when the connection is lost.
 *
 * @returns its SHA-256 in hex, as the server has computed it
 */
export async function upload(file: Blob, options: UploadOptions): Promise<string> {
  for (;;) {
    try {
      return await uploadRest(file, options);
    } catch (error) {
      if (error instanceof UploadRefused) throw error;
      await new Promise((resolve) => setTimeout(resolve, options.pause ?? 1000));
    }
  }
}

/** Uploads what the server does not have yet, over one connection. */
async function uploadRest(file: Blob, { url, id, WebSocket, onProgress }: UploadOptions): Promise<string> {
  const socket = new WebSocket(`${url}?id=${encodeURIComponent(id)}&size=${file.size}`);
  try {
    return await new Promise<string>((resolve, reject) => {
      let sent: number | undefined;
      socket.onmessage = ({ data }) => {
        const [word, value = ''] = String(data).split(' ');
        if (word === 'sha256') resolve(value);
        if (word !== 'stored') return;
        const stored = Number(value);
        onProgress?.(stored);
        sent ??= stored;
        for (; sent < file.size && sent - stored < WINDOW; sent += PIECE) socket.send(file.slice(sent, sent + PIECE));
      };
      socket.onclose = ({ code, reason }) => {
        const problem = `the server has closed the connection: ${code} ${reason}`;
        reject(code >= 4000 ? new UploadRefused(problem) : new Error(problem));
      };
    });
  } finally {
    socket.close();
  }
}
