// All cases, as data.
import {
  ASCII,
  BYTE_ORDER_MARK,
  CUT,
  LEVELS,
  MIB,
  SUBPROTOCOL,
  UNICODE,
  binaries,
  closings,
  create,
  echoes,
  group,
  hashes,
  mixed,
  pings,
  texts,
} from './case-dsl.ts';
import { COMPRESSION_GROUPS } from './compression-cases.ts';
import { FACADE_GROUPS } from './facade-cases.ts';
import type { CaseGroup, Level, TestCase } from './test-case.ts';

/** Each form of the payload length, at its bounds; several reads of a socket; several of our frames. */
const SIZES = [0, 1, 125, 126, 65_535, 65_536, MIB, 8 * MIB];

/** Every row of the table. */
export const GROUPS: readonly CaseGroup[] = [
  group('text', echoes({ contents: texts(ASCII, SIZES) })),
  group('text, not ASCII', echoes({ contents: texts(UNICODE, SIZES) })),
  group(
    'text with U+FEFF',
    echoes({ contents: texts(BYTE_ORDER_MARK, [3, 126]), ours: LEVELS.map((level) => ({ level })) }),
  ),
  group('binary', echoes({ contents: binaries(SIZES) })),
  group('our frame level', echoes({ contents: mixed(SIZES), ours: [{ level: 'frame', fragments: CUT }] })),
  group('our streaming level', echoes({ contents: mixed(SIZES), ours: [{ level: 'streaming', fragments: CUT }] })),
  group('fragmented by us', echoes({ contents: mixed(SIZES), ours: [{ fragments: CUT }] })),
  group(
    'fragmented by the peer',
    echoes({ contents: mixed(SIZES), ours: LEVELS.map((level) => ({ level })), theirs: [{ fragments: CUT }] }),
  ),
  group('frame level of both', levelOfBoth('frame')),
  group('streaming level of both', levelOfBoth('streaming')),
  group('ping by the peer', pings('peer', [{}])),
  group('– inside its message', pings('peer', [{ fragments: CUT }])),
  group('ping by us', pings('us', [{}])),
  group('– inside our message', pings('us', [{ level: 'frame' }, { level: 'streaming' }])),
  group('closed by the peer', closings('peer')),
  group('closed by us', closings('us')),
  group('subprotocol', [
    create('agreed', { subprotocols: ['other', SUBPROTOCOL] }),
    create('none offered', { subprotocols: [] }),
  ]),
  group('hash by message', hashes('message', [false])),
  group('hash by frame', hashes('frame', [false])),
  group('hash by stream', hashes('streaming', [false, true])),
  ...FACADE_GROUPS,
  ...COMPRESSION_GROUPS,
];

function levelOfBoth(level: Level): TestCase[] {
  const manner = { level, fragments: CUT };
  return echoes({ contents: mixed(SIZES), ours: [manner], theirs: [manner] });
}
