import type { ConformanceCase } from '../model/case.ts';
import { ATTACKS } from './attacks.ts';
import { CLIENT_OPENING } from './client-opening.ts';
import { CLOSE_RACES } from './close-races.ts';
import { CLOSING } from './closing.ts';
import { COMPRESSION } from './compression.ts';
import { CONTROL_FRAMES } from './control-frames.ts';
import { FRAGMENTATION } from './fragmentation.ts';
import { FRAMING } from './framing.ts';
import { INTERLEAVING } from './interleaving.ts';
import { LENGTHS } from './lengths.ts';
import { LIMITS } from './limits.ts';
import { RESERVED } from './reserved.ts';
import { SEGMENTATION } from './segmentation.ts';
import { SERVER_OPENING } from './server-opening.ts';
import { UTF8 } from './utf8.ts';

/** All cases, in the order of their ids. */
export const CATALOGUE: readonly ConformanceCase[] = [
  ...FRAMING,
  ...CONTROL_FRAMES,
  ...RESERVED,
  ...FRAGMENTATION,
  ...UTF8,
  ...CLOSING,
  ...LIMITS,
  ...COMPRESSION,
  ...LENGTHS,
  ...SEGMENTATION,
  ...INTERLEAVING,
  ...CLOSE_RACES,
  ...ATTACKS,
  ...SERVER_OPENING,
  ...CLIENT_OPENING,
];
