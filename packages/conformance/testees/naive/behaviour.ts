/**
 * What a naive peer does. Each member is one defect that it can have; without any, it is correct.
 *
 * It is written without the library and without the suite, as plainly as it goes, so that neither judges itself.
 */
export interface Defects {
  // Receiving: headers
  readonly acceptsWrongMasking?: boolean;
  readonly ignoresReservedBits?: 'data' | 'control';
  readonly acceptsReservedOpcodes?: 'data' | 'control';
  readonly acceptsLongControlFrames?: boolean;
  readonly acceptsFragmentedControlFrames?: boolean;
  readonly acceptsStrayContinuations?: boolean;
  readonly acceptsInterleavedMessages?: boolean;
  readonly acceptsNonMinimalLengths?: boolean;
  readonly readsLengthAs?: 'signed' | '32 bits';
  readonly ignoresFin?: boolean;
  readonly forgetsMessageAtControlFrame?: boolean;
  readonly takesFewFragments?: boolean;

  // Receiving: bytes
  readonly losesCutHeaders?: boolean;
  readonly restartsMaskInEachChunk?: boolean;
  readonly takesOneFrameOfAChunk?: boolean;
  readonly losesBytesBehindOpening?: boolean;
  readonly expectsOpeningInOneChunk?: boolean;

  // Receiving: text
  readonly utf8?:
    'unchecked' | 'at the end' | 'by frame' | 'may be cut' | 'surrogates' | 'overlong' | 'beyond U+10FFFF' | 'leaks';
  readonly stripsByteOrderMark?: boolean;

  // Answering
  readonly echoes?:
    | 'cut at 125 bytes'
    | '126 in 64 bits'
    | 'at most 65535 bytes'
    | 'text as binary'
    | 'no empty messages'
    | 'in reverse'
    | 'late'
    | 'twice'
    | 'with a reserved bit'
    | 'unmasked or masked wrongly';
  readonly pongs?: 'none' | 'empty' | 'to pongs too' | 'to pongs too, late' | 'after the message' | 'upper case';
  readonly masks?: 'constant' | 'counted';

  // Closing
  readonly closes?:
    | 'without an answer'
    | 'with one byte'
    | 'twice'
    | 'and goes on'
    | 'with any code'
    | 'with one byte accepted'
    | 'with any reason'
    | 'refuses 3000–4999'
    | 'refuses 1012–1014'
    | 'and keeps TCP open'
    | 'and ends TCP late'
    | 'with code 1002'
    | 'with code 1005'
    | 'with code 4000';
  readonly fails?: 'without Close' | 'with 1000' | 'not at all' | 'and keeps TCP open';
  readonly diesOfDrop?: boolean;

  // Opening, as a server
  readonly accepts?:
    | 'any version'
    | 'POST'
    | 'HTTP/1.0'
    | 'no key'
    | 'two keys'
    | 'no Host'
    | 'two Hosts'
    | 'notupgrade'
    | 'any Upgrade'
    | 'a body';
  readonly answers?:
    | 'wrong accept'
    | 'no version'
    | 'case-sensitive values'
    | 'case-sensitive names'
    | 'any subprotocol'
    | 'any extension'
    | 'every request'
    | 'status 200'
    | 'no Connection';

  // Opening, as a client
  readonly trusts?:
    | 'any accept'
    | 'any status'
    | 'any Upgrade'
    | 'any Connection'
    | 'any subprotocol'
    | 'any extension'
    | 'case-sensitive values';
  readonly requests?:
    'the same key' | 'short key' | 'version 8' | 'HTTP/1.0' | 'no Host' | 'frames early' | 'two versions' | 'POST';
}
