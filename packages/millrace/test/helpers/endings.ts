import { hex } from './bytes.ts';
import type { Connected } from './connected.ts';

/** What a closure says besides its reason, on one line: `1000 clean application sent 1000 received 1000`. */
export function summary({ closures }: Pick<Connected, 'closures'>): string | undefined {
  const [closure] = closures;
  if (closure === undefined) return undefined;
  const { code, wasClean, initiator, sent, received, error } = closure;
  const parts = [String(code), wasClean ? 'clean' : 'unclean', initiator];
  if (sent !== undefined) parts.push(`sent ${sent.code ?? 'nothing'}`);
  if (received !== undefined) parts.push(`received ${received.code ?? 'nothing'}`);
  if (error !== undefined) parts.push(error.name);
  return parts.join(' ');
}

/** Opens a message and a frame of `length` bytes, of which one is on the wire. */
export function openFrame({ connection, settle }: Connected, length: number | bigint): void {
  connection.sender.beginMessage(2);
  connection.sender.beginFrame(length);
  connection.sender.sendFrameData(hex('07'));
  settle();
}
