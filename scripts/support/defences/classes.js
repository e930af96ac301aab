import { defencesIn } from './defences-in.js';

const SESSION = 'classes/session.ts';

/** Protocol classes: what the application's hooks may do without harm to the rest. */
export const CLASSES = [
  ...defencesIn('engine/application-calls.ts', ['classes/throwing-hooks', 'classes/async-hooks'], {
    'hook-throws': [
      '#callHere',
      '} catch (error) {\n      this.fail(error);\n    }',
      '} finally {\n      // Nobody cares.\n    }',
    ],
    'hook-rejects': ['waitFor', 'this.fail(error);', 'void error;'],
    'hook-is-waited-for': ['waitFor', 'this.#owner.connection.hold(HoldReason.PROMISE);', ''],
    'hooks-are-all-waited-for': ['#settle', 'if (this.#pending === 0) ', ''],
    'hook-error-is-reported': [
      'this.#owner.connection.fail(error);\n    this.#owner.onError(error);',
      'this.#owner.connection.fail(error);',
    ],
  }),
  ...defencesIn(SESSION, ['classes/payloads', 'classes/async-hooks', 'classes/usage-errors'], {
    'lent-payload-and-promise': [
      'if (isPromise(result)) {\n      // The connection fails',
      'if (false) {\n      // The connection fails',
    ],
    'lent-payload-is-overwritten': ["if (lendPayload === 'debug') chunk.fill(OVERWRITTEN);", ''],
    'own-payload-is-a-copy': ['constructor', 'made.options.lendPayload !== false', 'true'],
  }),
  ...defencesIn(SESSION, ['classes/producers'], {
    'producer-throws': ['#tellProducer', 'this.engine.calls.callUnawaited(() => tell(producer));', 'tell(producer);'],
    'one-producer': ['if (this.#producer !== undefined) throw', 'if (false) throw'],
    'producer-is-stopped': ['onClosing(): void {\n    this.#stopProducer();', 'onClosing(): void {'],
  }),
  ...defencesIn('engine/report-error.ts', ['classes/throwing-hooks'], {
    'error-hook-throws': ['} catch (thrown) {\n    warn(thrown);\n  }', '} finally {\n    // Nobody cares.\n  }'],
    'error-hook-rejects': ['if (isPromise(result)) result.then(undefined, warn);', ''],
  }),
  ...defencesIn('classes/message-assembly.ts', ['classes/limits'], {
    'assembled-frame-limit': [
      "if (this.#isWithin('maxFrameSize', this.#frame.size + payload.length)) this.#frame",
      'this.#frame',
    ],
    'assembled-message-limit': ["if (this.#isWithin('maxMessageSize', size)) this.#message", 'this.#message'],
    'assembled-limits-by-header': [
      "if (this.#isWithin('maxFrameSize', length)) this.#isWithin('maxMessageSize', this.#message.size + length);",
      '',
    ],
  }),
  ...defencesIn('classes/payload.ts', ['classes/payloads', 'classes/usage-errors'], {
    'sent-text-is-utf8': ['if (nodeTextCodec.isUtf8(payload)) return;', 'return;'],
    'sent-payload-is-bytes': ['if (payload instanceof Uint8Array) return;', 'return;'],
  }),
];
