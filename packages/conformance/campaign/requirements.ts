import type { Role } from '@millrace/conformance';

/** A MUST of RFC 6455, in our words. */
export interface Requirement {
  readonly section: string;
  /** Whom it binds. */
  readonly who: Role | 'both';
  readonly statement: string;
  /** Globs over the cases that test it; or why none can. */
  readonly cases: readonly string[] | string;
}

type Row = readonly [section: string, who: Requirement['who'], statement: string, cases: readonly string[] | string];

const INSIDE = 'happens inside the endpoint: nothing of it is on the wire';
const INTERMEDIARY = 'binds intermediaries, not endpoints';
const APPLICATION = 'is up to the application';

const CLIENT_OPENING: readonly Row[] = [
  [
    '§4.1',
    'client',
    'has at most one connection to an address in state CONNECTING',
    'a limit for browsers, which open many at once; a fuzzing server cannot ask a client for two at once',
  ],
  ['§4.1', 'client', 'fails the connection if the transport cannot be opened', 'there is no peer then to see it'],
  [
    '§4.1',
    'client',
    'does a TLS handshake over wss, and sends all on that channel',
    'a later round: the fuzzing server speaks plain TCP',
  ],
  ['§4.1', 'client', 'sends a valid HTTP request', ['21.1.1', '21.1.10']],
  ['§4.1', 'client', 'uses GET, and HTTP/1.1 or higher', ['21.1.1']],
  ['§4.1', 'client', 'sends a request target that fits the URI', ['21.1.1']],
  ['§4.1', 'client', 'sends Host', ['21.1.2']],
  ['§4.1', 'client', 'sends Upgrade with websocket', ['21.1.3']],
  ['§4.1', 'client', 'sends Connection with Upgrade', ['21.1.4']],
  ['§4.1', 'client', 'sends Sec-WebSocket-Key: 16 bytes in base64', ['21.1.5']],
  ['§4.1', 'client', 'chooses a new random key for each connection', ['21.1.13']],
  ['§4.1', 'client', 'sends Origin, if it is a browser', ['21.1.11']],
  ['§4.1', 'client', 'sends Sec-WebSocket-Version: 13', ['21.1.6']],
  ['§4.1', 'client', 'names subprotocols that are different tokens', ['21.1.8']],
  ['§4.1', 'client', 'waits for the answer before it sends more', ['21.1.14']],
  ['§4.1', 'client', 'takes no answer but 101 for an open connection', ['21.4.*']],
  [
    '§4.1',
    'client',
    'fails the connection without Upgrade: websocket',
    ['21.3.11', '21.3.12', '21.3.13', '21.3.14', '21.2.4'],
  ],
  [
    '§4.1',
    'client',
    'fails the connection without Connection: Upgrade',
    ['21.3.15', '21.3.16', '21.3.17', '21.2.5', '21.2.6'],
  ],
  [
    '§4.1',
    'client',
    'fails the connection without the right Sec-WebSocket-Accept',
    ['21.3.{1,2,3,4,5,6,7,8,9,10}', '21.2.9'],
  ],
  [
    '§4.1',
    'client',
    'fails the connection if an extension is accepted that it did not offer',
    ['21.5.5', '21.5.6', '21.5.7', '21.5.8'],
  ],
  [
    '§4.1',
    'client',
    'fails the connection if a subprotocol is chosen that it did not offer',
    ['21.5.1', '21.5.2', '21.5.3', '21.5.4'],
  ],
];

const SERVER_OPENING: readonly Row[] = [
  ['§4.2.1', 'server', 'stops at a handshake that does not fit, and answers with an error', ['20.3.*', '20.5.*']],
  [
    '§4.2.1',
    'server',
    'demands GET and HTTP/1.1 or higher',
    ['20.3.1', '20.3.2', '20.3.3', '20.3.4', '20.3.5', '20.3.6', '20.3.7', '20.3.8', '20.3.9'],
  ],
  ['§4.2.1', 'server', 'demands Host, as RFC 9112 §3.2 does', ['20.3.10', '20.3.14']],
  [
    '§4.2.1',
    'server',
    'demands Upgrade with websocket, whatever its case',
    ['20.1.4', '20.1.5', '20.3.16', '20.3.17', '20.3.18', '20.3.19'],
  ],
  [
    '§4.2.1',
    'server',
    'demands Connection with Upgrade, whatever its case',
    ['20.1.6', '20.1.7', '20.1.8', '20.1.9', '20.3.21', '20.3.22', '20.3.23', '20.3.24'],
  ],
  ['§4.2.1', 'server', 'demands Sec-WebSocket-Key of 16 bytes', ['20.3.25', '20.3.26', '20.3.{27,28,29,30,31,32,33}']],
  ['§4.2.1', 'server', 'demands Sec-WebSocket-Version: 13', ['20.4.*']],
  [
    '§4.2.2',
    'server',
    'does a TLS handshake first, on a wss port',
    'what speaks TLS can be tested with a wss URL; no case of its own',
  ],
  [
    '§4.2.2',
    'server',
    'answers a version that it does not speak with an error and the versions that it does',
    ['20.4.2', '20.4.3', '20.4.4', '20.4.5', '20.4.6', '20.4.7', '20.4.8'],
  ],
  [
    '§4.2.2',
    'server',
    'chooses a subprotocol of those that were offered, or none',
    ['20.2.1', '20.2.2', '20.2.3', '20.1.1'],
  ],
  ['§4.2.2', 'server', 'accepts no extension that was not offered', ['20.2.4', '20.2.5', '20.2.6', '20.1.1']],
  ['§4.2.2', 'server', 'answers with 101, Upgrade, Connection and the right Sec-WebSocket-Accept', ['20.1.*']],
  [
    '§4.3',
    'both',
    'keeps to the grammar of the fields',
    ['20.4.9', '20.4.10', '20.2.13', '20.2.14', '20.2.15', '21.1.7', '21.1.8', '21.1.9', '21.1.10'],
  ],
  ['§4.4', 'server', 'sends Sec-WebSocket-Version when it refuses one', ['20.4.2', '20.4.5']],
  [
    '§4.4',
    'client',
    'repeats the handshake with another version only if it speaks that',
    'no client speaks two versions',
  ],
];

const FRAMING: readonly Row[] = [
  ['§5.1', 'client', 'masks all frames', ['1.1.*', '1.2.*', '2.1', '7.1.1']],
  ['§5.1', 'server', 'closes the connection at an unmasked frame', ['1.3.1', '1.3.2', '15.4.3']],
  ['§5.1', 'server', 'does not mask frames', ['1.1.*', '1.2.*', '2.1', '7.1.1']],
  ['§5.1', 'client', 'closes the connection at a masked frame', ['1.3.1', '1.3.2', '15.4.3']],
  ['§5.2', 'both', 'keeps reserved bits 0 without an extension', ['1.1.*', '5.3', '2.1']],
  ['§5.2', 'both', 'fails the connection at a reserved bit without an extension', ['3.*']],
  ['§5.2', 'both', 'fails the connection at an unknown opcode', ['4.*']],
  ['§5.2', 'both', 'keeps the top bit of a 64-bit length 0', ['9.1.*', '14.2.*']],
  ['§5.2', 'both', 'writes a length in the fewest bytes', ['1.1.*', '1.2.*', '14.1.*']],
  ['§5.3', 'client', 'takes a fresh, unpredictable masking key for each frame', ['1.3.5']],
  ['§5.3', 'both', 'applies the mask byte by byte, modulo 4', ['1.3.3', '1.3.6', '15.1.*']],
  ['§5.4', 'both', 'does not fragment control frames', ['2.4', '5.1', '5.2', '5.30', '5.31']],
  ['§5.4', 'both', 'takes control frames inside a fragmented message', ['5.6', '5.7', '5.8', '5.19', '5.20', '16.*']],
  ['§5.4', 'both', 'delivers fragments in the order in which they were sent', ['5.3', '5.4', '5.5', '9.3.*', '9.4.*']],
  ['§5.4', 'both', 'does not mix the fragments of messages', ['5.18', '5.27', '5.28', '5.29', '15.5.1', '17.2.2']],
  ['§5.4', 'both', 'handles control frames in the middle of a message', ['5.19', '5.20', '16.1.*', '16.2.*']],
  ['§5.4', 'both', 'supports fragmented messages as well as unfragmented ones', ['5.*', '9.3.*', '9.4.*', '10.1.*']],
  ['§5.4', 'both', 'leaves fragments as they are, as an intermediary that does not know the extensions', INTERMEDIARY],
  [
    '§5.5',
    'both',
    'sends and takes control frames of at most 125 bytes',
    ['2.4', '2.5', '2.14', '2.15', '2.16', '7.3.5', '7.3.6', '7.3.7', '7.3.8'],
  ],
  ['§5.5', 'both', 'sends control frames unfragmented', ['5.1', '5.2', '5.30', '5.31', '16.4.8']],
  ['§5.5.1', 'both', 'begins a close body with a code of two bytes', ['7.3.2', '7.3.3', '7.3.4', '7.7.*']],
  ['§5.5.1', 'both', 'sends a close reason that is UTF-8', ['7.5.*', '7.3.9']],
  ['§5.5.1', 'client', 'masks Close', ['7.1.1', '7.3.*']],
  ['§5.5.1', 'both', 'sends no data after Close', ['7.1.2', '7.1.3', '7.1.4', '7.1.5', '17.1.*', '17.2.*']],
  ['§5.5.1', 'both', 'answers Close with Close', ['7.1.*', '7.3.*', '7.7.*', '15.3.*', '16.3.*']],
  ['§5.5.1', 'both', 'closes the TCP connection when Close was sent and received', ['17.3.8', '7.1.1', '17.2.5']],
  ['§5.5.1', 'server', 'closes the TCP connection at once then', ['17.3.8']],
  ['§5.5.2', 'both', 'answers a ping with a pong', ['2.*', '16.2.*']],
  ['§5.5.3', 'both', 'sends the payload of the ping in its pong', ['2.2', '2.3', '2.4', '2.18']],
  ['§5.6', 'both', 'fails the connection at text that is not UTF-8', ['6.3.*', '6.27.*']],
  ['§5.8', 'both', 'uses what is reserved only after it was negotiated', ['1.1.*', '3.*', '4.*']],
];

const TRANSFER: readonly Row[] = [
  ['§6.1', 'both', 'sends data only while the connection is open', ['7.1.4', '17.1.*', '21.1.14']],
  ['§6.1', 'both', 'sends a message in frames with the opcode of its type on the first', ['5.21', '5.26', '6.28.2']],
  ['§6.1', 'both', 'sets FIN on the last frame of a message', ['5.3', '10.1.*']],
  ['§6.1', 'client', 'masks each frame that it sends', ['1.1.*', '1.3.5']],
  ['§6.2', 'both', 'reads what comes as frames', ['15.*']],
  ['§6.2', 'both', 'takes a message for received when its FIN has come', ['5.*', '7.1.5', '17.3.5']],
  ['§6.2', 'both', 'gives the fragments of a message in order', ['5.22', '9.3.*']],
  ['§6.2', 'server', 'unmasks what a client sends', ['1.1.*', '1.3.3', '1.3.6']],
];

const CLOSING: readonly Row[] = [
  ['§7.1.1', 'both', 'discards what came before it closes the TCP connection', ['17.1.*']],
  ['§7.1.1', 'server', 'closes the TCP connection first, in a normal case', ['17.3.8', '7.1.1']],
  ['§7.1.2', 'both', 'starts the closing handshake with a Close', ['3.1', '6.3.1']],
  [
    '§7.1.4',
    'both',
    'takes the connection for closed when the TCP connection is',
    ['17.3.2', '17.3.3', '17.3.4', '17.3.5'],
  ],
  ['§7.1.5', 'both', 'takes the code of the first Close', ['7.1.2', '17.1.1', '17.1.2']],
  ['§7.1.6', 'both', 'takes the reason of the first Close', INSIDE],
  ['§7.1.7', 'both', 'tells the application when it fails a connection', INSIDE],
  [
    '§7.1.7',
    'both',
    'does not go on with data from the other side after it failed the connection',
    ['3.2', '4.1.3', '5.9', '17.2.4', '5.16', '5.17'],
  ],
  ['§7.1.7', 'client', 'does not tell a script more than it may know of a failure', INSIDE],
  ['§7.2.1', 'client', 'fails the connection where this text says so', ['1.3.1', '3.*', '4.*', '21.3.*']],
  ['§7.2.2', 'server', 'fails or ends the connection where this text says so', ['1.3.1', '3.*', '4.*', '20.3.*']],
  ['§7.2.3', 'client', 'delays when it reconnects after an abnormal closure', APPLICATION],
  ['§7.4.1', 'both', 'never sends 1005, 1006 and 1015', ['7.9.3', '7.9.4', '7.9.5', '7.9.10', '7.3.1']],
  ['§7.4.2', 'both', 'never sends 0 to 999', ['7.9.1', '7.9.2', '7.9.11', '7.9.12']],
  ['§8.1', 'both', 'fails the connection at bytes that are not UTF-8', ['6.*']],
];

function toRequirement([section, who, statement, cases]: Row): Requirement {
  return { section, who, statement, cases };
}

/** Every MUST and MUST NOT of RFC 6455 §4 to §8. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...CLIENT_OPENING,
  ...SERVER_OPENING,
  ...FRAMING,
  ...TRANSFER,
  ...CLOSING,
].map(toRequirement);
