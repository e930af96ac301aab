import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { WireEvent } from '../../src/model/event.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { FrameObserver } from '../../src/wire/frame-observer.ts';
import { WireLog } from '../../src/wire/wire-log.ts';

function observe(hex: string): string[] {
  const events: WireEvent[] = [];
  const observer = new FrameObserver('client', new WireLog(), (event) => events.push(event));
  observer.push(fromHex(hex));
  return events.map((event) => (event.kind === 'violation' ? `violation: ${event.rule}` : event.kind));
}

const rows: readonly (readonly [name: string, hex: string, events: readonly (string | RegExp)[]])[] = [
  ['a message', '81 01 61', ['message']],
  ['a fragmented message around a ping', '01 01 61 89 00 80 01 62', ['ping', 'message']],
  ['a masked frame of a server', '81 81 00 00 00 00 61', [/masked frame/]],
  ['a length that is not minimal', '81 7e 00 01 61', [/shortest form/]],
  ['a reserved bit', '91 01 61', [/reserved bit/]],
  ['text that is not UTF-8', '81 01 ff', ['message', /UTF-8/]],
  ['a frame after Close', '88 02 03 e8 89 00', ['close', /after Close/]],
  ['a close code that may not be sent', '88 02 03 ed', ['close', /1005/]],
  ['a close reason that is not UTF-8', '88 03 03 e8 ff', ['close', /UTF-8/]],
];

describe('FrameObserver', () => {
  for (const [name, hex, expected] of rows) {
    it(`sees ${name}`, () => {
      const events = observe(hex);

      assert.equal(events.length, expected.length, events.join());
      for (const [index, one] of expected.entries()) assert.match(events[index] ?? '', new RegExp(one));
    });
  }
});
