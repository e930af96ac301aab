import { defencesIn } from './defences-in.js';

/** The opening handshake: what is judged, refused, bounded and contained. */
export const HANDSHAKE = [
  ...defencesIn('protocol/handshake/http1/read-request.ts', ['protocol/handshake/http1/read-request'], {
    'key-is-base64': ["!key.endsWith('==') || !consistsOf(key.slice(0, 22), BASE64_CHARACTERS)", 'false'],
    'key-is-16-bytes': ["key.length !== 24 || !key.endsWith('==')", "!key.endsWith('==')"],
    'key-is-canonical': ['return BASE64_ALPHABET.indexOf(key.charAt(21)) % 16 === 0;', 'return true;'],
    'key-is-required': [
      "if (key === undefined) throw refusal(400, 'missing Sec-WebSocket-Key header');",
      "if (key === undefined) return 'x';",
    ],
    'host-is-required': [
      "if (host === undefined) throw refusal(400, 'missing Host header');",
      "if (host === undefined) return { target, authority: 'a' };",
    ],
    'host-is-an-authority': ['if (parseAuthority(host) === undefined)', 'if (false)'],
    'http-version': ["if (raw.httpVersion !== '1.1')", 'if (false)'],
    'method-is-get': ["if (raw.method !== 'GET')", 'if (false)'],
    'invalid-field': ['if (received.invalid !== undefined)', 'if (false)'],
    'target-size': ['if (raw.target.length > limits.maxHeaderSize)', 'if (false)'],
    'head-limits': ['if (received.exceeded !== undefined)', 'if (false)'],
    'upgrade-is-exact': ["if (upgrade.toLowerCase() !== 'websocket')", 'if (false)'],
    'connection-has-upgrade': ["|| !listHasToken(connection, 'upgrade')", ''],
    'request-has-no-body': [
      "if (announced) throw refusal(400, 'a WebSocket",
      "if (false) throw refusal(400, 'a WebSocket",
    ],
    'request-has-no-chunked-body': ["|| fields['transfer-encoding'] !== undefined", ''],
  }),
  ...defencesIn('protocol/handshake/rules/connection-request.ts', ['protocol/handshake/rules/connection-request'], {
    'version-is-13': ['if (version !== String(WEBSOCKET_VERSION))', 'if (false)'],
    'version-is-a-number': ['if (!isVersion(version))', 'if (false)'],
    'version-is-required': ['if (version === undefined) throw', 'if (version === undefined) return; if (false) throw'],
    'one-origin': ["if (repeated.has('origin'))", 'if (false)'],
    'origin-rule': ['if (origin === undefined || isAllowedOrigin(origin, host, allowed)) return;', 'return;'],
    'path-rule': ['rules.path !== undefined && target.path !== rules.path', 'false'],
  }),
  ...defencesIn('protocol/handshake/rules/subprotocols.ts', ['protocol/handshake/rules/subprotocols'], {
    'subprotocols-are-unique': ['new Set(subprotocols).size !== subprotocols.length', 'false'],
    'offered-subprotocols-are-unique': ['if (seen.has(one)) throw', 'if (false) throw'],
  }),
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['protocol/handshake/rules/header-fields'], {
    'header-count': ['if (count > limits.maxHeaderCount)', 'if (false)'],
    'header-size': ['if (size <= limits.maxHeaderSize) return undefined;', 'return undefined;'],
    'header-no-prototype': ['Object.setPrototypeOf(fields, null);', ''],
    'header-repeated-is-joined': ['before === undefined ? value :', 'true ? value :'],
    'header-name-is-token': ["typeof name !== 'string' || !isToken(name)", "typeof name !== 'string'"],
    'header-of-ours-is-reserved': ['if (reserved.has(name.toLowerCase()))', 'if (false)'],
    'header-value-has-no-line-break': [
      "typeof value !== 'string' || !isFieldValue(value)",
      "typeof value !== 'string'",
    ],
    'header-received-is-valid': ['if (!isToken(name) || !isFieldValue(value)) invalid', 'if (!isToken(name)) invalid'],
  }),
  ...defencesIn('protocol/handshake/rules/syntax.ts', ['protocol/handshake/rules/syntax'], {
    'field-value-control-characters': ['(code < 0x20 && code !== 0x09)', 'false'],
    'field-value-latin-1': ['code > 0xff ||', ''],
    'token-is-not-empty': ["return text !== '';", 'return true;'],
  }),
  ...defencesIn('protocol/handshake/rules/origin.ts', ['protocol/handshake/rules/origin'], {
    'origin-same-hostname': ['page.hostname === server.hostname &&', ''],
    'origin-same-port': ['&& webPort(page.port) === webPort(server.port)', ''],
    'origin-scheme': ['one.scheme === other?.scheme &&', ''],
    'origin-null-is-listed': [
      "if (origin === 'null') return allowed.includes('null');",
      "if (origin === 'null') return true;",
    ],
    'origin-of-the-web': ['|| !DEFAULT_PORTS.has(page.scheme)', ''],
    'origin-both-loopback': ['isLoopback(page.hostname) && isLoopback(server.hostname)', 'isLoopback(server.hostname)'],
  }),
  ...defencesIn('protocol/handshake/http1/response.ts', ['protocol/handshake/http1/response'], {
    'accept-value': ["'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'", "'258EAFA5-E914-47DA-95CA-C5AB0DC85B10'"],
    'refused-connection-closes': [
      "upgrades ? 'close, Upgrade' : 'close'",
      "upgrades ? 'close, Upgrade' : 'keep-alive'",
    ],
  }),
  ...defencesIn('protocol/handshake/rules/acceptance.ts', ['protocol/handshake/rules/acceptance'], {
    'chosen-subprotocol-was-offered': ['if (offered.includes(subprotocol)) return;', 'return;'],
    'chosen-extensions-were-offered': ['accepted?.every(({ name }) => offered.has(name)) === true', 'true'],
  }),
  ...defencesIn('protocol/handshake/rules/refusal.ts', ['protocol/handshake/rules/refusal'], {
    'refusal-status': ['status < 300 || status > 599', 'false'],
    'errors-are-not-disclosed': ["return makeRefusal(500, '', {});", 'return makeRefusal(500, String(error), {});'],
  }),
  ...defencesIn('protocol/handshake/http1/read-response.ts', ['protocol/handshake/http1/read-response'], {
    'answered-accept': ['if (accept !== rules.accept) return', 'if (false) return'],
    'answered-status': ['if (raw.status !== 101) return', 'if (false) return'],
    'answered-upgrade': ["if (upgrade?.toLowerCase() !== 'websocket') return", 'if (false) return'],
    'answered-connection': ["if (connection === undefined || !listHasToken(connection, 'upgrade'))", 'if (false)'],
    'answered-invalid-field': ['if (received.invalid !== undefined) return', 'if (false) return'],
    'answered-head-limits': ['if (received.exceeded !== undefined) return', 'if (false) return'],
    'answered-no-body': ['if (announcesBody(fields)) return', 'if (false) return'],
  }),
  ...defencesIn('protocol/handshake/rules/connection-response.ts', ['protocol/handshake/rules/connection-response'], {
    'unsolicited-subprotocol': ['subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)', 'false'],
    'unsolicited-extension': ['if (!offered.delete(name))', 'if (false)'],
    'extension-accepted-twice': ['if (!offered.delete(name))', 'if (!offered.has(name))'],
  }),
  ...defencesIn('protocol/handshake/http1/client-request.ts', ['protocol/handshake/http1/client-request'], {
    'request-target-is-a-path': ["if (!target.startsWith('/') || parseTarget(target) === undefined)", 'if (false)'],
    'offered-extensions-are-a-list': [
      "typeof extensions === 'string' && parseExtensionOffers(extensions) !== undefined",
      "typeof extensions === 'string'",
    ],
  }),
  ...defencesIn('protocol/handshake/rules/origin.ts', ['protocol/handshake/rules/origin'], {
    'own-origin-has-no-line-break': ["value !== '' && isFieldValue(value)", "value !== ''"],
  }),
  ...defencesIn('protocol/base/checks.ts', ['protocol/base/checks'], {
    'unknown-options-are-refused': ['if (value === undefined || Object.hasOwn(names, name)) continue;', 'continue;'],
    'names-of-prototypes-are-unknown': ['Object.hasOwn(names, name)', '(name in names)'],
    'hostile-values-are-described': ["} catch {\n    return 'Object';\n  }", '} finally {\n    // Nobody cares.\n  }'],
  }),
  ...defencesIn('server/pending-handshake.ts', ['server/handshake-gate'], {
    'handshake-deadline': ['Math.min(timeout, MAX_TIMEOUT)', 'MAX_DELAY'],
    'handshake-deadline-ends-with-it': ['clearTimeout(this.#timer);', ''],
    'peer-gone-while-deciding': ["socket.on('end', onEnd);", ''],
  }),
  ...defencesIn('server/handshake-gate.ts', ['server/handshake-gate'], {
    'max-connections': [
      "if (this.#connections >= this.#options.maxConnections) return this.#tooMany('maxConnections');",
      '',
    ],
    'max-connections-when-accepted': [
      "if (this.#connections >= this.#options.maxConnections) throw this.#tooMany('maxConnections');",
      '',
    ],
    'max-pending-handshakes': ['if (this.#pending.size >= this.#options.maxPendingHandshakes)', 'if (false)'],
    'accepted-is-no-longer-pending': [
      'this.#pending.delete(pending);\n    this.#connections++;',
      'this.#connections++;',
    ],
    'closed-connections-make-room': ["socket.on('close', this.#onConnectionClose);", ''],
    'decision-throws': [
      '} catch (error) {\n      this.#deny(pending, error);\n    }',
      '} finally {\n      // Nobody cares.\n    }',
    ],
    'decision-rejects': ['(error: unknown) => this.#deny(pending, error),', '() => undefined,'],
    'late-decision-is-not-used': ["|| pending.stage !== 'deciding' || pending.socket.destroyed", ''],
    'taking-over-throws': [
      '} catch (error) {\n      socket.destroy();\n      this.report(error);\n    }',
      '} finally {\n      // Nobody cares.\n    }',
    ],
    'hearing-of-a-refusal-throws': [
      'try {\n      callback();\n    } catch (error) {\n      this.report(error);\n    }',
      'callback();',
    ],
    'origin-warning-once': ['if (this.#warned) return;', ''],
  }),
  ...defencesIn('server/http1/refuse.ts', ['server/http1/refuse'], {
    'refused-peer-lingers-shortly': [
      'setTimeout(() => socket.destroy(), LINGER)',
      'setTimeout(() => undefined, LINGER)',
    ],
    'refused-peer-floods': ['if (discarded > MAX_DISCARDED) socket.destroy();', ''],
  }),
  ...defencesIn('client/dial.ts', ['client/dial'], {
    'dial-deadline': [
      'setTimeout(() => this.#onTimeout(handshakeTimeout), Math.min(handshakeTimeout, MAX_TIMEOUT))',
      'undefined',
    ],
    'dial-body-size': ['if (refusal.size >= MAX_BODY_SIZE) return;', ''],
    'dial-interim-responses': ['if (this.#interimResponses <= MAX_INTERIM_RESPONSES) return;', 'return;'],
  }),
];
