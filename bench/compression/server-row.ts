/** What servers are compared in. */
export interface ServerRow {
  readonly name: string;
  /** Payload of a message, in bytes: JSON. */
  readonly size: number;
  readonly isCompressed: boolean;
  /** Each message is compressed by itself. */
  readonly isAlone: boolean;
  /** Window and memory as zlib has them by default; ours unless given. */
  readonly windowBits?: number;
  /** How many times as much CPU time `ws` takes, at least. */
  readonly atLeast: number;
}

export const SERVER_ROWS: readonly ServerRow[] = [
  { name: '2 KiB JSON, with history', size: 2048, isCompressed: true, isAlone: false, atLeast: 3.2 },
  { name: '2 KiB JSON, each by itself', size: 2048, isCompressed: true, isAlone: true, atLeast: 4 },
  { name: '200 B JSON, with history', size: 200, isCompressed: true, isAlone: false, atLeast: 5 },
  {
    name: '2 KiB JSON, with history, window 15',
    size: 2048,
    isCompressed: true,
    isAlone: false,
    windowBits: 15,
    atLeast: 1,
  },
  { name: '200 B JSON, not compressed', size: 200, isCompressed: false, isAlone: false, atLeast: 1 },
];
