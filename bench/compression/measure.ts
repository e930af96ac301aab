import { createPermessageDeflate, type CompressionOptions, type ExtensionSession } from 'millrace';

/** What is tried. */
export interface Settings {
  readonly windowBits: number;
  readonly memLevel: number;
  readonly level: number;
  /** Each message is compressed by itself. */
  readonly isAlone: boolean;
}

/** What it comes to, on average for one message. */
export interface Cost {
  /** In bytes, compressed. */
  readonly size: number;
  /** CPU time of all threads, in microseconds. */
  readonly deflating: number;
  readonly inflating: number;
}

/** Messages between two pauses, so that no connection has used up its share of a turn. */
const BATCH = 20;

/** CPU time for each figure, in microseconds: it is the best of some rounds of so long. */
const ROUND = 60_000;
const ROUNDS = 3;

/** Compresses messages and decompresses them again, as the two ends of a connection do. */
export async function measureCost(messages: readonly Uint8Array[], settings: Settings): Promise<Cost> {
  const { sender, receiver } = createEnds(settings);
  // The first message has no history, and a context is kept with the second.
  for (const message of messages.slice(0, 2)) await receive(receiver, await send(sender, message));

  let best: Cost = { size: 0, deflating: Infinity, inflating: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    let [deflating, inflating, size, count] = [0, 0, 0, 0];
    while (deflating < ROUND && inflating < ROUND) {
      for (let at = 0; at < messages.length; at += BATCH) {
        const batch = messages.slice(at, at + BATCH);
        const wire: Uint8Array[][] = [];
        deflating += await cpuTime(async () => {
          for (const message of batch) wire.push(await send(sender, message));
        });
        inflating += await cpuTime(async () => {
          for (const pieces of wire) await receive(receiver, pieces);
        });
        size += wire.flat().reduce((sum, { length }) => sum + length, 0);
        count += batch.length;
      }
    }
    best = {
      size: size / count,
      deflating: Math.min(best.deflating, deflating / count),
      inflating: Math.min(best.inflating, inflating / count),
    };
  }
  sender.close?.();
  receiver.close?.();
  return best;
}

function createEnds(settings: Settings): { sender: ExtensionSession; receiver: ExtensionSession } {
  const { windowBits, memLevel, level, isAlone } = settings;
  const options: CompressionOptions = {
    serverMaxWindowBits: windowBits,
    serverNoContextTakeover: isAlone,
    memLevel,
    level,
    threshold: 0,
    memoryBudget: Infinity,
  };
  const extension = createPermessageDeflate(options);
  const [offer = []] = extension.createOffers();
  const answer = extension.answerOffer(offer);
  if (answer === undefined) throw new Error('the offer was declined');
  const receiver = extension.acceptAnswer(answer.parameters).createSession();
  return { sender: answer.createSession(), receiver };
}

async function send({ send: transform }: ExtensionSession, message: Uint8Array): Promise<Uint8Array[]> {
  if (transform === undefined) throw new Error('nothing is compressed');
  transform.begin({ opcode: 2, reservedBits: 0, compress: true, length: message.length });
  transform.push(message);
  transform.end();
  return pullAll(transform);
}

async function receive({ receive: transform }: ExtensionSession, pieces: readonly Uint8Array[]): Promise<void> {
  if (transform === undefined) throw new Error('nothing is decompressed');
  transform.begin({ opcode: 2, reservedBits: 0b100 });
  for (const piece of pieces) transform.push(piece);
  transform.end();
  await pullAll(transform);
}

const { signal } = new AbortController();

/** All that a transform gives. */
export async function pullAll(transform: NonNullable<ExtensionSession['send' | 'receive']>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const pulled = transform.pull(signal);
    const piece = pulled instanceof Promise ? await pulled : pulled;
    if (piece === undefined) return pieces;
    pieces.push(piece);
  }
}

/** CPU time that something takes, in microseconds, after everything else has had its turn. */
async function cpuTime(run: () => Promise<void>): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
