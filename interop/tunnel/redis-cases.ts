// What redis-cli does with Redis, as data.
import { lines, run, start, stop } from './program.ts';

/** Something to be done with Redis. */
export interface RedisCase {
  readonly name: string;
  /**
   * Does it, through a tunnel.
   *
   * @returns what is wrong; nothing, if it has passed
   */
  readonly carryOut: (port: number) => Promise<string[]>;
}

const MIB = 1024 * 1024;

/** Of the bulk, in bytes, and how many commands it takes. */
const VALUE_SIZE = 64 * 1024;
const COMMANDS = 128;

/** Every row of the table. */
export const REDIS_CASES: readonly RedisCase[] = [
  { name: 'SET and GET, text', carryOut: (port) => setAndGet(port, Buffer.from('Grüße, 世界! 👩‍🚀')) },
  { name: 'SET and GET, every byte', carryOut: (port) => setAndGet(port, createBytes(256)) },
  { name: 'SET and GET, 8 MiB', carryOut: (port) => setAndGet(port, createBytes(8 * MIB)) },
  { name: '128 pipelined SETs of 64 KiB', carryOut: pipelined },
  { name: 'PUBLISH and SUBSCRIBE', carryOut: publish },
];

async function setAndGet(port: number, value: Buffer): Promise<string[]> {
  await redis(port, ['-x', 'SET', 'key'], value);
  const answer = await redis(port, ['GET', 'key']);
  return value.equals(answer) ? [] : [`GET gave ${answer.length} other bytes for ${value.length}`];
}

async function pipelined(port: number): Promise<string[]> {
  const value = createBytes(VALUE_SIZE);
  const commands = Array.from({ length: COMMANDS }, (_, index) => encode([`bulk:${index}`, value]));
  const report = String(await redis(port, ['--pipe'], Buffer.concat(commands)));
  const last = await redis(port, ['GET', `bulk:${COMMANDS - 1}`]);
  return [
    ...(report.includes(`errors: 0, replies: ${COMMANDS}`) ? [] : [`redis-cli said: ${report}`]),
    ...(last.equals(value) ? [] : ['the last value is another']),
  ];
}

async function publish(port: number): Promise<string[]> {
  const subscriber = start('redis-cli', ['-h', '127.0.0.1', '-p', String(port), 'SUBSCRIBE', 'news']);
  try {
    const received = lines(subscriber);
    const next = async (): Promise<unknown> => (await received.next()).value;
    const began = [await next(), await next(), await next()].join(' ');
    const count = String(await redis(port, ['PUBLISH', 'news', 'hello']));
    const came = [await next(), await next(), await next()].join(' ');
    const seen = [began, count, came].join(' / ');
    return seen === 'subscribe news 1 / 1 / message news hello' ? [] : [`it went: ${seen}`];
  } finally {
    await stop(subscriber);
  }
}

/** Runs redis-cli; what it says ends with a line feed of its own. */
async function redis(port: number, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const output = await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...args], input);
  return output.subarray(0, -1);
}

/** Writes a SET as Redis reads it. */
function encode([key, value]: readonly [string, Buffer]): Buffer {
  return Buffer.concat([
    Buffer.from(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n`),
    value,
    Buffer.from('\r\n'),
  ]);
}

/** Bytes of every value; redis-cli takes a line feed at the end of its input away. */
function createBytes(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 256).fill(1, -1));
}
