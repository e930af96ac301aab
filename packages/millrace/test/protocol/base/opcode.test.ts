import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  MessageType,
  Opcode,
  formatOpcode,
  isControlOpcode,
  isDefinedOpcode,
} from '../../../src/protocol/base/opcode.ts';

const OPCODES = Array.from({ length: 16 }, (_, opcode) => opcode);

describe('opcodes', () => {
  it('have the names and numbers of RFC 6455 §11.8', () => {
    assert.deepEqual(Opcode, { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });
    assert.deepEqual(MessageType, { TEXT: 1, BINARY: 2 });
  });

  it('are those of control frames from 0x8 on, defined or reserved', () => {
    assert.deepEqual(OPCODES.filter(isControlOpcode), [8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('are defined for continuation, text, binary, Close, Ping and Pong', () => {
    assert.deepEqual(OPCODES.filter(isDefinedOpcode), [0, 1, 2, 8, 9, 10]);
  });

  it('are written as the RFC writes them', () => {
    const names = OPCODES.map(formatOpcode);

    assert.equal(names.join(' '), '0x0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9 0xA 0xB 0xC 0xD 0xE 0xF');
  });
});
