import { defencesIn } from './defences-in.js';

const ATTACKS = ['connections/attacks'];
const COMPRESSION_ATTACKS = ['connections/compression.attacks'];

/** Attacks that are known from other implementations, by their ids: a test that has the id in its name must notice. More of them stand among the others. */
const OPENING = [
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['protocol/handshake/rules/header-fields'], {
    'V001-names-of-prototypes': ['withoutPrototype', 'Object.setPrototypeOf(fields, null);', ''],
    'V007-value-has-no-line-break': ['checkField', ' || !isFieldValue(value)', ''],
  }),
  ...defencesIn('protocol/handshake/rules/syntax.ts', ['protocol/handshake/rules/syntax'], {
    'V002-no-gap-inside-a-token': ['parseTokenList', 'if (!isToken(token)) return undefined;', ''],
  }),
  ...defencesIn('protocol/handshake/rules/extension-offer.ts', ['protocol/handshake/rules/extension-offer'], {
    'V003-quoted-string-without-end': [
      'takeQuoted',
      'content += this.#text.charAt(index);\n    }\n    return undefined;',
      'content += this.#text.charAt(index);\n    }\n    this.#at = this.#text.length;\n    return content;',
    ],
  }),
  ...defencesIn('protocol/handshake/http1/read-request.ts', ['protocol/handshake/http1/read-request'], {
    'V004-head-limits': ['checkEnvelope', 'if (received.exceeded !== undefined)', 'if (false)'],
    'V013-request-has-no-body': ['checkBody', "(fields['content-length'] ?? '0') !== '0' || ", ''],
    'V014-connection-has-upgrade': ['checkUpgrade', " || !listHasToken(connection, 'upgrade')", ''],
    'V017-key-is-16-bytes': ['isKey', 'key.length !== 24 || ', ''],
    'V031-method-is-get': ['checkEnvelope', "if (raw.method !== 'GET')", 'if (false)'],
  }),
  ...defencesIn('server/http1/foreign-upgrade.ts', ['server/attached-listener'], {
    'V004-lost-lines-are-not-given-back': ['if (!keepsAllHeaders(message, server.maxHeadersCount)) return false;', ''],
  }),
  ...defencesIn('client/follow.ts', ['client/follow'], {
    'V005-redirects-are-asked-for': ['|| this.#options.maxRedirects === 0', ''],
    'V005-redirects-have-an-end': ['if (this.#redirects > this.#options.maxRedirects)', 'if (false)'],
    'V005-redirects-keep-tls': ['if (endpoint.encrypted && !next.encrypted)', 'if (false)'],
    'V005-redirects-drop-credentials': [
      'headers: isSame ? headers : headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase())),',
      'headers,',
    ],
  }),
  ...defencesIn('server/http1/http1-exchange.ts', ['server/handshake-server'], {
    'V006-target-is-in-no-header': [
      'refuse',
      'this.#message = undefined;\n    refuse(this.#socket, encodeRefusal(refusal, this.#method));',
      "const fields = [['Location', this.#message?.url ?? '']];\n    refuse(this.#socket, encodeRefusal({ ...refusal, fields }, this.#method));",
    ],
  }),
  ...defencesIn('protocol/handshake/rules/acceptance.ts', ['protocol/handshake/rules/acceptance'], {
    'V008-chosen-subprotocol-was-offered': [
      'checkSubprotocol',
      'if (offered.includes(subprotocol)) return;',
      'return;',
    ],
  }),
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['protocol/handshake/rules/refusal'], {
    'V009-value-of-a-refusal-has-no-line-break': ['checkField', ' || !isFieldValue(value)', ''],
  }),
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['protocol/handshake/http1/read-request'], {
    'V010-lines-are-counted-not-names': [
      'findExceeded',
      'raw.length / 2',
      'new Set(raw.filter((_, index) => index % 2 === 0)).size',
    ],
    'V011-two-hosts-are-none': ['readHeaderFields', 'before === undefined ? value :', 'true ? value :'],
  }),
  ...defencesIn('server/http1/refuse.ts', ['server/handshake-server'], {
    'V012-refused-transport-ends': ['refuse', 'socket.end(response);', 'socket.write(response);'],
  }),
  ...defencesIn('protocol/handshake/rules/connection-request.ts', ['protocol/handshake/rules/connection-request'], {
    'V015-version-is-13': ['if (version !== String(WEBSOCKET_VERSION))', 'if (false)'],
  }),
  ...defencesIn('protocol/handshake/http1/read-response.ts', ['protocol/handshake/http1/read-response'], {
    'V016-answer-has-our-key': ['findProblem', 'if (accept !== rules.accept)', 'if (false)'],
  }),
  ...defencesIn(
    'protocol/handshake/rules/syntax.ts',
    ['protocol/handshake/http1/read-request', 'protocol/handshake/rules/connection-request'],
    { 'V018-tokens-are-ascii': ['consistsOf', '!== 1', '=== 0'] },
  ),
  ...defencesIn('protocol/handshake/rules/connection-response.ts', ['protocol/handshake/rules/connection-response'], {
    'V019-unsolicited-subprotocol': ['subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)', 'false'],
  }),
  ...defencesIn('client/attempt.ts', ['client/dial'], {
    'V023-answer-has-an-end': ['maxHeaderSize: Math.min(maxHeaderSize, Number.MAX_SAFE_INTEGER)', 'maxHeaderSize: 1e9'],
  }),
  ...defencesIn('client/proxies/byte-reader.ts', ['client/proxies/connect-through'], {
    'V024-answer-of-a-proxy-has-an-end': ['if (at !== -1 || this.#bytes.length >= most)', 'if (at !== -1)'],
  }),
  ...defencesIn('server/handshake-server.ts', ['server/handshake-server'], {
    'V024-request-has-an-end': [
      '#createHttpServer',
      'maxHeaderSize: Math.min(maxHeaderSize, Number.MAX_SAFE_INTEGER)',
      'maxHeaderSize: 1e9',
    ],
  }),
  ...defencesIn('server/pending-handshake.ts', ['server/listen.test'], {
    'V025-one-deadline-for-all': [
      'constructor',
      'owner.alarms.set(this, owner.timeout)',
      'owner.alarms.set(this, 2 ** 30)',
    ],
  }),
  ...defencesIn('client/deadline.ts', ['client/dial'], {
    'V026-deadline-is-absolute': ['Math.min(timeout, MAX_TIMEOUT)', 'MAX_TIMEOUT'],
  }),
  ...defencesIn('protocol/handshake/rules/origin.ts', ['protocol/handshake/rules/origin'], {
    'V028-origin-is-compared-whole': ['isSameOrigin', 'page.hostname === server.hostname && ', ''],
  }),
  ...defencesIn('client/connector.ts', ['client/connector'], {
    'V029-certificates-are-checked': [
      'tlsDefaults',
      "ALPNProtocols: ['http/1.1'],",
      "ALPNProtocols: ['http/1.1'], rejectUnauthorized: false,",
    ],
  }),
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['server/attached-listener'], {
    'V030-lenient-parsers-are-judged': ['readHeaderFields', '!isToken(name) || !isFieldValue(value)', 'false'],
  }),
  ...defencesIn('server/handshake-gate.ts', ['server/listen.test'], {
    'V032-errors-of-sockets-have-a-listener': ['begin', "socket.on('error', ignore);", ''],
  }),
];

const COMPRESSION = [
  ...defencesIn('connections/receiving/body-collector.ts', COMPRESSION_ATTACKS, {
    'V090-limit-of-what-comes-out': ['push', "this.#check('maxMessageSize', this.#bytes.size + chunk.length);", ''],
    'V091-each-limit-is-judged': ['limits.fail(error);', ''],
  }),
  ...defencesIn('protocol/receive/stages/size-limiter.ts', COMPRESSION_ATTACKS, {
    'V090-limit-of-what-is-streamed': ['onFrameData', 'this.#check(this.#size);', ''],
  }),
  ...defencesIn('deflate/deflate-transform.ts', COMPRESSION_ATTACKS, {
    'V095-contexts-are-made-when-needed': [
      'constructor',
      'this.#setup = setup;',
      'this.#setup = setup;\n    this.#deflater = this.#pool.take();',
    ],
    'V096-compressed-messages-have-rsv1': ['begin', 'return COMPRESSED_BIT;', 'return 0;'],
  }),
];

const LIFETIME = [
  ...defencesIn('protocol/connection/keep-alive.ts', ATTACKS, {
    'V033-silent-peers-are-given-up': ['check', "now >= dueAt ? 'lost' : 'alive'", "'alive'"],
  }),
  ...defencesIn('connections/sending/piece-source.ts', ATTACKS, {
    'V100-numbers-are-no-data': [
      'openSource',
      'throw new LocalUsageError(',
      'return sourceOfIterator([new Uint8Array(Number(data))].values());\n  void new LocalUsageError(',
    ],
  }),
  ...defencesIn('protocol/wire/close-body.ts', ATTACKS, {
    'V101-reasons-are-text': ['checkCloseBody', "checkString('close reason', reason);", ''],
  }),
  ...defencesIn('connections/sending/sendable.ts', ATTACKS, {
    'V102-only-the-given-bytes': [
      'toBytes',
      'new Uint8Array(data.buffer, data.byteOffset, data.byteLength)',
      'new Uint8Array(data.buffer)',
    ],
  }),
  ...defencesIn('protocol/receive/stages/message-collector.ts', ATTACKS, {
    'V103-messages-keep-no-slab': ['onFrameData', ': new Uint8Array(chunk);', ': chunk;'],
  }),
  ...defencesIn('protocol/connection/message-sender.ts', ATTACKS, {
    'V104-what-waits-is-bounded': ['#isWithinLimit', 'if (size <= limit) return true;', 'return true;'],
  }),
  ...defencesIn('protocol/connection/ending.ts', ATTACKS, {
    'V105-close-comes-behind-what-waits': ['#sendClose', 'queue.close(encoded);', ''],
    'V106-closing-has-a-deadline': [
      'onMove',
      'this.#closeDeadline = host.now() + options.closeTimeout',
      'this.#closeDeadline = Infinity',
    ],
    'V112-nothing-after-a-close': ['receiveClose', 'inbound.stop();', ''],
  }),
  ...defencesIn('transport/socket-driver.ts', ATTACKS, {
    'V107-errors-of-the-system-are-told': ['handleError', 'this.connection.transportFailed(cause);', ''],
  }),
  ...defencesIn('engine/connection-set.ts', ATTACKS, {
    'V108-ended-connections-are-forgotten': ['end', 'this.#members.delete(member);', ''],
  }),
  ...defencesIn('server/attached-listener.ts', ['server/attached-listener'], {
    'V109-no-listener-is-left': ['remove', "this.#server.off('upgrade', this.#onUpgrade);", ''],
  }),
  ...defencesIn('protocol/receive/read-ahead.ts', ['web/web-socket-stream.flow'], {
    'V110-streams-have-backpressure': ['get isFull', 'this.#cost + this.#owner.collectedSize >= this.#limit', 'false'],
  }),
  ...defencesIn('server/settings/handshake-options.ts', ['server/options'], {
    'V111-limits-by-default': ['maxHeaderCount = 128', 'maxHeaderCount = Infinity'],
  }),
];

/** Known attacks. */
export const KNOWN_ATTACKS = [...OPENING, ...COMPRESSION, ...LIFETIME];
