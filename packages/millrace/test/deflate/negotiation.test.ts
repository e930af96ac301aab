import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  DEFAULT_WINDOW_BITS,
  acceptDeflateAnswer,
  answerDeflateOffer,
  createDeflateOffers,
} from '../../src/deflate/negotiation.ts';
import type { DeflateAgreement, HistoryCheck } from '../../src/deflate/negotiation.ts';
import { resolveCompressionOptions, type CompressionOptions } from '../../src/deflate/options.ts';
import { HandshakeError } from '../../src/protocol/base/errors.ts';
import { formatParameters, parameters } from '../helpers/deflate.ts';

const enough: HistoryCheck = () => true;
const short: HistoryCheck = () => false;

/** Both sides of an agreement in few words: `13` or, without history, `13 alone`. */
function sides({ local, remote }: DeflateAgreement): { local: string; remote: string } {
  const [ours, theirs] = [local, remote].map(
    ({ windowBits, keepsHistory }) => `${String(windowBits)}${keepsHistory ? '' : ' alone'}`,
  );
  return { local: ours ?? '', remote: theirs ?? '' };
}

function offers(options: CompressionOptions, hasMemory = enough): string[] {
  return createDeflateOffers(resolveCompressionOptions(options), hasMemory).map((offer) =>
    formatParameters({ parameters: offer }),
  );
}

function answer(offer: string, options: CompressionOptions = {}, hasMemory = enough): DeflateAgreement | undefined {
  return answerDeflateOffer(parameters(offer), resolveCompressionOptions(options), hasMemory);
}

function accept(text: string, options: CompressionOptions = {}): DeflateAgreement {
  return acceptDeflateAnswer(parameters(text), resolveCompressionOptions(options));
}

const SERVER_15: CompressionOptions = { serverMaxWindowBits: 15 };
const BOTH_15: CompressionOptions = { serverMaxWindowBits: 15, clientMaxWindowBits: 15 };

describe('createDeflateOffers', () => {
  const ROWS: [options: CompressionOptions, offers: string[]][] = [
    [{}, ['client_max_window_bits']],
    [{ clientMaxWindowBits: 11 }, ['client_max_window_bits=11', 'client_max_window_bits']],
    [{ serverMaxWindowBits: 10 }, ['server_max_window_bits=10; client_max_window_bits', 'client_max_window_bits']],
    [
      { serverNoContextTakeover: true },
      ['server_no_context_takeover; client_max_window_bits', 'client_max_window_bits'],
    ],
    [{ clientNoContextTakeover: true }, ['client_no_context_takeover; client_max_window_bits']],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
      [
        'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
        'server_no_context_takeover; client_no_context_takeover; client_max_window_bits=9',
        'client_no_context_takeover; client_max_window_bits',
      ],
    ],
  ];
  for (const [options, expected] of ROWS) {
    it(`offers ${expected.join(', ')}`, () => {
      assert.deepEqual(offers(options), expected);
    });
  }

  it('would like the server to do without history when there is no memory for it', () => {
    assert.deepEqual(offers({}, short), [
      'server_no_context_takeover; client_max_window_bits',
      'client_max_window_bits',
    ]);
  });

  it('asks for memory for the largest window, or that which it asks for', () => {
    const asked: number[] = [];
    const remember: HistoryCheck = (windowBits) => asked.push(windowBits) > 0;

    offers({}, remember);
    offers({ serverMaxWindowBits: 11 }, remember);

    assert.deepEqual(asked, [15, 11]);
  });
});

describe('answerDeflateOffer', () => {
  type Row = [offer: string, options: CompressionOptions, answer: string, local: string, remote: string];
  const ROWS: Row[] = [
    // Nothing is asked for.
    ['', {}, 'server_max_window_bits=13', '13', '15'],
    ['', SERVER_15, '', '15', '15'],
    ['', { serverMaxWindowBits: 9 }, 'server_max_window_bits=9', '9', '15'],
    // The client may be told only if it says so (§7.1.2.2).
    ['', { ...BOTH_15, clientMaxWindowBits: 10 }, '', '15', '15'],
    ['client_max_window_bits', BOTH_15, 'client_max_window_bits=15', '15', '15'],
    ['client_max_window_bits', { ...BOTH_15, clientMaxWindowBits: 10 }, 'client_max_window_bits=10', '15', '10'],
    ['client_max_window_bits=12', BOTH_15, 'client_max_window_bits=12', '15', '12'],
    ['client_max_window_bits=12', { ...BOTH_15, clientMaxWindowBits: 10 }, 'client_max_window_bits=10', '15', '10'],
    ['client_max_window_bits=9', { ...BOTH_15, clientMaxWindowBits: 10 }, 'client_max_window_bits=9', '15', '9'],
    ['client_max_window_bits=8', BOTH_15, 'client_max_window_bits=8', '15', '8'],
    ['client_max_window_bits=15', {}, 'server_max_window_bits=13; client_max_window_bits=13', '13', '13'],
    // The window of the server: the smaller one, and an answer to who asks (§7.1.2.1).
    ['server_max_window_bits=15', SERVER_15, 'server_max_window_bits=15', '15', '15'],
    ['server_max_window_bits=12', SERVER_15, 'server_max_window_bits=12', '12', '15'],
    ['server_max_window_bits=12', { serverMaxWindowBits: 10 }, 'server_max_window_bits=10', '10', '15'],
    ['server_max_window_bits=9', {}, 'server_max_window_bits=9', '9', '15'],
    // History: who is asked does without it (§7.1.1.1), and who hints at it is taken at its word (§7.1.1.2).
    ['server_no_context_takeover', SERVER_15, 'server_no_context_takeover', '15 alone', '15'],
    ['', { ...SERVER_15, serverNoContextTakeover: true }, 'server_no_context_takeover', '15 alone', '15'],
    ['client_no_context_takeover', SERVER_15, 'client_no_context_takeover', '15', '15 alone'],
    ['', { ...SERVER_15, clientNoContextTakeover: true }, 'client_no_context_takeover', '15', '15 alone'],
    // All at once, in any order, quoted (RFC 6455 §9.1).
    [
      'client_max_window_bits="11"; server_max_window_bits="10"; client_no_context_takeover; server_no_context_takeover',
      {},
      'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11',
      '10 alone',
      '11 alone',
    ],
  ];
  for (const [offer, options, expected, local, remote] of ROWS) {
    it(`answers ${JSON.stringify(offer)} with ${JSON.stringify(expected)}, having ${JSON.stringify(options)}`, () => {
      const agreement = answer(offer, options);

      assert.ok(agreement !== undefined);
      assert.equal(formatParameters(agreement), expected);
      assert.deepEqual(sides(agreement), { local, remote });
    });
  }

  it('V021: agrees on what RFC 7692 says, for every window offered and every one preferred', () => {
    const all = [undefined, 8, 9, 10, 11, 12, 13, 14, 15];
    for (const offered of all) {
      for (const preferred of all.filter((bits) => bits !== 8)) {
        const server = answer(offered === undefined ? '' : `server_max_window_bits=${String(offered)}`, {
          serverMaxWindowBits: preferred,
        });
        const client = answer(`client_max_window_bits${offered === undefined ? '' : `=${String(offered)}`}`, {
          clientMaxWindowBits: preferred,
        });
        const silent = answer('', { clientMaxWindowBits: preferred });
        const smaller = Math.min(offered ?? 15, preferred ?? DEFAULT_WINDOW_BITS);

        assert.equal(server?.local.windowBits, smaller === 8 ? undefined : smaller);
        assert.equal(client?.remote.windowBits, smaller);
        assert.match(formatParameters(client), new RegExp(`client_max_window_bits=${String(smaller)}$`));
        assert.ok(silent !== undefined);
        assert.doesNotMatch(formatParameters(silent), /client_max_window_bits/);
      }
    }
  });

  it('V022: declines to compress with a window of 8, which zlib cannot', () => {
    assert.equal(answer('server_max_window_bits=8', SERVER_15), undefined);
  });

  const DECLINED: [why: string, offer: string][] = [
    ['an unknown parameter', 'x'],
    ['V001: a name of Object.prototype', 'constructor'],
    ['V001: another', '__proto__=1'],
    ['its own name', 'permessage-deflate'],
    ['the same parameter twice', 'server_no_context_takeover; server_no_context_takeover'],
    ['the same with another value', 'client_max_window_bits; client_max_window_bits=10'],
    ['a value that is none', 'server_no_context_takeover=1'],
    ['another one', 'client_no_context_takeover=true'],
    ['an empty window of the server', 'server_max_window_bits'],
    ...['7', '16', '08', '010', '1000', '-1', '1e1', '9.5', '0xf', 'a', '1'].flatMap((value): [string, string][] => [
      ['V020: a window that is none', `server_max_window_bits=${value}`],
      ['V020: a window that is none', `client_max_window_bits=${value}`],
    ]),
  ];
  for (const [why, offer] of DECLINED) {
    it(`declines ${why}: ${offer}`, () => {
      assert.equal(answer(offer), undefined);
    });
  }

  it('has the client do without history when there is no memory for it', () => {
    const asked: number[] = [];
    const agreements = ['', 'client_max_window_bits'].map((offer) =>
      answer(offer, SERVER_15, (windowBits) => asked.push(windowBits) > asked.length),
    );

    assert.deepEqual(
      agreements.map((agreement) => agreement && formatParameters(agreement)),
      ['client_no_context_takeover', 'client_no_context_takeover; client_max_window_bits=13'],
    );
    assert.deepEqual(asked, [15, 13]);
  });
});

describe('acceptDeflateAnswer', () => {
  type Row = [answer: string, options: CompressionOptions, local: string, remote: string];
  const ROWS: Row[] = [
    ['', {}, '13', '15'],
    ['', { clientMaxWindowBits: 15 }, '15', '15'],
    ['client_max_window_bits=10', {}, '10', '15'],
    ['client_max_window_bits=15', {}, '13', '15'],
    // A server may ignore the hint of the offer (§7.1.2.2); the client keeps to it.
    ['client_max_window_bits=15', { clientMaxWindowBits: 11 }, '11', '15'],
    ['server_max_window_bits=10', {}, '13', '10'],
    ['server_max_window_bits=8', {}, '13', '8'],
    ['server_no_context_takeover', {}, '13', '15 alone'],
    ['client_no_context_takeover', {}, '13 alone', '15'],
    ['', { clientNoContextTakeover: true }, '13 alone', '15'],
    // V022: 8 for ourselves means that nothing is compressed.
    ['client_max_window_bits=8', {}, '8', '15'],
    [
      'client_max_window_bits="9"; server_max_window_bits="9"; server_no_context_takeover; client_no_context_takeover',
      {},
      '9 alone',
      '9 alone',
    ],
  ];
  for (const [text, options, local, remote] of ROWS) {
    it(`accepts ${JSON.stringify(text)}, having ${JSON.stringify(options)}`, () => {
      assert.deepEqual(sides(accept(text, options)), { local, remote });
    });
  }

  const REFUSED: [why: string, answer: string, message: RegExp][] = [
    ['an unknown parameter', 'x=1', /"x" is no parameter/],
    ['V001: a name of Object.prototype', 'constructor', /"constructor" is no parameter/],
    [
      'the same parameter twice',
      'server_max_window_bits=9; server_max_window_bits=9',
      /server_max_window_bits is there twice/,
    ],
    ['a value that is none', 'server_no_context_takeover=1', /has the value "1", expected none/],
    [
      'a window of the client without a value',
      'client_max_window_bits',
      /client_max_window_bits has no value, expected 8 to 15/,
    ],
    ['a window of the server without a value', 'server_max_window_bits', /has no value, expected 8 to 15/],
    ...['7', '08', '16', '1000', '-1', '1e1'].map((value): [string, string, RegExp] => [
      'V020: a window that is none',
      `server_max_window_bits=${value}`,
      new RegExp(`has the value "${value}", expected 8 to 15`),
    ]),
  ];
  for (const [why, text, message] of REFUSED) {
    it(`fails for ${why}: ${text}`, () => {
      assert.throws(
        () => accept(text),
        (error) =>
          error instanceof HandshakeError && message.test(error.message) && error.message.includes('RFC 7692 §7.1'),
      );
    });
  }
});
