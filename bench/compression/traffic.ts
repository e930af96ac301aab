import { readFileSync, readdirSync } from 'node:fs';

/** Messages of one kind, as one connection sends them. */
export interface Traffic {
  readonly name: string;
  readonly messages: readonly Uint8Array[];
}

const NAMES = 'alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil'.split(' ');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT'];
const STREETS = ['Main', 'Oak', 'Pine', 'Maple'];
const CITIES = ['Springfield', 'Riverton', 'Fairview'];
const TAGS = ['red', 'green', 'blue', 'urgent', 'archived'];

const START = 1_732_800_000_000;

/** Traffic that is the same in each run; the text is that of our own pages. */
export function createTraffic(count: number, docs: URL): readonly Traffic[] {
  const sentences = readSentences(docs);
  return [
    { name: 'small JSON', messages: list(count, eventMaker(7)) },
    { name: 'chat', messages: list(Math.min(count, sentences.length), (index) => sentences[index]!).map(encode) },
    { name: 'JSON 2 KiB', messages: list(count / 2, pageMaker(3, 8)) },
    { name: 'JSON 32 KiB', messages: list(count / 32, pageMaker(3, 120)) },
    { name: 'binary', messages: list(count, positionMaker(9)) },
  ];
}

/** Trades, cursors, and diagnostics of an editor: 155 bytes on average. */
function eventMaker(seed: number): () => Uint8Array {
  const random = createRandom(seed);
  let time = START;
  let trade = 918_273_645;
  let price = 43_250.12;
  const makers = [
    (): object => {
      price += (random(200) - 100) / 100;
      trade += 1 + random(5);
      const parties = { b: trade * 3 + random(1000), a: trade * 3 + random(1000), m: random(2) === 1 };
      const amount = { p: price.toFixed(2), q: (random(100_000) / 10_000).toFixed(4) };
      return { e: 'trade', E: time, s: pick(SYMBOLS, random), t: trade, ...amount, T: time - random(20), ...parties };
    },
    (): object => {
      const selection = random(3) === 0 ? { from: random(5000), to: random(5000) } : undefined;
      return { type: 'cursor', user: pick(NAMES, random), x: random(1920), y: random(1080), selection, time };
    },
    (): object => {
      const uri = `file:///home/${pick(NAMES, random)}/src/module${String(random(50))}.ts`;
      const start = { line: random(900), character: random(80) };
      const message = `Cannot find name 'part${String(random(100))}'.`;
      const diagnostics = random(2) === 0 ? [] : [{ range: { start, end: start }, severity: 1 + random(3), message }];
      return {
        jsonrpc: '2.0',
        method: 'textDocument/publishDiagnostics',
        params: { uri, version: random(400), diagnostics },
      };
    },
  ];
  return () => {
    time += random(900);
    return encode(JSON.stringify(pick(makers, random)()));
  };
}

/** A page of a list of customers. */
function pageMaker(seed: number, length: number): (page: number) => Uint8Array {
  const random = createRandom(seed);
  const customer = (id: number): object => ({
    id,
    uuid: [8, 4, 4, 4, 12].map((digits) => list(digits, () => random(16).toString(16)).join('')).join('-'),
    name: `${pick(NAMES, random)} ${pick(NAMES, random)}`,
    email: `${pick(NAMES, random)}${String(random(1000))}@example.com`,
    active: random(2) === 1,
    balance: random(10_000_000) / 100,
    tags: list(random(4), () => pick(TAGS, random)),
    address: {
      street: `${String(random(999))} ${pick(STREETS, random)} St`,
      city: pick(CITIES, random),
      zip: String(10_000 + random(89_999)),
    },
    created: new Date(START - random(2 ** 31) * 60).toISOString(),
  });
  return (page) => {
    const items = list(length, (index) => customer(page * length + index));
    return encode(JSON.stringify({ page, total: 9000, items }));
  };
}

/** The places of 40 things, a third of which move: 812 bytes. */
function positionMaker(seed: number): (tick: number) => Uint8Array {
  const random = createRandom(seed);
  const places = list(40, () => random(100_000) / 10);
  return (tick) => {
    const bytes = new DataView(new ArrayBuffer(12 + places.length * 20));
    bytes.setUint32(0, tick, true);
    bytes.setFloat64(4, START / 1000 + tick / 20, true);
    places.forEach((place, index) => {
      const now = random(3) === 0 ? place + (random(100) - 50) / 100 : place;
      places[index] = now;
      const at = 12 + index * 20;
      bytes.setUint16(at, 1000 + index, true);
      bytes.setUint16(at + 2, random(4), true);
      bytes.setFloat32(at + 4, now, true);
      bytes.setFloat32(at + 8, now * 0.5 + 3, true);
      bytes.setUint16(at + 16, random(360), true);
      bytes.setUint16(at + 18, 100, true);
    });
    return new Uint8Array(bytes.buffer);
  };
}

function readSentences(docs: URL): readonly string[] {
  const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
  const text = pages.map((name) => readFileSync(new URL(name, docs), 'utf8').replace(/```.*?```/gs, '')).join('\n');
  const words = text.replace(/[|`*#<>[\]]/g, ' ').replace(/\s+/g, ' ');
  const sentences = words.split(/(?<=[.!?]) /).filter(({ length }) => length > 15 && length < 400);
  const random = createRandom(11);
  const shuffled = [...new Set(sentences)].map((sentence) => ({ sentence, place: random(2 ** 31) }));
  return shuffled.sort((one, other) => one.place - other.place).map(({ sentence }) => sentence);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function list<Item>(length: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: Math.ceil(length) }, (_, index) => make(index));
}

function pick<Item>(items: readonly Item[], random: (below: number) => number): Item {
  return items[random(items.length)]!;
}

/** Random whole numbers, the same in each run (xorshift32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
