import type { PeerArguments } from '../support.ts';

/** The answer of a client that has received a batch. */
const ACKNOWLEDGEMENT = '!';

/** Makes what a client does for each message: it answers each batch, or sends one. */
export function createClientWork(
  { mode, size, batch }: PeerArguments,
  send: (data: string | Uint8Array<ArrayBuffer>) => unknown,
): () => void {
  if (mode === 'client-send') {
    const payload = new Uint8Array(size).map((_, index) => index * 167);
    return () => {
      for (let sent = 0; sent < batch; sent++) send(payload);
    };
  }
  let received = 0;
  return () => {
    if (++received < batch) return;
    received = 0;
    send(ACKNOWLEDGEMENT);
  };
}
