// Changes what is beneath the streams of zlib, as another version of Node might, and then has data go there and back.
import zlib from 'node:zlib';

import { nodeCodec } from '../../../../src/deflate/codec/node-codec.ts';
import { concat, toHex } from '../../../helpers/bytes.ts';
import { DEFAULT_SETTINGS, deflateMessage, inflateMessage } from '../../../helpers/deflate.ts';
import { randomBytes } from '../../../helpers/random.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const handleOf = (stream: object): object => {
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null) throw new Error('no handle');
  return handle;
};

/** The prototype of all handles, and what `writeSync` is before anything is changed. */
const prototype: unknown = Object.getPrototypeOf(handleOf(zlib.createDeflateRaw()));
if (typeof prototype !== 'object' || prototype === null) throw new Error('no prototype');
const handles: object = prototype;

/** Whether streams are made only to be tried: those are changed, the others have to work. */
let isTrying = true;

/** Changes every stream that is tried. */
function changeStreams(change: (stream: object) => void): void {
  for (const name of ['createDeflateRaw', 'createInflateRaw'] as const) {
    const original: Method = zlib[name].bind(zlib) as Method;
    const create = (...args: unknown[]): unknown => {
      const stream = original(...args);
      if (isTrying && typeof stream === 'object' && stream !== null) change(stream);
      return stream;
    };
    Object.defineProperty(zlib, name, { value: create });
  }
}

/** Changes a method of every handle. */
function changeHandles(name: string, wrap: (original: Method) => Method): void {
  const original = Reflect.get(handles, name) as Method;
  Reflect.set(handles, name, wrap(original));
}

const CHANGES: Readonly<Record<string, () => void>> = {
  none: () => undefined,
  'no-handle': () => changeStreams((stream) => Object.defineProperty(stream, '_handle', { value: undefined })),
  'no-state': () => changeStreams((stream) => Object.defineProperty(stream, '_writeState', { value: undefined })),
  'other-state': () => changeStreams((stream) => Object.defineProperty(stream, '_writeState', { value: [0, 0] })),
  'no-write-sync': () => changeStreams((stream) => Reflect.set(handleOf(stream), 'writeSync', undefined)),
  'never-called': () => Reflect.set(zlib, 'deflateRawSync', () => Buffer.of(0)),
  'called-with-eight': () => Reflect.set(zlib, 'deflateRawSync', () => callWriteSync(8)),
  'called-with-others': () => Reflect.set(zlib, 'deflateRawSync', () => callWriteSync(7)),
  'does-nothing': () => changeStreams((stream) => Reflect.set(handleOf(stream), 'writeSync', () => undefined)),
  'takes-nothing': () =>
    changeStreams((stream) => {
      const state = Reflect.get(stream, '_writeState') as Uint32Array;
      const writeSync: Method = (...call) => state.set([Number(call[6]), Number(call[3])]);
      Reflect.set(handleOf(stream), 'writeSync', writeSync);
    }),
  'no-errors': () =>
    changeStreams((stream) =>
      Object.defineProperty(handleOf(stream), 'onerror', { get: () => () => undefined, set: () => undefined }),
    ),
  'no-reset': () => changeStreams((stream) => Reflect.set(handleOf(stream), 'reset', () => undefined)),
  'no-block-flush': () =>
    changeHandles('writeSync', (original) => {
      return function (flush, ...rest) {
        return Reflect.apply(original, this, [flush === zlib.constants.Z_BLOCK ? 0 : flush, ...rest]);
      };
    }),
  throws: () =>
    changeStreams((stream) =>
      Reflect.set(handleOf(stream), 'writeSync', () => {
        throw new TypeError('not like this');
      }),
    ),
};

/** Calls the method of the prototype, as `deflateRawSync` does, with another number of arguments, or with others. */
function callWriteSync(count: number): Buffer {
  const native = Reflect.get(handles, 'writeSync') as Method;
  try {
    native.call({}, ...Array.from({ length: count }, () => 'x'));
  } catch {
    // It is only watched.
  }
  return Buffer.of(0);
}

CHANGES[process.argv[2] ?? '']?.();
const codec = nodeCodec();
isTrying = false;
const deflater = codec.createDeflater(DEFAULT_SETTINGS);
const inflater = codec.createInflater(13);
const data = [randomBytes(100, 1), randomBytes(50_000, 2)];
const inflated: Uint8Array[] = [];
for (const payload of data) inflated.push(await inflateMessage(inflater, await deflateMessage(deflater, payload)));
const isIntact = toHex(concat(inflated)) === toHex(concat(data));
console.log(`${codec.constructor.name} ${isIntact ? 'there and back' : 'damaged'}`);
deflater.close();
inflater.close();
