import type { CheckName } from '../model/case.ts';
import type { HttpHead } from '../model/http.ts';
import type { Role, Verdict } from '../model/verdict.ts';
import { fieldOf, listOf } from '../opening/head.ts';

/** Time in which a server has ended the TCP connection "immediately", in milliseconds: RFC 6455 §7.1.1 gives no number, and machines are busy. */
const AT_ONCE = 400;

/** What a check looks at. */
export interface CheckInput {
  /** The role of the peer. */
  readonly role: Role;
  /** Milliseconds between the second Close and the end of the TCP connection, if both have come. */
  readonly closingTime: number | undefined;
  /** Masking keys of the peer's frames. */
  readonly keys: readonly number[];
  /** Opening handshake of a client under test. */
  readonly request: HttpHead | undefined;
  /** What came behind the request before it was answered, in bytes. */
  readonly early: number;
  /** `Sec-WebSocket-Key`s of the agent's other connections. */
  readonly otherKeys: ReadonlySet<string>;
}

/** What a check found. */
export interface Finding {
  readonly verdict: Exclude<Verdict, 'ok'>;
  readonly reason: string;
}

type Check = (input: CheckInput) => Finding | undefined;

/** What can be looked at besides the events of a case. */
export const CHECKS: Readonly<Record<CheckName, Check>> = {
  'masks-differ': ({ keys }) => {
    if (keys.length < 2) return failed('too few masked frames to compare');
    return unless(new Set(keys).size > 1, 'all frames have the same masking key (§5.3)');
  },
  'masks-unpredictable': ({ keys }) => {
    const steps = new Set(keys.slice(1).map((key, index) => (key - keys[index]!) >>> 0));
    if (steps.size <= 2) return failed('masking keys differ by always the same (§5.3)');
    const repeated = keys.length - new Set(keys).size;
    return unless(repeated <= 1, `${String(repeated)} of ${String(keys.length)} masking keys came before (§5.3)`);
  },
  'key-is-fresh': (input) => {
    const key = input.request === undefined ? undefined : fieldOf(input.request, 'sec-websocket-key');
    return unless(
      key !== undefined && !input.otherKeys.has(key),
      'the same Sec-WebSocket-Key came on another connection (§4.1)',
    );
  },
  'tcp-ends-at-once': ({ role, closingTime }) => {
    if (role === 'client' || closingTime === undefined || closingTime <= AT_ONCE) return undefined;
    const reason = `the server ended the TCP connection ${String(Math.round(closingTime))} ms after both Closes, and not at once (§7.1.1)`;
    return { verdict: 'non-strict', reason };
  },
  'request-line': onRequest(({ startLine }) =>
    unless(/^GET \/[^ #]* HTTP\/1\.1$/.test(startLine), `request line "${startLine}" (§4.1)`),
  ),
  'request-host': onRequest((head) =>
    unless(
      one(head, 'host') && /^[^\s/@]+$/.test(fieldOf(head, 'host') ?? ''),
      'not exactly one Host with the server named (§4.1)',
    ),
  ),
  'request-upgrade': onRequest((head) =>
    unless(listOf(fieldOf(head, 'upgrade')).includes('websocket'), 'no Upgrade: websocket (§4.1)'),
  ),
  'request-connection': onRequest((head) =>
    unless(listOf(fieldOf(head, 'connection')).includes('upgrade'), 'no Connection: Upgrade (§4.1)'),
  ),
  'request-key': onRequest((head) =>
    unless(
      one(head, 'sec-websocket-key') && /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(fieldOf(head, 'sec-websocket-key') ?? ''),
      'Sec-WebSocket-Key is not 16 bytes in base64, once (§4.1)',
    ),
  ),
  'request-version': onRequest((head) =>
    unless(
      one(head, 'sec-websocket-version') && fieldOf(head, 'sec-websocket-version') === '13',
      'Sec-WebSocket-Version is not 13, once (§4.1)',
    ),
  ),
  'request-unique-fields': onRequest((head) => {
    const repeated = ['host', 'upgrade', 'origin', 'sec-websocket-protocol', ...HANDSHAKE_FIELDS].filter(
      (name) => (head.fields.get(name)?.length ?? 0) > 1,
    );
    return unless(repeated.length === 0, `more than once: ${repeated.join(', ')} (§11.3)`);
  }),
  'request-protocols': onRequest((head) => {
    const list = fieldOf(head, 'sec-websocket-protocol');
    const names = list?.split(',').map((name) => name.trim()) ?? [];
    const valid = names.every((name) => TOKEN.test(name)) && new Set(names).size === names.length;
    return unless(valid, `Sec-WebSocket-Protocol "${list ?? ''}" is no list of different tokens (§4.1)`);
  }),
  'request-extensions': onRequest((head) => {
    const list = fieldOf(head, 'sec-websocket-extensions');
    const valid = list?.split(',').every((one) => one.split(';').every((part) => EXTENSION_PART.test(part.trim())));
    return unless(valid ?? true, `Sec-WebSocket-Extensions "${list ?? ''}" does not follow §9.1`);
  }),
  'request-fields-well-formed': onRequest(({ text }) => {
    const lines = text.split('\r\n').slice(1, -2);
    const bad = lines.find((line) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[\x21-\x7e\x80-\xff \t]*$/.test(line));
    return unless(bad === undefined, `header line "${bad ?? ''}" (RFC 9112 §5)`);
  }),
  'request-origin': onRequest((head) => {
    const origin = fieldOf(head, 'origin');
    const valid = origin === undefined || origin === 'null' || /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/.test(origin);
    return unless(valid, `Origin "${origin ?? ''}" is no origin (§4.1, RFC 6454)`);
  }),
  'request-no-body': onRequest((head) =>
    unless(
      (fieldOf(head, 'content-length') ?? '0') === '0' && fieldOf(head, 'transfer-encoding') === undefined,
      'the request announces a body (§4.1)',
    ),
  ),
  'request-no-early-frames': ({ early }) => unless(early === 0, `${String(early)} bytes came before the answer (§4.1)`),
};

const HANDSHAKE_FIELDS = ['sec-websocket-key', 'sec-websocket-version'];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const EXTENSION_PART = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(\s*=\s*("?)[!#$%&'*+\-.^_`|~0-9A-Za-z]+\2)?$/;

function onRequest(check: (head: HttpHead) => Finding | undefined): Check {
  return ({ request }) => (request === undefined ? failed('there was no request') : check(request));
}

function one(head: HttpHead, name: string): boolean {
  return head.fields.get(name)?.length === 1;
}

function unless(holds: boolean, reason: string): Finding | undefined {
  return holds ? undefined : failed(reason);
}

function failed(reason: string): Finding {
  return { verdict: 'failed', reason };
}
