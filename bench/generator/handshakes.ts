import { frame } from './frames.ts';
import { Link, type LinkOptions } from './link.ts';
import type { Meter } from './meter.ts';

const CLOSE_OPCODE = 8;
const NORMAL_CLOSURE = Uint8Array.of(0x03, 0xe8);
const CLOSE = frame({ opcode: CLOSE_OPCODE, fin: true, key: Uint8Array.of(1, 2, 3, 4) }, NORMAL_CLOSURE);

/** Opens connections and closes them, so many at a time; the latency is that of opening one. */
export function startHandshakes(options: LinkOptions, meter: Meter, atATime: number): void {
  for (let each = 0; each < atATime; each++) void repeat(options, meter);
}

async function repeat(options: LinkOptions, meter: Meter): Promise<never> {
  for (;;) {
    const start = performance.now();
    const link = await Link.open(options);
    meter.addLatency(performance.now() - start);
    await closed(link, options.wire);
    meter.add(1);
  }
}

/** Sends Close and waits for the answer, where there is such a thing. */
function closed(link: Link, wire: LinkOptions['wire']): Promise<void> {
  link.expectEnd();
  if (wire === 'raw') {
    link.close();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    link.onData = () => {
      link.close();
      resolve();
    };
    link.send([CLOSE]);
  });
}
