import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { CloseCode, isSendableCloseCode, isValidCloseCode } from '../../../src/protocol/base/close-code.ts';

const VALID = new Set([
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
  ...Array.from({ length: 2000 }, (_, index) => 3000 + index),
]);
const ALL = Array.from({ length: 65_536 }, (_, code) => code);

describe('CloseCode', () => {
  it('has the names and numbers of RFC 6455 §7.4.1 and of the IANA registry', () => {
    assert.deepEqual(CloseCode, {
      NORMAL_CLOSURE: 1000,
      GOING_AWAY: 1001,
      PROTOCOL_ERROR: 1002,
      UNSUPPORTED_DATA: 1003,
      NO_STATUS_RECEIVED: 1005,
      ABNORMAL_CLOSURE: 1006,
      INVALID_FRAME_PAYLOAD_DATA: 1007,
      POLICY_VIOLATION: 1008,
      MESSAGE_TOO_BIG: 1009,
      MANDATORY_EXTENSION: 1010,
      INTERNAL_ERROR: 1011,
      SERVICE_RESTART: 1012,
      TRY_AGAIN_LATER: 1013,
      BAD_GATEWAY: 1014,
      TLS_HANDSHAKE: 1015,
    });
  });
});

describe('isValidCloseCode', () => {
  it('is right about all 65,536 codes', () => {
    assert.deepEqual(ALL.filter(isValidCloseCode), [...VALID]);
  });
});

describe('isSendableCloseCode', () => {
  it('lets a client send each valid code', () => {
    const sendable = ALL.filter((code) => isSendableCloseCode(code, 'client'));

    assert.deepEqual(sendable, [...VALID]);
  });

  it('lets a server send each valid code but 1010', () => {
    const sendable = ALL.filter((code) => isSendableCloseCode(code, 'server'));

    assert.deepEqual(
      sendable,
      [...VALID].filter((code) => code !== 1010),
    );
  });

  for (const code of [1000.5, 3000.000_1, 999.999, -1000, NaN, Infinity, -Infinity, 2 ** 32 + 1000, 65_536 + 1000]) {
    it(`lets nobody send ${String(code)}`, () => {
      assert.equal(isSendableCloseCode(code, 'client'), false);
      assert.equal(isSendableCloseCode(code, 'server'), false);
    });
  }
});
