import { defencesIn } from './defences-in.js';

const SESSION = 'classes/hook-session.ts';

/** Protocol classes: what the application's hooks may do without harm to the rest. */
export const CLASSES = [
  ...defencesIn('engine/application-calls.ts', ['classes/throwing-hooks', 'classes/async-hooks'], {
    'hook-throws': [
      'this.waitFor(callback());\n    } catch (error) {\n      this.fail(error);\n    }',
      'this.waitFor(callback());\n    } finally {\n      // Nobody cares.\n    }',
    ],
    'hook-rejects': [
      'result.then(settle, (error: unknown) => {\n      this.fail(error);\n      settle();\n    });',
      'result.then(settle, settle);',
    ],
    'hook-is-waited-for': ['this.#owner.connection.pause(APPLICATION);', ''],
    'hooks-are-all-waited-for': [
      'if (this.#pending === 0) this.#owner.connection.resume(APPLICATION);',
      'this.#owner.connection.resume(APPLICATION);',
    ],
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
    'own-payload-is-a-copy': [
      'this.#hooks.onMessageFrameData(new Uint8Array(chunk))',
      'this.#hooks.onMessageFrameData(chunk)',
    ],
  }),
  ...defencesIn(SESSION, ['classes/producers'], {
    'producer-throws': [
      'if (isPromise(result)) result.then(ignore, (error: unknown) => this.#calls.fail(error));\n    } catch (error) {\n      this.#calls.fail(error);\n    }',
      '} finally {\n      // Nobody cares.\n    }',
    ],
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
