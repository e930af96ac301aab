import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  checkControlFrame,
  checkFragmentSize,
  checkMessageOpcode,
  checkReservedBits,
} from '../../../src/protocol/connection/send-checks.ts';
import { claimExtensionPoints } from '../../../src/protocol/extension/claims.ts';

const CLAIMS = claimExtensionPoints({ reservedBits: 0b100, dataOpcodes: [3], controlOpcodes: [0xb] });
const NONE = claimExtensionPoints({});
const refused = (message: RegExp): object => ({ name: 'LocalUsageError', message });

describe('checkMessageOpcode', () => {
  it('lets Text, Binary and what is claimed for data pass, and nothing else', () => {
    for (let opcode = 0; opcode < 16; opcode++) {
      for (const claims of [CLAIMS, NONE]) {
        const isAllowed = opcode === 1 || opcode === 2 || (opcode === 3 && claims === CLAIMS);
        const check = (): void => checkMessageOpcode(claims, opcode);

        if (isAllowed) check();
        else assert.throws(check, refused(new RegExp(`^message type is ${opcode}, expected Text`)));
      }
    }
  });
});

describe('checkControlFrame', () => {
  const payload = new Uint8Array(125);

  it('lets Ping, Pong and what is claimed for control pass, and nothing else', () => {
    for (let opcode = 0; opcode < 16; opcode++) {
      for (const claims of [CLAIMS, NONE]) {
        const isAllowed = opcode === 9 || opcode === 10 || (opcode === 0xb && claims === CLAIMS);
        const check = (): void => checkControlFrame(claims, { opcode, payload, reservedBits: 0 });

        if (isAllowed) check();
        else assert.throws(check, refused(new RegExp(`^opcode is 0x${opcode.toString(16)}, expected Ping`, 'i')));
      }
    }
  });

  it('refuses 126 bytes', () => {
    const check = (): void => checkControlFrame(NONE, { opcode: 9, payload: new Uint8Array(126), reservedBits: 0 });

    assert.throws(check, refused(/^control payload has 126 bytes, expected at most 125$/));
  });

  it('refuses reserved bits that are not claimed', () => {
    checkControlFrame(CLAIMS, { opcode: 9, payload, reservedBits: 0b100 });
    const check = (): void => checkControlFrame(CLAIMS, { opcode: 9, payload, reservedBits: 0b110 });

    assert.throws(check, refused(/^reserved bits are 6/));
  });
});

describe('checkReservedBits', () => {
  it('lets bits pass that are claimed, and none', () => {
    checkReservedBits(0, undefined);
    checkReservedBits(0, 0);
    checkReservedBits(0b101, 0b100);
    checkReservedBits(0b111, 0b111);
  });

  it('refuses all else', () => {
    for (const [claimed, bits] of [
      [0, 1],
      [0b101, 0b010],
      [0b111, 8],
      [0b111, -1],
      [0b111, 0.5],
      [0b111, NaN],
      [0b111, 2 ** 32],
    ] as const) {
      assert.throws(() => checkReservedBits(claimed, bits), refused(/^reserved bits are /));
    }
  });
});

describe('checkFragmentSize', () => {
  it('lets positive integers and Infinity pass, and nothing', () => {
    for (const size of [undefined, 1, 1000, 2 ** 53 - 1, Infinity]) checkFragmentSize(size);
  });

  it('refuses all else', () => {
    for (const size of [0, -1, 1.5, NaN, -Infinity, 2 ** 53]) {
      assert.throws(
        () => checkFragmentSize(size),
        refused(new RegExp(`^fragmentSize is ${size}, expected a positive`)),
      );
    }
  });
});
