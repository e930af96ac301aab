import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ClaimTable,
  claimExtensionPoints,
  type ExtensionPoints,
  type ReservedClaim,
} from '../../../src/protocol/extension/claims.ts';

const KINDS = ['firstFrameBits', 'continuationBits', 'controlBits'] as const;

function tableOf(claims: Readonly<Record<string, ReservedClaim>>): ClaimTable {
  const table = new ClaimTable();
  for (const [owner, claim] of Object.entries(claims)) table.claim(owner, claim);
  return table;
}

function bitsOf({ firstFrameBits, continuationBits, controlBits }: ClaimTable): number[] {
  return [firstFrameBits, continuationBits, controlBits];
}

describe('ClaimTable', () => {
  it('claims nothing at first', () => {
    const table = new ClaimTable();

    assert.deepEqual(bitsOf(table), [0, 0, 0]);
    for (let opcode = 0; opcode < 16; opcode++) {
      assert.equal(table.allowsOpcode(opcode), false);
      assert.equal(table.allowsMessage(opcode), opcode === 1 || opcode === 2);
    }
  });

  it('adds up claims of several owners, each kind of frame for itself', () => {
    const table = tableOf({
      a: { firstFrameBits: 0b100 },
      b: { firstFrameBits: 0b011, continuationBits: 0b001, opcodes: [3, 0xf] },
      c: { continuationBits: 0b110, controlBits: 0b111 },
    });

    assert.deepEqual(bitsOf(table), [0b111, 0b111, 0b111]);
    assert.deepEqual(
      [2, 3, 4, 0xe, 0xf].map((opcode) => table.allowsOpcode(opcode)),
      [false, true, false, false, true],
    );
    assert.deepEqual(
      [3, 4, 0xf].map((opcode) => table.allowsMessage(opcode)),
      [true, false, false],
    );
  });

  for (const kind of KINDS) {
    for (const [index, bit] of [0b100, 0b010, 0b001].entries()) {
      it(`refuses to give RSV${index + 1} of ${kind} twice, and names who has it`, () => {
        const table = tableOf({ first: { [kind]: bit } });

        assert.throws(() => table.claim('second', { [kind]: 0b111, opcodes: [3] }), {
          name: 'LocalUsageError',
          message: `second claims RSV${index + 1}, which first has`,
        });
        assert.equal(table.allowsOpcode(3), false, 'the table is as before');
        assert.equal(table[kind], bit);
      });
    }

    for (const bits of [-1, 8, 0.5, NaN]) {
      it(`refuses ${kind} of ${bits}`, () => {
        const claim = { [kind]: bits };
        assert.throws(() => new ClaimTable().claim('test', claim), {
          name: 'LocalUsageError',
          message: /expected 0 to 0b111/,
        });
      });
    }
  }

  it('refuses to give an opcode twice, and names who has it', () => {
    const table = tableOf({ first: { opcodes: [0xb] } });

    assert.throws(() => table.claim('second', { controlBits: 1, opcodes: [0xc, 0xb] }), {
      name: 'LocalUsageError',
      message: 'second claims opcode 0xB, which first has',
    });
    assert.equal(table.allowsOpcode(0xc), false, 'the table is as before');
    assert.equal(table.controlBits, 0);
  });

  for (const opcode of [0, 1, 2, 8, 9, 10, 16, -1, 3.5, NaN]) {
    it(`refuses opcode ${opcode}, which is not reserved`, () => {
      assert.throws(() => new ClaimTable().claim('test', { opcodes: [opcode] }), {
        name: 'LocalUsageError',
        message: `test claims opcode ${opcode}, expected 3 to 7 or 0xB to 0xF`,
      });
    });
  }
});

describe('claimExtensionPoints', () => {
  it('claims nothing by default', () => {
    assert.deepEqual(bitsOf(claimExtensionPoints({})), [0, 0, 0]);
  });

  it('claims bits on frames of every kind, and opcodes', () => {
    const table = claimExtensionPoints({ reservedBits: 0b101, dataOpcodes: [3, 7], controlOpcodes: [0xb, 0xf] });

    assert.deepEqual(bitsOf(table), [0b101, 0b101, 0b101]);
    assert.ok([3, 7, 0xb, 0xf].every((opcode) => table.allowsOpcode(opcode)));
    assert.deepEqual(
      [7, 0xb].map((opcode) => table.allowsMessage(opcode)),
      [true, false],
    );
  });

  const WRONG: [name: string, points: ExtensionPoints, message: RegExp][] = [
    ['a control opcode among those for data', { dataOpcodes: [3, 0xb] }, /has opcode 11 in the wrong list/],
    ['a data opcode among those for control', { controlOpcodes: [0xb, 3] }, /has opcode 3 in the wrong list/],
    ['Text', { dataOpcodes: [1] }, /claims opcode 1,/],
    ['Ping', { controlOpcodes: [9] }, /claims opcode 9,/],
    ['too many bits', { reservedBits: 8 }, /claims reserved bits 8/],
    ['no opcode', { dataOpcodes: [NaN] }, /claims opcode NaN/],
  ];
  for (const [name, points, message] of WRONG) {
    it(`refuses ${name}`, () => {
      assert.throws(() => claimExtensionPoints(points), { name: 'LocalUsageError', message });
    });
  }
});
