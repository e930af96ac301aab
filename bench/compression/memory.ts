// In a process of its own: what a connection keeps that has sent, or received, as many compressed messages as fill the window. Prints KiB of
// resident memory. Arguments: `deflate` or `inflate`, window bits, memLevel.
import { createPermessageDeflate, type ExtensionSession } from 'millrace';

import { pullAll } from './measure.ts';

const COUNT = 500;

const [direction, windowBits, memLevel] = process.argv.slice(2);
const bits = Number(windowBits);
const extension = createPermessageDeflate({
  serverMaxWindowBits: bits,
  memLevel: Number(memLevel),
  level: 1,
  memoryBudget: Infinity,
});
const answer = extension.answerOffer(extension.createOffers()[0] ?? []);
if (answer === undefined) throw new Error('the offer was declined');
const agreed = direction === 'deflate' ? answer : extension.acceptAnswer(answer.parameters);

const message = Uint8Array.from({ length: 512 }, (_, index) => 97 + ((index * index) % 26));
/** So many fill the window. */
const messageCount = 2 ** bits / message.length + 1;
const payloads = await compress(answer.createSession());
const kept: ExtensionSession[] = [];
await make();
globalThis.gc?.();
const before = process.memoryUsage.rss();
for (let made = 0; made < COUNT; made++) await make();
globalThis.gc?.();
console.log(Math.round((process.memoryUsage.rss() - before) / COUNT / 1024));

async function make(): Promise<void> {
  const session = agreed.createSession();
  kept.push(session);
  if (direction === 'deflate') await compress(session);
  else for (const payload of payloads) await decompress(session, payload);
}

async function compress({ send }: ExtensionSession): Promise<Uint8Array[][]> {
  if (send === undefined) throw new Error('nothing is compressed');
  const compressed: Uint8Array[][] = [];
  for (let count = 0; count < messageCount; count++) {
    send.begin({ opcode: 2, reservedBits: 0, compress: true, length: message.length });
    send.push(message);
    send.end();
    compressed.push(await pullAll(send));
  }
  return compressed;
}

async function decompress({ receive }: ExtensionSession, payload: readonly Uint8Array[]): Promise<void> {
  if (receive === undefined) throw new Error('nothing is decompressed');
  receive.begin({ opcode: 2, reservedBits: 0b100 });
  for (const piece of payload) receive.push(piece);
  receive.end();
  await pullAll(receive);
}
