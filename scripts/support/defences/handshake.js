import { defencesIn } from './defences-in.js';

/** The opening handshake: what is judged, refused, bounded and contained. */
export const HANDSHAKE = [
  ...defencesIn('protocol/handshake/http1/read-request.ts', ['protocol/handshake/http1/read-request'], {
    'key-is-base64': ["!key.endsWith('==') || !consistsOf(key.slice(0, 22), BASE64_CHARACTERS)", 'false'],
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
    'invalid-field': ['if (received.invalid !== undefined)', 'if (false)'],
    'target-size': ['if (raw.target.length > limits.maxHeaderSize)', 'if (false)'],
    'upgrade-is-exact': ["if (upgrade.toLowerCase() !== 'websocket')", 'if (false)'],
    'request-has-no-chunked-body': ["|| fields['transfer-encoding'] !== undefined", ''],
  }),
  ...defencesIn('protocol/handshake/rules/connection-request.ts', ['protocol/handshake/rules/connection-request'], {
    'version-is-a-number': ['if (!isVersion(version))', 'if (false)'],
    'version-is-required': ['if (version === undefined) throw', 'if (version === undefined) return; if (false) throw'],
    'one-origin': ["if (repeated.has('origin'))", 'if (false)'],
    'origin-rule': ['if (origin === undefined || isAllowedOrigin(origin, host, allowed)) return;', 'return;'],
    'path-rule': ["if (match === 'none') throw", 'if (false) throw'],
  }),
  ...defencesIn('protocol/handshake/rules/subprotocols.ts', ['protocol/handshake/rules/subprotocols'], {
    'subprotocols-are-unique': ['new Set(subprotocols).size !== subprotocols.length', 'false'],
    'offered-subprotocols-are-unique': ['if (seen.has(one)) throw', 'if (false) throw'],
  }),
  ...defencesIn('protocol/handshake/rules/header-fields.ts', ['protocol/handshake/rules/header-fields'], {
    'header-count': ['if (count > limits.maxHeaderCount)', 'if (false)'],
    'header-size': ['if (size <= limits.maxHeaderSize) return undefined;', 'return undefined;'],
    'header-repeated-is-joined': ['before === undefined ? value :', 'true ? value :'],
    'header-name-is-token': ["typeof name !== 'string' || !isToken(name)", "typeof name !== 'string'"],
    'header-of-ours-is-reserved': ['if (reserved.has(name.toLowerCase()))', 'if (false)'],
    'header-received-is-valid': ['if (!isToken(name) || !isFieldValue(value)) invalid', 'if (!isToken(name)) invalid'],
  }),
  ...defencesIn('protocol/handshake/rules/syntax.ts', ['protocol/handshake/rules/syntax'], {
    'field-value-control-characters': ['(code < 0x20 && code !== 0x09)', 'false'],
    'field-value-latin-1': ['code > 0xff ||', ''],
    'token-is-not-empty': ["return text !== '';", 'return true;'],
  }),
  ...defencesIn('protocol/handshake/rules/origin.ts', ['protocol/handshake/rules/origin'], {
    'origin-same-port': ['&& webPort(page.port) === webPort(server.port)', ''],
    'origin-scheme': ['fits', 'origin.scheme === pattern?.scheme &&', 'pattern !== undefined &&'],
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
    'chosen-extensions-were-offered': ['accepted?.every(({ name }) => offered.has(name)) === true', 'true'],
  }),
  ...defencesIn('protocol/handshake/rules/refusal.ts', ['protocol/handshake/rules/refusal'], {
    'refusal-status': ['status < 300 || status > 599', 'false'],
    'errors-are-not-disclosed': ["return makeRefusal(500, '', {});", 'return makeRefusal(500, String(error), {});'],
  }),
  ...defencesIn('protocol/handshake/http1/read-response.ts', ['protocol/handshake/http1/read-response'], {
    'answered-status': ['if (raw.status !== 101) return', 'if (false) return'],
    'answered-upgrade': ["if (upgrade?.toLowerCase() !== 'websocket') return", 'if (false) return'],
    'answered-connection': ["if (connection === undefined || !listHasToken(connection, 'upgrade'))", 'if (false)'],
    'answered-invalid-field': ['if (received.invalid !== undefined) return', 'if (false) return'],
    'answered-head-limits': ['if (received.exceeded !== undefined) return', 'if (false) return'],
  }),
  ...defencesIn('protocol/handshake/rules/connection-response.ts', ['protocol/handshake/rules/connection-response'], {
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
    'handshake-deadline': ['owner.alarms.set(this, owner.timeout)', 'owner.alarms.set(this, 2 ** 30)'],
    'handshake-deadline-ends-with-it': ['this.#alarm?.remove(this);', ''],
    'peer-gone-while-deciding': ["socket.on('end', onEnd);", ''],
  }),
  ...defencesIn('server/handshake-gate.ts', ['server/handshake-gate'], {
    'max-connections-when-accepted': ['if (full !== undefined) throw full;\n      const headers', 'const headers'],
    'closed-connections-make-room': ["socket.on('close', onConnectionClose);", ''],
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
  ...defencesIn('server/handshake-gate.ts', ['server/handshake-gate.refusing', 'server/proxied'], {
    'only-denials-are-sent': ['if (!isRefusal(error)) this.report(error);\n    const refused', 'const refused'],
    'clients-behind-proxies-are-counted': [
      'if (peer !== parts.peer) this.moveTo(pending, { address: addressOf(peer), peer });',
      '',
    ],
    'forwarded-host-is-an-authority': ['if (parseAuthority(authority) === undefined)', 'if (false)'],
  }),
  ...defencesIn('server/limits/admission.ts', ['server/limits/admission'], {
    'max-connections': ['if (this.#connections >= maxConnections)', 'if (false)'],
    'max-connections-per-address': ["address !== '' && (this.#connectionsOf", 'false && (this.#connectionsOf'],
    'max-pending-handshakes': ['this.#pending.size >= maxPendingHandshakes && this', 'false && this'],
    'accepted-is-no-longer-pending': [
      'this.#forget(member);\n    const { address } = member;',
      'const { address } = member;',
    ],
    'silent-handshakes-give-way': ['members.size > most)', 'false)'],
    'deciding-handshakes-stay': ['if (member.isDispensable) return member;', 'return member;'],
  }),
  ...defencesIn('server/handshake-server.ts', ['server/proxied', 'server/pages', 'server/tls'], {
    'proxy-header-from-trusted-only': ['if (!this.#isProxy(socket))', 'if (false)'],
    'wrong-certificate-is-not-taken': ['createSecureContext({ ...this.#options.tls, ...tls });', ''],
    'tickets-outlive-certificates': ['server.setTicketKeys(ticketKeys);', ''],
    'health-paths-have-a-limit': ['const HEALTH_PATIENCE = 100;', 'const HEALTH_PATIENCE = 1e6;'],
  }),
  ...defencesIn('server/http1/foreign-upgrade.ts', ['server/attached-listener'], {
    'responses-in-front-come-first': ['if (response instanceof ServerResponse)', 'if (false)'],
  }),
  ...defencesIn('protocol/handshake/rules/allowed-hosts.ts', ['protocol/handshake/rules/allowed-hosts'], {
    'host-names-below': ['hostname.endsWith(pattern.slice(1))', 'hostname.endsWith(pattern.slice(2))'],
    'host-port': ['allowed.port !== undefined && allowed.port !== asked.port', 'false'],
  }),
  ...defencesIn('protocol/handshake/rules/path-rule.ts', ['protocol/handshake/rules/path-rule'], {
    'pattern-begins-anew': ['rule.lastIndex = 0;', ''],
  }),
  ...defencesIn('protocol/handshake/proxies/forwarded.ts', ['protocol/handshake/proxies/forwarded'], {
    'only-trusted-proxies-are-believed': [
      'depth >= rules.hops || !isTrusted(found.peer, rules)',
      'depth >= rules.hops',
    ],
    'hops-have-an-end': ['depth >= rules.hops ||', ''],
    'forwarded-twice-says-nothing': ['if (found.size !== pairs.length) return {};', ''],
  }),
  ...defencesIn('protocol/handshake/proxies/proxy-header.ts', ['protocol/handshake/proxies/proxy-header'], {
    'proxy-v1-length': ["text.length === MAX_V1 ? 'invalid' : undefined", 'undefined'],
    'proxy-v2-length': ['|| size > MAX_V2', ''],
    'proxy-v2-checksum': ['return crc32c(zeroed) === expected;', 'return true;'],
    'proxy-v2-addresses-fit': ['|| size < addressSize', ''],
  }),
  ...defencesIn('server/http1/refuse.ts', ['server/http1/refuse'], {
    'refused-peer-lingers-shortly': [
      'setTimeout(() => socket.destroy(), LINGER)',
      'setTimeout(() => undefined, LINGER)',
    ],
    'refused-peer-floods': ['if (discarded > MAX_DISCARDED) socket.destroy();', ''],
  }),
  ...defencesIn('client/attempt.ts', ['client/dial'], {
    'dial-body-size': ['if (refusal.size >= MAX_BODY_SIZE) this.#onRefused(refusal);', ''],
    'dial-interim-responses': ['if (this.#interimResponses <= MAX_INTERIM_RESPONSES) return;', 'return;'],
  }),
  ...defencesIn('client/follow.ts', ['client/follow'], {
    'redirects-drop-user-information': [
      'authorization: isSame ? endpoint.authorization : undefined',
      'authorization: endpoint.authorization',
    ],
    'challenges-are-answered-once': ['|| this.#hasAuthorized', ''],
  }),
  ...defencesIn('client/proxies/byte-reader.ts', ['client/proxies/byte-reader'], {
    'proxy-answers-have-an-end': ['if (at !== -1 || this.#bytes.length >= most)', 'if (false)'],
    'bytes-behind-the-answer-stay': ['if (this.#bytes.length > 0) stream.unshift(this.#bytes);', ''],
  }),
  ...defencesIn('protocol/base/checks.ts', ['protocol/base/checks', 'client/endpoint'], {
    'urls-have-no-query': ['redactUrl', '`${text.slice(0, end + 1)}…`', 'text'],
    'urls-have-no-user-information': ['withoutUserInformation', 'scheme + text.slice(at + 1)', 'text'],
  }),
  ...defencesIn('protocol/base/errors.ts', ['protocol/base/errors'], {
    'instanceof-survives-proxies': [
      '} catch {\n      return false; // A proxy may throw',
      '} finally {\n      // A proxy may throw',
    ],
  }),
];
