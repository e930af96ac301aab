import type { Compression, Facade, Role, TestCase } from './test-case.ts';

/** What a case may need of a peer, and not every peer has. */
export type Feature =
  | 'streams'
  | 'compresses'
  | 'chooses parameters'
  | 'speaks of 8 bits'
  | 'deflates with 8 bits'
  | 'limits clients below 12 bits'
  | 'sends compressed'
  | 'sends frames'
  | 'takes frames'
  | 'sends pings'
  | 'keeps U+FEFF'
  | 'closes without code'
  | 'sees no code'
  | 'sees no reason';

/** What a peer lacks in a role, and why; `missing`, if it cannot take the role at all. */
export type Lacks = Readonly<Partial<Record<Feature | 'missing', string>>>;

/** Which cases need a feature. */
const NEEDS: readonly (readonly [feature: Feature, isNeeded: (testCase: TestCase, role: Role) => boolean])[] = [
  ['compresses', ({ compression }) => compression !== undefined],
  ['chooses parameters', ({ compression }) => compression !== undefined && !isPlain(compression.theirs)],
  [
    'speaks of 8 bits',
    ({ compression }) => [compression?.theirs.serverMaxWindowBits, compression?.theirs.clientMaxWindowBits].includes(8),
  ],
  ['deflates with 8 bits', ({ compression }, role) => bitsOf(compression?.theirs, role) === 8],
  [
    'limits clients below 12 bits',
    ({ compression }, role) => role === 'server' && isBelow(bitsOf(compression?.theirs, 'client'), 12),
  ],
  ['streams', ({ theirs }) => theirs.level === 'streaming'],
  ['sends frames', ({ theirs }) => theirs.fragments > 1],
  ['sends frames', ({ work, theirs }, role) => theirs.level === 'frame' && (work === 'echo' || role === 'client')],
  ['takes frames', ({ work, theirs }, role) => theirs.level === 'frame' && (work === 'echo' || role === 'server')],
  ['sends pings', ({ theirs }) => theirs.ping !== ''],
  ['keeps U+FEFF', ({ content }) => content.unit.startsWith('\u{feff}')],
  ['closes without code', ({ closing }) => closing.by === 'peer' && closing.code === 0],
  ['sees no code', ({ closing }) => closing.by === 'us' && closing.code === 0],
  ['sees no reason', ({ closing }) => closing.by === 'us' && closing.reason === ''],
];

const ALWAYS_CODE = 'always sends a code, 1000 if given none';

/** Parts of ours that cannot close without a code, in a role of ours. */
const CLOSE_WITH_CODE: readonly (readonly [facade: Facade, ourRole: Role | 'both', reason: string])[] = [
  ['callbacks', 'both', ALWAYS_CODE],
  ['connections', 'both', ALWAYS_CODE],
  ['WebSocketStream', 'server', ALWAYS_CODE],
];

/** Why a peer or our part cannot do a case; `undefined` if they can. */
export function findLack(testCase: TestCase, role: Role, lacks: Lacks): string | undefined {
  if (lacks.missing !== undefined) return lacks.missing;
  const ours = findOurLack(testCase, role);
  if (ours !== undefined) return ours;

  const needs = NEEDS.filter(([, isNeeded]) => isNeeded(testCase, role));
  return needs.map(([feature]) => lacks[feature]).find((reason) => reason !== undefined);
}

/** The window of what one side sends. */
function bitsOf(compression: Compression | undefined, sender: Role): number | true | undefined {
  return sender === 'client' ? compression?.clientMaxWindowBits : compression?.serverMaxWindowBits;
}

function isBelow(bits: number | true | undefined, least: number): boolean {
  return typeof bits === 'number' && bits < least;
}

/** Whether it is what every peer has that compresses. */
function isPlain({ clientMaxWindowBits, prepares = false, ...rest }: Compression): boolean {
  return clientMaxWindowBits === true && (prepares || Object.keys(rest).length === 0);
}

function findOurLack({ facade, closing }: TestCase, role: Role): string | undefined {
  if (closing.by !== 'us' || closing.code !== 0) return undefined;
  const ourRole = role === 'client' ? 'server' : 'client';
  const found = CLOSE_WITH_CODE.find(([name, roles]) => name === facade && (roles === 'both' || roles === ourRole));
  return found?.[2];
}
